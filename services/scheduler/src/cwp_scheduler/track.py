"""Receipts, and the end of a run.

The order of the last steps is what makes "nothing lost" hold when one of them dies: watermark,
record in S3, event, and only then is the run closed. Until it is closed, any copy of any of its
messages does the steps again, and each is idempotent.
"""

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from cwp_scheduler.jobs import JobQueue
from cwp_scheduler.runs import Progress, Receipt, Run, cut_windows, first_jobs, progress
from cwp_scheduler.stores import RunRecords, RunStore, WatermarkStore
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock
from cwp_shared.errors import Terminal
from cwp_shared.events import (
    Event,
    PageFailed,
    PageQuarantined,
    PagesWritten,
    RunCompleted,
    RunFailed,
    TableSurveyed,
    parse_envelope,
)

logger = Logger()

RunEvent = TableSurveyed | PagesWritten | PageFailed | PageQuarantined


@dataclass(frozen=True)
class Tracker:
    """Keeps receipts and ends runs."""

    runs: RunStore
    watermarks: WatermarkStore
    records: RunRecords
    jobs: JobQueue
    bus: Publisher
    clock: Clock

    def handle(self, body: str) -> None:
        """One event of the progress queue.

        Raises:
            Terminal: malformed, or of a run that nobody opened.
        """
        known: list[type[Event]] = [TableSurveyed, PagesWritten, PageFailed, PageQuarantined]
        event = parse_envelope(body, known)
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
                self._failed(run, event)
            case PageQuarantined():
                logger.warning("rows set aside", run_id=run.run_id, reason=event.reason)

    def _run_of(self, event: Event) -> Run:
        run_id, table = getattr(event, "run_id", ""), getattr(event, "table", "")
        run = self.runs.find(event.tenant_id, table, run_id)
        if run is None:
            raise Terminal(
                f"{event.detail_type} names run {run_id!r} of {event.tenant_id}/{table}, which "
                "SyncRuns does not have; if the table was lost, start a new sync"
            )
        return run

    def _surveyed(self, run: Run, survey: TableSurveyed) -> None:
        windows = cut_windows(survey.count, survey.lowest_id, survey.highest_id)
        if run.windows is not None or not self.runs.plan_windows(run, windows, survey.count):
            self._surveyed_again(run)
            return
        self._start(run.model_copy(update={"windows": windows}))

    def _surveyed_again(self, run: Run) -> None:
        """A former copy of the answer planned the run, and may have died before sending."""
        planned = self.runs.find(run.tenant_id, run.table, run.run_id)
        if planned and not self.runs.receipts(planned):
            self._start(planned)

    def _start(self, planned: Run) -> None:
        self.jobs.send(first_jobs(planned))
        self.runs.touch(planned, self.clock())

    def _written(self, run: Run, written: PagesWritten) -> None:
        self.runs.add_receipts(
            run,
            [
                Receipt(**job.model_dump(), raw_key=written.raw_key if job.rows else None)
                for job in written.jobs
            ],
        )
        self.runs.touch(run, self.clock())
        so_far = progress(run, self.runs.receipts(run))
        if so_far.complete:
            self._complete(run, so_far)

    def _complete(self, run: Run, done: Progress) -> None:
        completed = RunCompleted(
            tenant_id=run.tenant_id,
            run_id=run.run_id,
            table=run.table,
            mode=run.mode,
            lower=run.lower,
            upper=run.upper,
            pages=done.pages,
            rows=done.rows,
            raw_keys=done.raw_keys,
        )
        self.watermarks.advance(run)
        self.records.put(completed)
        self.bus.publish([completed])
        self.runs.complete(run, done, self.clock())
        logger.info("run completed", run_id=run.run_id, tenant_id=run.tenant_id, rows=done.rows)

    def _failed(self, run: Run, failure: PageFailed) -> None:
        failed = RunFailed(
            tenant_id=run.tenant_id,
            run_id=run.run_id,
            table=run.table,
            mode=run.mode,
            reason_class=failure.reason_class,
            reason=failure.reason,
        )
        self.bus.publish([failed])
        self.runs.fail(run, failure.reason_class, failure.reason, self.clock())
        logger.warning("run failed", run_id=run.run_id, reason=failure.reason)
