"""A month's use of a stated workload: tenants, tables, rows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cwp_ops.costs.prices import DAYS_A_MONTH
from cwp_ops.costs.rates import Rates
from cwp_ops.costs.usage import FunctionUse, Usage
from cwp_ops.costs.waking import KINDS, RPUS, Day, Kind, Loads, expected_day
from cwp_ops.names import QUEUES
from cwp_shared.metrics import METRICS
from cwp_shared.tables import LARGEST_PAGE

#: How often each kind of table is synced: most tables' cadence (`cwp_shared.tables`).
SYNC_MINUTES: Final[Mapping[str, int]] = {"hot": 15, "warm": 60, "cold": 1440}
#: A tick every five minutes, and the loader's sweep.
_TICKS_A_DAY: Final = 288
#: A load is a wake, and the ends of the statements that it takes.
_MESSAGES_A_LOAD: Final = 3


@dataclass(frozen=True)
class Workload:
    """What is asked of the pipeline.

    Attributes:
        tenants: how many.
        tables: of each tenant: a quarter busy ones, a third that change hourly, setup tables.
        rows: rows of a tenant that are new or changed on a day.
        stored_rows: versions of records of a tenant that are kept, in lake and warehouse.
        window_minutes: the load window.
        landing_days: how long page bodies are kept.
        rpus: the warehouse's size.
    """

    tenants: int
    tables: int = 20
    rows: int = 5_000
    stored_rows: int = 500_000
    window_minutes: int = 30
    landing_days: int = 30
    rpus: int = RPUS

    def kinds(self) -> dict[Kind, float]:
        """How many tables a tenant has of each kind."""
        usual = sum(kind.tables for kind in KINDS)
        return {kind: kind.tables * self.tables / usual for kind in KINDS}


@dataclass(frozen=True)
class _Flow:
    """What passes on a day, of all tenants."""

    runs: float
    sweeps: float
    pages: float
    swept_pages: float
    commits: float
    loads: float

    @property
    def all_pages(self) -> float:
        return self.pages + self.swept_pages


def usage_of(workload: Workload, rates: Rates, alarms: int = 0) -> Usage:
    """A month of it, with so many alarms deployed."""
    loads = Loads()
    day = expected_day(
        workload.tenants, workload.kinds(), SYNC_MINUTES, workload.window_minutes, loads
    )
    flow = _flow(workload, day)
    messages = {name: count * DAYS_A_MONTH for name, count in _messages(workload, flow).items()}
    functions = tuple(_functions(workload, flow, rates))
    objects = _objects(flow, rates)
    made = sum(objects.values())
    return Usage(
        functions=functions,
        messages=messages,
        empty_receives=rates.empty_receives(len(QUEUES), DAYS_A_MONTH),
        events=_events(flow) * DAYS_A_MONTH + made,
        stored_bytes=_stored(workload, rates),
        objects=objects,
        dynamodb_writes=sum(messages.values()) * rates.dynamodb_writes_a_message,
        dynamodb_reads=sum(messages.values()) * rates.dynamodb_reads_a_message,
        log_bytes=sum(f.invocations for f in functions) * rates.log_bytes_a_call,
        rpu_hours=day.minutes_charged / 60 * workload.rpus * DAYS_A_MONTH,
        warehouse_bytes=workload.tenants * workload.stored_rows * rates.row_bytes["canonical"],
        secrets=workload.tenants,
        alarms=alarms,
        metrics=len(METRICS),
        assumptions=tuple(_assumptions(workload, day, loads, rates)),
    )


def _flow(workload: Workload, day: Day) -> _Flow:
    tenants = workload.tenants
    runs = sum(count * 1440 / SYNC_MINUTES[kind.name] for kind, count in workload.kinds().items())
    sweeps = workload.tables
    return _Flow(
        runs=tenants * runs,
        sweeps=tenants * sweeps,
        # A run asks once even if nothing changed; each sweep asks for the table's size first.
        pages=tenants * (runs + workload.rows / LARGEST_PAGE),
        swept_pages=tenants * (2 * sweeps + workload.stored_rows / LARGEST_PAGE),
        commits=day.commits,
        loads=day.loads,
    )


def _messages(workload: Workload, flow: _Flow) -> dict[str, float]:
    """A day's messages by queue."""
    ended = flow.runs + flow.sweeps
    return {
        "scheduler-requests": _TICKS_A_DAY * (1 + workload.tenants),
        "scheduler-progress": ended + flow.sweeps,
        "fetcher-jobs": flow.all_pages,
        "writer-pages": flow.all_pages,
        "writer-sweeps": flow.sweeps,
        "transformer-files": flow.commits,
        "loader-commits": flow.commits,
        "loader-statements": flow.loads * _MESSAGES_A_LOAD + _TICKS_A_DAY,
    }


def _events(flow: _Flow) -> float:
    """A day's events: pages, what was written of them, ends of runs, commits, loads."""
    ended = flow.runs + flow.sweeps
    return flow.all_pages + 2 * ended + flow.sweeps + flow.commits + flow.loads


def _functions(workload: Workload, flow: _Flow, rates: Rates) -> list[FunctionUse]:
    """A month's calls. Batches are not reckoned with, but for pages: one call a run."""
    ended, rows = flow.runs + flow.sweeps, float(workload.tenants * workload.rows)
    messages = _messages(workload, flow)
    calls = {
        "scheduler plan": (messages["scheduler-requests"], 0.0),
        "scheduler track": (messages["scheduler-progress"], 0.0),
        "fetcher fetch": (flow.all_pages, 0.0),
        "writer write": (ended, rows),
        "writer compare": (flow.sweeps, rows),
        "transformer transform": (flow.commits, rows),
        "loader gather": (flow.commits, 0.0),
        "loader settle": (messages["loader-statements"], 0.0),
    }
    return [
        FunctionUse(
            name,
            rates.functions[name].memory_mb,
            made * DAYS_A_MONTH,
            rates.functions[name].seconds(made, rows) * DAYS_A_MONTH,
        )
        for name, (made, rows) in calls.items()
    ]


def _objects(flow: _Flow, rates: Rates) -> dict[str, float]:
    made = {kind: flow.commits * count for kind, count in rates.commit_objects.items()}
    daily = {"landing": flow.all_pages, "sweeps": flow.sweeps, **made}
    return {kind: count * DAYS_A_MONTH for kind, count in daily.items()}


def _stored(workload: Workload, rates: Rates) -> dict[str, float]:
    tenants, kept = workload.tenants, workload.stored_rows
    landed = workload.rows * workload.landing_days
    return {
        kind: tenants * size * (landed if kind == "landing" else kept)
        for kind, size in rates.row_bytes.items()
    }


def _assumptions(workload: Workload, day: Day, loads: Loads, rates: Rates) -> Iterator[str]:
    yield (
        f"{workload.tenants} tenants of {workload.tables} tables, {workload.rows:,} changed rows a "
        f"day and {workload.stored_rows:,} versions kept, each"
    )
    yield (
        "busy tables are synced every 15 minutes, others every hour or once a day; the ids of each "
        "are swept once a day"
    )
    yield (
        f"the warehouse ({workload.rpus} RPU) is woken {day.wake_ups:.0f} times a day, in windows "
        f"of {workload.window_minutes} minutes, for {day.loads:,.0f} loads of {loads.seconds:.0f} "
        f"seconds, {loads.at_once} at once: {day.minutes_charged:.0f} minutes charged"
    )
    yield "no old versions of objects: they are deleted after 30 days"
    yield f"times and sizes: {rates.measured}"
