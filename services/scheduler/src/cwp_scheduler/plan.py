"""What is due, and opening it.

A request (or a tick that finds a table due) opens a run unless one is open; an open run that has
stalled is picked up where its receipts end. Every step may be repeated: the lock in SyncRuns lets
one run through, and a run whose jobs may not have been sent is sent again.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from cwp_scheduler.jobs import JobQueue
from cwp_scheduler.runs import Run, first_jobs, is_stalled, new_run, resume_jobs
from cwp_scheduler.stores import RunStore, TenantStore, WatermarkStore
from cwp_shared.clock import Clock
from cwp_shared.errors import PipelineError, Terminal
from cwp_shared.events import Mode, SyncRequested, parse_envelope
from cwp_shared.tables import source_table, source_tables
from cwp_shared.tenants import TenantConfig

#: A run that did not move for this long is picked up when somebody asks for the table again ...
PATIENCE_ON_REQUEST = timedelta(minutes=1)
#: ... and by the tick after this long: longer than any message can be in flight.
PATIENCE_ON_TICK = timedelta(minutes=15)

logger = Logger()


@dataclass(frozen=True)
class Planner:
    """Opens runs."""

    tenants: TenantStore
    runs: RunStore
    watermarks: WatermarkStore
    jobs: JobQueue
    clock: Clock

    def handle(self, body: str) -> None:
        """One message of the requests queue: a tick of the schedule or a SyncRequested event.

        Raises:
            Terminal: malformed, an unknown tenant or table, or a mode that is not there yet.
        """
        if _is_tick(body):
            self.tick()
        else:
            self.request(parse_envelope(body, [SyncRequested]))

    def request(self, wanted: SyncRequested) -> None:
        """Open a run for each wanted table. One bad name does not keep the others back."""
        if wanted.mode == "reconcile":
            raise Terminal("mode 'reconcile' is not available yet; ask for incremental or full")
        tenant = self.tenants.get(wanted.tenant_id)
        if not tenant.enabled:
            raise Terminal(f"tenant {tenant.tenant_id!r} is disabled in TenantServices")
        tables = wanted.tables if wanted.tables is not None else tables_of(tenant)
        refused = [
            reason
            for table in tables
            if (reason := self._open(tenant, table, wanted.mode, PATIENCE_ON_REQUEST))
        ]
        if refused:
            raise Terminal("; ".join(refused))

    def tick(self) -> None:
        """Open an incremental run for every table that is due, of every tenant."""
        for item in self.tenants.all_items():
            try:
                tenant = TenantConfig.from_item(item)
            except PipelineError as error:
                # `cwpipe status` shows it too; a dead letter at every tick would only be noise.
                logger.error("tenant skipped", error=str(error))  # noqa: TRY400 - no stack needed
                continue
            if tenant.enabled:
                for table in self._due(tenant):
                    self._open(tenant, table, "incremental", PATIENCE_ON_TICK)

    def _due(self, tenant: TenantConfig) -> Iterable[str]:
        attempts = self.watermarks.attempts(tenant.tenant_id)
        now, cadence = self.clock(), timedelta(minutes=tenant.cadence_minutes)
        for table in tables_of(tenant):
            if table not in attempts or now - attempts[table] >= cadence:
                yield table

    def _open(
        self, tenant: TenantConfig, table: str, mode: Mode, patience: timedelta
    ) -> str | None:
        """Open a run, or see to the open one; the reason if it was refused."""
        now = self.clock()
        watermark = self.watermarks.get(tenant.tenant_id, table)
        run = new_run(tenant.tenant_id, table, mode, watermark, now)
        try:
            source_table(table)
        except Terminal as error:
            self._refuse(run, str(error))
            return str(error)
        if open_run := self.runs.find_open(tenant.tenant_id, table):
            self._see_to(open_run, now, patience)
        elif self.runs.open(run):
            self.watermarks.note_attempt(run)
            logger.info("run opened", run_id=run.run_id, tenant_id=run.tenant_id, table=table)
            self.jobs.send(first_jobs(run))
            self.runs.touch(run, now)
        return None

    def _see_to(self, run: Run, now: datetime, patience: timedelta) -> None:
        if is_stalled(run, now, patience):
            logger.warning("stalled run picked up", run_id=run.run_id, tenant_id=run.tenant_id)
            self.jobs.send(resume_jobs(run, self.runs.receipts(run)))
            self.runs.touch(run, now)

    def _refuse(self, run: Run, reason: str) -> None:
        """A table nobody knows: the refusal is kept under its name, where status looks."""
        refused = run.model_copy(
            update={"status": "FAILED", "reason_class": "configuration", "reason": reason}
        )
        self.runs.refuse(refused)
        self.watermarks.note_attempt(refused)


def tables_of(tenant: TenantConfig) -> tuple[str, ...]:
    """The tables a tenant is set up for."""
    return tenant.tables if tenant.tables is not None else tuple(source_tables())


def _is_tick(body: str) -> bool:
    try:
        message = json.loads(body)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("tick") is True
