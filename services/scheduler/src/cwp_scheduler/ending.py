"""The end of a run.

The order of the steps is what makes "nothing lost" hold when one of them dies: watermark, record
in S3, event, and only then is the run closed. Until it is closed, any copy of any of its messages
does the steps again, and each is idempotent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger

from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.metric_detail import Detail, dimensions
from cwp_scheduler.receipts import Progress
from cwp_scheduler.records import RunRecords
from cwp_scheduler.runs import Run
from cwp_scheduler.sync_runs import RunStore
from cwp_shared import metrics
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock
from cwp_shared.events import (
    Event,
    ReasonClass,
    RunCompleted,
    RunFailed,
    SourceBlocked,
    SourceRecovered,
)
from cwp_shared.run_record import RunRecord
from cwp_shared.tables import source_table

#: What a person has to mend, and whether it stops the whole tenant or one table.
_STOPS_TENANT: dict[str, bool] = {"credentials": True, "configuration": True, "permission": False}

logger = Logger()


@dataclass(frozen=True)
class Ender:
    """Ends runs."""

    runs: RunStore
    standings: StandingStore
    records: RunRecords
    bus: Publisher
    clock: Clock
    detail: Detail = "stage"

    def complete(self, run: Run, done: Progress) -> None:
        """Every window is closed: the run is completed, unless it is a sweep that has holes."""
        if run.mode == "reconcile":
            if doubt := _doubt(run, done):
                self.fail(run, "incomplete", doubt)
                return
            self.standings.note_sweep(run)
            watermark = None
        else:
            watermark = self._advance(run, done)
            if run.mode == "full" and source_table(run.table).of_changed_parents:
                self.standings.note_sweep(run)
        completed = RunCompleted(**_names(run), lower=run.lower, upper=run.upper, **_counts(done))
        self.records.put(
            RunRecord(**completed.model_dump(), status="completed", watermark=watermark)
        )
        self.bus.publish([completed])
        self.runs.complete(run, done, self.clock())
        _report(run, done)
        self._count(run, done, is_last_try=watermark is not None)

    def _count(self, run: Run, done: Progress, *, is_last_try: bool) -> None:
        """Rows that did not come, where alarms look; what is tried once more is not missing yet."""
        counts = {
            metrics.MISSING_ROWS: max(done.missing or 0, 0) if is_last_try else 0,
            metrics.UNREADABLE_ROWS: done.quarantined,
        }
        if any(counts.values()):
            about = {"tenant_id": run.tenant_id, "table": run.table, "run_id": run.run_id}
            by = dimensions(self.detail, run.tenant_id, run.table)
            metrics.put(counts, about, by)

    def _advance(self, run: Run, done: Progress) -> datetime | None:
        """Move the watermark. Rows that are missing keep it where it is, for one retry."""
        if (done.missing or 0) > 0 and self.standings.hold(run):
            return None
        self.standings.advance(run, done.watermark)
        return done.watermark

    def fail(self, run: Run, reason_class: ReasonClass, reason: str) -> None:
        """Some page cannot be had: the run is over, the watermark stays."""
        failed = self._recorded(run, reason_class, reason)
        blocked = self._new_block(run, reason_class, reason)
        events: list[Event] = [failed]
        self.bus.publish([*events, blocked] if blocked else events)
        if blocked:
            self.standings.note_said(run, blocked.table, self.clock())
        self._close(run, failed)

    def cancel(self, run: Run, reason: str) -> None:
        """An operator wants no more of it: it fails, and says nothing about its source."""
        cancelled = self._recorded(run, "cancelled", reason)
        self.bus.publish([cancelled])
        self._close(run, cancelled)

    def _recorded(self, run: Run, reason_class: str, reason: str) -> RunFailed:
        """The event of a failure, once its record is in S3."""
        failed = RunFailed(**_names(run), reason_class=reason_class, reason=reason)
        self.records.put(
            RunRecord(
                **failed.model_dump(),
                status="failed",
                lower=run.lower,
                upper=run.upper,
                watermark=None,
            )
        )
        return failed

    def _close(self, run: Run, failed: RunFailed) -> None:
        self.runs.fail(run, failed.reason_class, failed.reason, self.clock())
        logger.warning(
            "run failed",
            run_id=run.run_id,
            tenant_id=run.tenant_id,
            table=run.table,
            reason=failed.reason,
        )

    def _new_block(self, run: Run, reason_class: ReasonClass, reason: str) -> SourceBlocked | None:
        """The block that this failure is the first sign of."""
        if reason_class not in _STOPS_TENANT:
            return None
        whole = _STOPS_TENANT[reason_class] and not self.standings.is_table_blocked(run)
        blocked = SourceBlocked(
            tenant_id=run.tenant_id,
            table=None if whole else run.table,
            reason_class=reason_class,
            reason=reason,
        )
        return blocked if self.standings.block(run, blocked, self.clock()) else None

    def recovered(self, run: Run) -> None:
        """A run opened in spite of a block got an answer: the block is over."""
        for table in (None, run.table):
            if self.standings.unblock(run, table):
                self.bus.publish([SourceRecovered(tenant_id=run.tenant_id, table=table)])
                self.standings.drop_block(run, table)


def _doubt(run: Run, done: Progress) -> str | None:
    """Why ids that a sweep did not list cannot be taken for deleted; None: they can.

    Rows that were deleted while the sweep went on are listed and no longer counted; that only
    delays their proof. Of a nested table nobody can count the children; there the closed windows
    have to do.
    """
    if done.quarantined:
        return f"{done.quarantined} rows could not be read; their ids are not in the sweep"
    if source_table(run.table).parent is not None:
        return None
    if done.missing is None:
        return "/count was not asked"
    if done.missing > 0:
        return f"/count knows of {done.missing} ids beyond the {done.rows} that the sweep lists"
    return None


def _names(run: Run) -> dict[str, Any]:
    return {
        "tenant_id": run.tenant_id,
        "run_id": run.run_id,
        "table": run.table,
        "mode": run.mode,
    }


def _counts(done: Progress) -> dict[str, Any]:
    return {
        "pages": done.pages,
        "rows": done.rows,
        "raw_keys": done.raw_keys,
        "quarantined": done.quarantined,
        "counted": done.counted,
        "missing": done.missing,
    }


def _report(run: Run, done: Progress) -> None:
    logger.info(
        "run completed",
        run_id=run.run_id,
        tenant_id=run.tenant_id,
        table=run.table,
        mode=run.mode,
        rows=done.rows,
        quarantined=done.quarantined,
        missing=done.missing,
    )
