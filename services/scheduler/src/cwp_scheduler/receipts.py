"""What the receipts of a run add up to. Nothing here does I/O.

Invariant (docs/architecture.md, "Nothing lost"): a window is closed at the first page that is
`is_last`, counting pages from 0 without a gap; a run is complete exactly when every window is
closed. What lies beyond that page, made by a job delivered twice, is durable all the same but
counts for nothing, so that the end does not depend on the order in which receipts arrive.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cwp_scheduler.runs import Run, first_jobs, page_job
from cwp_shared.clock import to_seconds
from cwp_shared.events import JobReceipt, PageJob

#: The Date header has whole seconds: the server's clock stood up to this much later.
_DATE_RESOLUTION = timedelta(seconds=1)


class Receipt(JobReceipt):
    """One durable page of a run, and the raw file it is in."""

    raw_key: str | None = None


@dataclass(frozen=True)
class Progress:
    """A run so far. `counted` is what `/count` says of all windows; None: not asked of one."""

    pages: int
    rows: int
    quarantined: int
    counted: int | None
    #: Rows that `/count` knows of and that are neither landed nor set aside, window by window:
    #: what left one window while it was read makes up for nothing in another. Below 0: only rows
    #: that left. None as `counted`.
    missing: int | None
    raw_keys: tuple[str, ...]
    complete: bool
    #: How far the table is complete when the run is: the run's upper bound, or what the API's own
    #: clock said when the first page of a window was asked for, if that was less. A server whose
    #: clock is behind ours still writes rows below our upper bound after that.
    watermark: datetime


def progress(run: Run, receipts: Iterable[Receipt]) -> Progress:
    """Add the receipts up."""
    chains = _chains(run, receipts)
    pages = [page for chain in chains for page in chain]
    counts = [chain[-1].counted if chain else None for chain in chains]
    known = [count for count in counts if count is not None]
    is_counted = len(known) == len(chains)
    first_asked = [chain[0].server_time for chain in chains if chain]
    return Progress(
        pages=len(pages),
        rows=sum(page.rows for page in pages),
        quarantined=sum(page.quarantined for page in pages),
        counted=sum(known) if is_counted else None,
        missing=_missing(chains, known) if is_counted else None,
        raw_keys=tuple(sorted({page.raw_key for page in pages if page.raw_key})),
        complete=bool(chains) and all(map(_is_closed, chains)),
        watermark=min([run.upper, *(moment for moment in first_asked if moment)]),
    )


def resume_jobs(run: Run, receipts: Collection[Receipt]) -> list[PageJob]:
    """The jobs that pick a stalled run up where its receipts end.

    Pages in flight are fetched again; they land on the same keys and change nothing. A run that
    has all its receipts died while it was being ended: asking for its last page once more brings
    the event that ends it.
    """
    return [job.model_copy(update={"resumed": True}) for job in _unfinished(run, receipts)]


def _unfinished(run: Run, receipts: Collection[Receipt]) -> list[PageJob]:
    if run.windows is None:
        return first_jobs(run)
    chains = _chains(run, receipts)
    unfinished = [
        _job_after(run, index, chain) for index, chain in enumerate(chains) if not _is_closed(chain)
    ]
    return unfinished or [_job_after(run, 0, chains[0][:-1])]


def clock_offset(run: Run, seen: Collection[datetime], now: datetime) -> timedelta | None:
    """How far the server's clock is ahead of ours (below 0: behind), at least; None: not known.

    `seen` is what the server's clock said at moments that were after the run was opened and
    before `now`, by our clock. That bounds the offset from both sides; of what is possible the
    smallest is taken, so that clocks which agree are never found to differ.
    """
    if not seen:
        return None
    least = max(seen) - now
    most = min(seen) + _DATE_RESOLUTION - run.opened_at
    return max(least, min(timedelta(), most))


def upper_bound(now: datetime, offset: timedelta) -> datetime:
    """The upper bound of a run opened now: the whole second that the server's clock is in."""
    return to_seconds(now + offset)


def _chains(run: Run, receipts: Iterable[Receipt]) -> list[list[Receipt]]:
    """Of each window: its pages from 0 on without a gap, up to the one that closes it."""
    found = {(receipt.window, receipt.page): receipt for receipt in receipts}
    return [_chain(found, window) for window in range(len(run.windows or ()))]


def _chain(found: dict[tuple[int, int], Receipt], window: int) -> list[Receipt]:
    chain: list[Receipt] = []
    while not _is_closed(chain) and (page := found.get((window, len(chain)))):
        chain.append(page)
    return chain


def _is_closed(chain: list[Receipt]) -> bool:
    return bool(chain) and chain[-1].is_last


def _missing(chains: list[list[Receipt]], counts: list[int]) -> int:
    gaps = [
        count - sum(page.rows + page.quarantined for page in chain)
        for chain, count in zip(chains, counts, strict=True)
    ]
    return sum(gap for gap in gaps if gap > 0) or sum(gaps)


def _job_after(run: Run, window: int, chain: list[Receipt]) -> PageJob:
    """The job of the page that follows the pages of `chain`."""
    job = page_job(run, window)
    for page in chain:
        after = job.after_id if page.last_id is None else page.last_id
        job = job.next_page(after, page.rows + page.quarantined)
    return job
