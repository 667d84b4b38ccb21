"""Opening the runs that are due or asked for.

A tick is fanned out to one message per tenant, so that the work of an invocation is bounded and no
tenant waits for another. A request, or a tick that finds a table due, opens a run unless one is
open; an open run that has stalled is picked up where its receipts end. Every step may be
repeated: the lock in SyncRuns lets one run through, and a run whose jobs may not have been sent is
sent again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from cwp_scheduler.due import PATIENCE, Due, due
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.lateness import lateness, tell, tell_unreadable
from cwp_scheduler.metric_detail import Detail
from cwp_scheduler.receipts import resume_jobs, upper_bound
from cwp_scheduler.runs import Run, bare_run, first_jobs, is_stalled, new_run
from cwp_scheduler.standing import TenantStanding
from cwp_scheduler.sync_runs import RunStore
from cwp_scheduler.tenants import TenantStore
from cwp_scheduler.ticks import TickQueue, parse_tick
from cwp_shared.clock import Clock
from cwp_shared.errors import Terminal
from cwp_shared.events import SyncRequested, parse_envelope
from cwp_shared.names import check_tenant_id
from cwp_shared.page_jobs import JobQueue
from cwp_shared.tables import source_table
from cwp_shared.tenants import TenantConfig

#: A run that did not move for this long is picked up when somebody asks for its table again.
PATIENCE_ON_REQUEST = timedelta(minutes=1)
#: One tick sends a tenant's jobs until they are so many; the next one goes on.
JOBS_PER_TICK = 100

logger = Logger()


@dataclass(frozen=True)
class Planner:
    """Opens runs."""

    tenants: TenantStore
    runs: RunStore
    standings: StandingStore
    jobs: JobQueue
    ticks: TickQueue
    clock: Clock
    detail: Detail = "stage"

    def handle(self, body: str) -> None:
        """One message of the requests queue: a tick or a SyncRequested event.

        Raises:
            Terminal: malformed, or an unknown tenant or table.
        """
        tick = parse_tick(body)
        if tick is None:
            self.request(parse_envelope(body, [SyncRequested]))
        elif tick.tenant_id is None:
            self.ticks.send(_addressable(self.tenants.enabled()))
        else:
            self.tick(tick.tenant_id)

    def request(self, wanted: SyncRequested) -> None:
        """Open or resume a run of each wanted table. One bad name does not keep others back."""
        tenant = self.tenants.get(wanted.tenant_id)
        standing = self.standings.of(tenant.tenant_id)
        patience = timedelta() if wanted.resume else PATIENCE_ON_REQUEST
        opening = _Opening(self, tenant, standing, patience)
        see_to = opening.resume if wanted.resume else opening.see_to
        refused = []
        for table in wanted.tables if wanted.tables is not None else tenant.selected_tables():
            try:
                see_to(Due(table, wanted.mode))
            except Terminal as error:
                refused.append(str(error))
        if refused:
            raise Terminal("; ".join(refused))

    def tick(self, tenant_id: str) -> None:
        """Open what is due of one tenant, pick up what has stalled, and say what is late."""
        try:
            tenant = self.tenants.get(tenant_id)
        except Terminal as error:
            # `cwpipe status` shows it too; a dead letter at every tick would only be noise.
            logger.error("tenant skipped", error=str(error))  # noqa: TRY400 - no stack needed
            tell_unreadable(tenant_id, str(error))
            return
        standing = self.standings.of(tenant_id)
        tell(lateness(tenant, standing, self.clock()), self.detail)
        opening = _Opening(self, tenant, standing, PATIENCE)
        sent = 0
        for one in due(tenant, standing, self.clock()):
            if sent >= JOBS_PER_TICK:
                logger.warning("the rest of a tick is left to the next one", tenant_id=tenant_id)
                return
            try:
                sent += opening.see_to(one)
            except Terminal as error:
                logger.warning("table refused", tenant_id=tenant_id, error=str(error))


@dataclass(frozen=True)
class _Opening:
    """Opens runs of one tenant."""

    to: Planner
    tenant: TenantConfig
    standing: TenantStanding
    patience: timedelta

    def see_to(self, one: Due) -> int:
        """Open a run, or see to the open one; how many jobs were sent.

        Raises:
            Terminal: no such table; the refusal is kept under its name, where status looks.
        """
        now = self.to.clock()
        try:
            source_table(one.table)
        except Terminal as error:
            self._refuse(one, str(error), now)
            raise
        run = self._new_run(one, now)
        known = self.standing.of(one.table)
        is_open = known.open_sweep if one.mode == "reconcile" else known.open_run
        open_run = self._find_open(one) if is_open else None
        if open_run is None and self.to.runs.open(run):
            return self._start(run, now)
        open_run = open_run or self._find_open(one)
        return self._pick_up(open_run, now) if open_run else 0

    def resume(self, one: Due) -> int:
        """Send the missing jobs of an open run again; how many. Opens none."""
        open_run = self._find_open(one)
        return self._pick_up(open_run, self.to.clock()) if open_run else 0

    def _new_run(self, one: Due, now: datetime) -> Run:
        upper = upper_bound(now, self.standing.clock_offset)
        watermark = self.standing.of(one.table).watermark
        run = new_run(self.tenant, one.table, one.mode, watermark, upper, now)
        return run.model_copy(update={"is_try": self.standing.is_blocked(one.table)})

    def _find_open(self, one: Due) -> Run | None:
        return self.to.runs.find_open(self.tenant.tenant_id, one.table, one.mode)

    def _start(self, run: Run, now: datetime) -> int:
        jobs = first_jobs(run)
        self.to.jobs.send(jobs)
        self.to.runs.touch(run, now)
        logger.info(
            "run opened",
            run_id=run.run_id,
            tenant_id=run.tenant_id,
            table=run.table,
            mode=run.mode,
        )
        return len(jobs)

    def _pick_up(self, run: Run, now: datetime) -> int:
        if not is_stalled(run, now, self.patience):
            return 0
        jobs = resume_jobs(run, self.to.runs.receipts(run))
        self.to.jobs.send(jobs)
        is_try = run.is_try or self.standing.is_blocked(run.table)
        again = run.model_copy(update={"picked_up": run.picked_up + 1, "is_try": is_try})
        self.to.runs.pick_up(again, now)
        logger.warning("stalled run picked up", run_id=run.run_id, tenant_id=run.tenant_id)
        return len(jobs)

    def _refuse(self, one: Due, reason: str, now: datetime) -> None:
        run = bare_run(self.tenant.tenant_id, one.table, one.mode, now, now)
        refused = run.model_copy(
            update={"status": "FAILED", "reason_class": "configuration", "reason": reason}
        )
        self.to.runs.refuse(refused)
        self.to.standings.note_attempt(refused)


def _addressable(tenant_ids: Iterable[str]) -> Iterable[str]:
    """The ids that can be message groups, S3 prefixes and schemas; others are only logged."""
    for tenant_id in tenant_ids:
        try:
            yield check_tenant_id(tenant_id)
        except ValueError as error:
            logger.error("tenant skipped", error=str(error))  # noqa: TRY400 - no stack needed
