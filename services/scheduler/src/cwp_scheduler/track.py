"""Receipts: what became of the jobs of a run."""

from dataclasses import dataclass
from datetime import datetime

from aws_lambda_powertools import Logger

from cwp_scheduler.ending import Ender
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.receipts import Receipt, clock_offset, progress
from cwp_scheduler.runs import Run, cut_windows, first_jobs
from cwp_scheduler.sync_runs import RunStore
from cwp_shared.clock import Clock
from cwp_shared.errors import Terminal
from cwp_shared.events import (
    PageFailed,
    PageQuarantined,
    PageRejected,
    PagesWritten,
    RunCancelRequested,
    TableSurveyed,
    parse_envelope,
)
from cwp_shared.page_jobs import JobQueue

logger = Logger()

RunEvent = (
    TableSurveyed | PagesWritten | PageFailed | PageRejected | PageQuarantined | RunCancelRequested
)

_EVENTS: tuple[type[RunEvent], ...] = (
    TableSurveyed,
    PagesWritten,
    PageFailed,
    PageRejected,
    PageQuarantined,
    RunCancelRequested,
)


@dataclass(frozen=True)
class Tracker:
    """Keeps receipts, and has runs ended that are over."""

    runs: RunStore
    standings: StandingStore
    jobs: JobQueue
    ender: Ender
    clock: Clock

    def handle(self, body: str) -> None:
        """One event of the progress queue.

        Raises:
            Terminal: malformed, or of a run that nobody opened.
        """
        event = parse_envelope(body, _EVENTS)
        run = self._run_of(event)
        if run.status != "OPEN":
            logger.info("event of an ended run", run_id=run.run_id, kind=event.detail_type)
            return
        match event:
            case TableSurveyed():
                self._surveyed(run, event)
            case PagesWritten():
                self._written(run, event)
            case PageFailed():
                self.ender.fail(run, event.reason_class, event.reason)
            case PageRejected():
                self.ender.fail(run, "bad_page", event.reason)
            case RunCancelRequested():
                self.ender.cancel(run, event.reason)
            case PageQuarantined():
                logger.warning("rows set aside", run_id=run.run_id, reason=event.reason)

    def _run_of(self, event: RunEvent) -> Run:
        run = self.runs.find(event.tenant_id, event.table, event.run_id)
        if run is None:
            raise Terminal(
                f"{event.detail_type} names run {event.run_id!r} of {event.tenant_id}/"
                f"{event.table}, which SyncRuns does not have; if the table was lost, start a new "
                "sync"
            )
        return run

    def _surveyed(self, run: Run, survey: TableSurveyed) -> None:
        self._answered(run)
        if survey.server_time:
            self._note_clock(run, [survey.server_time])
        windows = cut_windows(run, survey.count, survey.lowest_id, survey.highest_id)
        if run.windows is None and self.runs.plan_windows(run, windows, survey.count):
            self._start(run.model_copy(update={"windows": windows}))
        else:
            self._surveyed_again(run)

    def _surveyed_again(self, run: Run) -> None:
        """A former copy of the answer planned the run, and may have died before sending."""
        planned = self.runs.find(run.tenant_id, run.table, run.run_id)
        if planned and not self.runs.receipts(planned):
            self._start(planned)

    def _start(self, planned: Run) -> None:
        self.jobs.send(first_jobs(planned))
        self.runs.touch(planned, self.clock())

    def _written(self, run: Run, written: PagesWritten) -> None:
        self._answered(run)
        new = [
            Receipt(**job.model_dump(), raw_key=written.raw_key if job.rows else None)
            for job in written.jobs
        ]
        self.runs.add_receipts(run, new, self.clock())
        self.runs.touch(run, self.clock())
        receipts = self.runs.receipts(run)
        so_far = progress(run, receipts)
        if so_far.complete:
            self._note_clock(run, [r.server_time for r in receipts if r.server_time])
            self.ender.complete(run, so_far)

    def _answered(self, run: Run) -> None:
        if run.is_try:
            self.ender.recovered(run)

    def _note_clock(self, run: Run, seen: list[datetime]) -> None:
        offset = clock_offset(run, seen, self.clock())
        if offset is not None:
            self.standings.note_clock(run.tenant_id, offset, self.clock())
