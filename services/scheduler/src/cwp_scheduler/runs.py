"""A run as plain data: its window of time, its windows of ids, the jobs that start it. No I/O.

A run pulls one table of one tenant inside a frozen window of `lastUpdated`. It is cut into id
windows; each window is a chain of pages 0, 1, 2, ... that ends with the page that `is_last`. The
fetcher follows the chains by itself; the scheduler only starts them, and counts what became
durable (`receipts.py`). Of a nested table, ids are those of the parents.
"""

from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from cwp_shared.clock import UtcTime, sortable
from cwp_shared.events import Mode, PageJob
from cwp_shared.tables import SourceTable, source_table
from cwp_shared.tenants import TenantConfig

#: How far an incremental run looks back behind the watermark. It covers rows written in the
#: watermark's own second, clocks that differ, and transactions that were open at the time.
OVERLAP = timedelta(minutes=5)
#: An incremental run over more than this is surveyed like a full one. It is more than a day, so
#: that a table of daily cadence stays at one or two requests.
LONG_WINDOW = timedelta(hours=36)
#: A large run is cut into windows of about this many rows ...
ROWS_PER_WINDOW = 10_000
#: ... or, of a nested table, parents: each costs at least a request of its own.
PARENTS_PER_WINDOW = 100
#: Each time a run is picked up, the next time comes after twice the wait, so many times over.
_MOST_DOUBLINGS = 5

Status = Literal["OPEN", "COMPLETED", "FAILED"]


class Window(BaseModel):
    """Ids in (after_id, high_id]; high_id None: no upper end."""

    model_config = ConfigDict(frozen=True)

    after_id: int
    high_id: int | None = None


EVERYTHING = Window(after_id=0)


class Run(BaseModel):
    """The header of a run, as it stands in SyncRuns.

    `windows` is None until a survey has said how large the run is. `touched_at` is the last time
    jobs were sent or pages arrived; None means that its first jobs may never have been sent.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    tenant_id: str
    table: str
    mode: Mode
    lower: UtcTime | None = None
    upper: UtcTime
    opened_at: UtcTime
    status: Status = "OPEN"
    #: The most windows it may be cut into: what the tenant allowed when it was opened.
    parallel: int = 4
    #: As in `PageJob`.
    by_time: bool = True
    windows: tuple[Window, ...] | None = None
    expected_rows: int | None = None
    touched_at: UtcTime | None = None
    picked_up: int = 0
    #: Jobs were sent while the tenant or the table was blocked: an answer means that it no longer
    #: is.
    is_try: bool = False
    reason_class: str | None = None
    reason: str | None = None


def new_run(
    tenant: TenantConfig,
    table: str,
    wanted: Mode,
    watermark: datetime | None,
    upper: datetime,
    now: datetime,
) -> Run:
    """A run up to `upper`, in the mode that is wanted if it is possible.

    Raises:
        Terminal: no such table.
    """
    entry = source_table(table)
    mode = _possible(tenant, table, wanted, watermark)
    lower = watermark - OVERLAP if watermark and mode == "incremental" else None
    run = bare_run(tenant.tenant_id, table, mode, upper, now)
    return run.model_copy(
        update={
            "lower": lower,
            "parallel": tenant.parallel_requests,
            "by_time": table not in tenant.full_only,
            "windows": None if _needs_survey(entry, lower, upper) else (EVERYTHING,),
        }
    )


def bare_run(tenant_id: str, table: str, mode: Mode, upper: datetime, now: datetime) -> Run:
    """A run of which nothing but its name is settled."""
    return Run(
        run_id=f"{sortable(now)}-{uuid4().hex[:8]}",
        tenant_id=tenant_id,
        table=table,
        mode=mode,
        upper=upper,
        opened_at=now,
    )


def _possible(tenant: TenantConfig, table: str, wanted: Mode, watermark: datetime | None) -> Mode:
    if wanted != "incremental":
        return wanted
    entry = source_table(table)
    asked_by_time = {table}
    if entry.parent and entry.parent.which == "changed":
        asked_by_time.add(entry.parent.table)
    by_time = entry.incremental and not asked_by_time & set(tenant.full_only)
    return "incremental" if by_time and watermark else "full"


def _needs_survey(entry: SourceTable, lower: datetime | None, upper: datetime) -> bool:
    """Whether the run may be large: it has no lower bound, or a far one, or asks every parent."""
    if lower is None or (entry.parent and entry.parent.which == "all"):
        return True
    return upper - lower > LONG_WINDOW


def cut_windows(
    run: Run, count: int, lowest_id: int | None, highest_id: int | None
) -> tuple[Window, ...]:
    """Cut a surveyed run into windows of even id ranges.

    The first window is open below and the last above, so that rows the survey did not see are
    still inside one: together the windows always cover every id, each exactly once.
    """
    size = PARENTS_PER_WINDOW if source_table(run.table).parent else ROWS_PER_WINDOW
    wanted = min(run.parallel, -(-count // size))
    if wanted <= 1 or lowest_id is None or highest_id is None or highest_id - lowest_id < wanted:
        return (EVERYTHING,)
    step = (highest_id - lowest_id + 1) // wanted
    cuts = [lowest_id - 1 + step * i for i in range(1, wanted)]
    bounds = zip([0, *cuts], [*cuts, None], strict=True)
    return tuple(Window(after_id=low, high_id=high) for low, high in bounds)


def first_jobs(run: Run) -> list[PageJob]:
    """The jobs that start a run: its survey, or the first page of each window."""
    if run.windows is None:
        return [_job(run, "survey")]
    return [page_job(run, index) for index in range(len(run.windows))]


def page_job(run: Run, window: int) -> PageJob:
    """The first page of one window."""
    if run.windows is None:
        raise ValueError(f"run {run.run_id} has no windows yet")
    bounds = run.windows[window]
    return _job(run, "page").model_copy(
        update={"window": window, "after_id": bounds.after_id, "high_id": bounds.high_id}
    )


def _job(run: Run, kind: Literal["survey", "page"]) -> PageJob:
    return PageJob(
        kind=kind,
        tenant_id=run.tenant_id,
        run_id=run.run_id,
        table=run.table,
        mode=run.mode,
        lower=run.lower,
        upper=run.upper,
        by_time=run.by_time,
    )


def is_stalled(run: Run, now: datetime, patience: timedelta) -> bool:
    """Whether nothing has happened for `patience`, or its jobs may never have been sent.

    A run whose jobs only wait for a tenant's rate limit looks the same. So patience doubles with
    each time the run was picked up: copies of jobs stay few.
    """
    if run.touched_at is None:
        return True
    doublings = min(run.picked_up, _MOST_DOUBLINGS)
    return bool(now - run.touched_at > patience * 2**doublings)
