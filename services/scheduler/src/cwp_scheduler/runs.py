"""A run as plain data, and what follows from its receipts. Nothing here does I/O.

A run pulls one table of one tenant inside a frozen window of `lastUpdated`. It is cut into id
windows; each window is a chain of pages 0, 1, 2, ... that ends with an empty page. The fetcher
follows the chains by itself; the scheduler only starts them, and counts what became durable.

Invariant (docs/architecture.md, "Nothing lost"): a run is complete exactly when every window has
receipts for pages 0 to n and page n was empty.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import uuid4

from pydantic import BaseModel, ConfigDict

from cwp_shared.clock import UtcTime, sortable, to_seconds
from cwp_shared.events import JobReceipt, Mode, PageJob

#: How far an incremental run looks back behind the watermark. It covers rows written in the
#: watermark's own second, clocks that differ, and transactions that were open at the time.
OVERLAP = timedelta(minutes=5)
#: A backfill is cut into windows of about this many rows ...
ROWS_PER_WINDOW = 10_000
#: ... but no more than this many, so that one tenant's backfill stays polite.
MOST_WINDOWS = 4

Status = Literal["OPEN", "COMPLETED", "FAILED"]


class Window(BaseModel):
    """Ids in (after_id, high_id]; high_id None: no upper end."""

    model_config = ConfigDict(frozen=True)

    after_id: int
    high_id: int | None = None


EVERYTHING = Window(after_id=0)


class Receipt(JobReceipt):
    """One durable page of a run, and the raw file it is in."""

    raw_key: str | None = None


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
    windows: tuple[Window, ...] | None = None
    expected_rows: int | None = None
    touched_at: UtcTime | None = None
    reason_class: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Progress:
    """What the receipts of a run add up to."""

    pages: int
    rows: int
    raw_keys: tuple[str, ...]
    complete: bool
    #: Of each unfinished window: the number of the first page that has no receipt.
    unfinished: dict[int, int] = field(default_factory=dict)


def new_run(
    tenant_id: str, table: str, mode: Mode, watermark: datetime | None, now: datetime
) -> Run:
    """A run up to now: from the watermark if there is one and the mode allows, else from the start.

    An incremental run needs no survey: it is one window, usually of one page.
    """
    lower = None if mode == "full" or watermark is None else watermark - OVERLAP
    return Run(
        run_id=f"{sortable(now)}-{uuid4().hex[:8]}",
        tenant_id=tenant_id,
        table=table,
        mode="full" if lower is None else "incremental",
        lower=lower,
        upper=to_seconds(now),
        opened_at=now,
        windows=None if lower is None else (EVERYTHING,),
    )


def cut_windows(count: int, lowest_id: int | None, highest_id: int | None) -> tuple[Window, ...]:
    """Cut a surveyed run into windows of even id ranges.

    The first window is open below and the last above, so that rows the survey did not see are
    still inside one: together the windows always cover every id, each exactly once.
    """
    wanted = min(MOST_WINDOWS, -(-count // ROWS_PER_WINDOW))
    if wanted <= 1 or lowest_id is None or highest_id is None or highest_id - lowest_id < wanted:
        return (EVERYTHING,)
    step = (highest_id - lowest_id + 1) // wanted
    cuts = [lowest_id - 1 + step * i for i in range(1, wanted)]
    bounds = zip([0, *cuts], [*cuts, None], strict=True)
    return tuple(Window(after_id=low, high_id=high) for low, high in bounds)


def survey_job(run: Run) -> PageJob:
    """The job that asks how large the run is."""
    return _job(run, kind="survey")


def first_jobs(run: Run) -> list[PageJob]:
    """The jobs that start a run: its survey, or the first page of each window."""
    if run.windows is None:
        return [survey_job(run)]
    return [page_job(run, index, 0, window.after_id) for index, window in enumerate(run.windows)]


def resume_jobs(run: Run, receipts: Collection[Receipt]) -> list[PageJob]:
    """The jobs that pick a stalled run up where its receipts end.

    Pages in flight are fetched again; they land on the same keys and change nothing.
    """
    if run.windows is None:
        return [survey_job(run)]
    last_ids = {(r.window, r.page): r.last_id for r in receipts}
    jobs = []
    for index, page in progress(run, receipts).unfinished.items():
        after = last_ids.get((index, page - 1)) or run.windows[index].after_id
        jobs.append(page_job(run, index, page, after))
    return jobs


def page_job(run: Run, window: int, page: int, after_id: int) -> PageJob:
    """One page of one window."""
    if run.windows is None:
        raise ValueError(f"run {run.run_id} has no windows yet")
    return _job(run, kind="page").model_copy(
        update={
            "window": window,
            "page": page,
            "after_id": after_id,
            "high_id": run.windows[window].high_id,
        }
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
    )


def progress(run: Run, receipts: Iterable[Receipt]) -> Progress:
    """Add the receipts up."""
    by_window: dict[int, dict[int, Receipt]] = {}
    for receipt in receipts:
        by_window.setdefault(receipt.window, {})[receipt.page] = receipt
    unfinished = {}
    for index in range(len(run.windows or ())):
        page = _first_missing(by_window.get(index, {}))
        if page is not None:
            unfinished[index] = page
    counted = [r for pages in by_window.values() for r in pages.values()]
    return Progress(
        pages=len(counted),
        rows=sum(r.rows for r in counted),
        raw_keys=tuple(sorted({r.raw_key for r in counted if r.raw_key})),
        complete=run.windows is not None and not unfinished,
        unfinished=unfinished,
    )


def _first_missing(pages: dict[int, Receipt]) -> int | None:
    """The first page without a receipt; None if the chain has reached its empty page."""
    page = 0
    while page in pages:
        if pages[page].is_last:
            return None
        page += 1
    return page


def is_stalled(run: Run, now: datetime, patience: timedelta) -> bool:
    """Whether nothing has happened for `patience`, or its jobs may never have been sent."""
    return run.touched_at is None or now - run.touched_at > patience
