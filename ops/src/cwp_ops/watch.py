"""What a person watches: flow, freshness, backlog, errors and cost drivers of a stage, at once.

Nothing is measured here that `status` and `costs` do not know; a snapshot puts it together.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from cwp_ops.costs.prices import Prices
from cwp_ops.costs.span import RPU_SECONDS, Function
from cwp_ops.names import QUEUE_OF
from cwp_ops.queue_depths import Depth
from cwp_ops.status import Status, TableStatus, TenantStatus


@dataclass(frozen=True)
class Step:
    """A queue and the function behind it. Calls, seconds and dollars are of the last hour."""

    queue: str
    waiting: int
    in_flight: int
    dead: int
    calls: float
    seconds: float
    dollars: float


@dataclass(frozen=True)
class Freshness:
    """A tenant. Times are seconds.

    Attributes:
        tenant_id: which.
        enabled: whether it is synced.
        tables: how many it has.
        complete: of how many of them something is complete.
        behind_table: the table whose watermark is the furthest behind its cadence.
        behind: how old that watermark is.
        overdue: by how much that is more than its cadence; None: by nothing.
        open_runs: tables that are being synced.
        waiting_commits: commits that are not in the warehouse yet.
        troubles: what waits for a person.
    """

    tenant_id: str
    enabled: bool
    tables: int
    complete: int
    behind_table: str | None
    behind: float | None
    overdue: float | None
    open_runs: int
    waiting_commits: int
    troubles: tuple[str, ...]


@dataclass(frozen=True)
class Snapshot:
    """A stage at one moment.

    `errors` are dead letters. The warehouse's minutes (at the size that a workgroup begins with)
    and its dollars are of the last hour.
    """

    stage: str
    at: str
    steps: tuple[Step, ...]
    tenants: tuple[Freshness, ...]
    errors: tuple[str, ...]
    warehouse_minutes: float
    warehouse_dollars: float

    @property
    def dollars(self) -> float:
        """What functions and warehouse cost in the last hour."""
        return self.warehouse_dollars + sum(step.dollars for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {**asdict(self), "dollars_an_hour": self.dollars}


def snapshot(
    status: Status,
    deployed: Iterable[Function],
    counts: Mapping[str, float],
    prices: Prices,
    rpus: int,
    now: datetime,
) -> Snapshot:
    """Put a stage's state and what it used in the last hour (`Meter.counted`) together."""
    behind_queue = {QUEUE_OF[one.name]: one for one in deployed if one.name in QUEUE_OF}
    rpu_seconds = counts.get(RPU_SECONDS, 0.0)
    return Snapshot(
        stage=status.stage,
        at=now.isoformat(timespec="seconds"),
        steps=tuple(
            _step(depth, behind_queue.get(depth.queue.short), counts, prices)
            for depth in status.queues
        ),
        tenants=tuple(freshness(tenant, now) for tenant in status.tenants),
        errors=tuple(
            f"{reason.queue}: {reason.count} x {reason.error_type}: {reason.reason}"
            for reason in status.dead_letters
        ),
        warehouse_minutes=rpu_seconds / rpus / 60,
        warehouse_dollars=prices.dollars("rpu_hour", rpu_seconds / 3600),
    )


def freshness(tenant: TenantStatus, now: datetime) -> Freshness:
    """How far a tenant's data is behind."""
    known = [(_age(table, now), table) for table in tenant.tables if table.watermark]
    overdue = [(age - table.cadence_minutes * 60, age, table) for age, table in known]
    worst = max(overdue, key=lambda found: found[0], default=None)
    own = (tenant.trouble,) if tenant.trouble else ()
    return Freshness(
        tenant_id=tenant.tenant_id,
        enabled=tenant.enabled,
        tables=len(tenant.tables),
        complete=len(known),
        behind_table=worst[2].table if worst else None,
        behind=worst[1] if worst else None,
        overdue=worst[0] if worst and worst[0] > 0 else None,
        open_runs=sum(table.run.endswith("open") for table in tenant.tables),
        waiting_commits=sum(
            max(0, table.highest_sequence - table.loaded_sequence) for table in tenant.tables
        ),
        troubles=(*own, *(f"{t.table}: {t.trouble}" for t in tenant.tables if t.trouble)),
    )


def _age(table: TableStatus, now: datetime) -> float:
    return (now - datetime.fromisoformat(str(table.watermark))) / timedelta(seconds=1)


def _step(
    depth: Depth, function: Function | None, counts: Mapping[str, float], prices: Prices
) -> Step:
    name = function.name if function else ""
    calls = counts.get(f"calls {name}", 0.0)
    seconds = counts.get(f"milliseconds {name}", 0.0) / 1000
    gigabytes = function.memory_mb / 1024 if function else 0.0
    return Step(
        queue=depth.queue.short,
        waiting=depth.waiting,
        in_flight=depth.in_flight,
        dead=depth.dead,
        calls=calls,
        seconds=seconds,
        dollars=prices.dollars("lambda_gb_second", seconds * gigabytes)
        + prices.dollars("lambda_request", calls),
    )
