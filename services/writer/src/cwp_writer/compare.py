"""Deletes: a complete sweep of a table's ids against all ids that were ever seen.

The state after each sweep is one object in S3 (`sweeps.Standing`), written under a condition, and
it says what was found. So a message that comes again finds the state of its own sweep, and only
publishes once more. An absences file written twice (a crash between file and state) says the same
fact twice, which readers of raw/ must and do take (scd2.md R13).

A sweep that completes after a later one was compared is left out: it can only delay a proof. States
of sweeps long past are removed when a newer one was told of.
"""

from dataclasses import dataclass, replace
from typing import Protocol

import pyarrow as pa
from aws_lambda_powertools import Logger

from cwp_shared import keys, metrics
from cwp_shared.bus import Publisher
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import (
    AbsencesHeld,
    AbsencesProven,
    AbsencesReleased,
    Event,
    RunCompleted,
    parse_envelope,
)
from cwp_shared.tables import source_table
from cwp_shared.tenants import TenantConfig
from cwp_writer import known_ids
from cwp_writer.sweeps import Found, Standing

logger = Logger()


class SweepStore(Protocol):
    """What is needed of `sweeps.Sweeps`."""

    def latest(self, tenant_id: str, table: str) -> Standing | None:
        """The state after the last sweep that was compared."""

    def of(self, tenant_id: str, table: str, run_id: str) -> Standing | None:
        """The state after a sweep, the released one if there is one."""

    def put(self, standing: Standing) -> bool:
        """Keep a state; False if its sweep has one, or somebody is just storing it."""

    def forget_old(self, tenant_id: str, table: str) -> None:
        """Remove the states of all sweeps but the last few."""

    def ids(self, keys: tuple[str, ...]) -> pa.ChunkedArray:
        """The ids in sweep files, or raw files."""

    def observations(self, run: RunCompleted, after: str) -> tuple[pa.Table, str]:
        """What raw files after the key `after` saw, and the key to go on after."""

    def put_absences(self, run: RunCompleted, gone: pa.Table) -> str:
        """Write an absences file; its key."""


class TenantBook(Protocol):
    """What is needed of `tenants.Tenants`."""

    def get(self, tenant_id: str) -> TenantConfig:
        """The tenant's settings."""


@dataclass(frozen=True)
class Comparer:
    """Compares sweeps."""

    sweeps: SweepStore
    tenants: TenantBook
    bus: Publisher

    def handle(self, body: str) -> None:
        """One message of the sweeps queue.

        Raises:
            Terminal: malformed, or a release of something that is not held.
            Retriable: another copy of the message is being handled.
        """
        known: list[type[Event]] = [RunCompleted, AbsencesReleased]
        event = parse_envelope(body, known)
        if isinstance(event, AbsencesReleased):
            self._release(event)
        elif isinstance(event, RunCompleted) and _is_sweep(event):
            _check_files(event)
            self._compare(event)

    def _compare(self, run: RunCompleted) -> None:
        standing = self.sweeps.of(run.tenant_id, run.table, run.run_id) or self._compared(run)
        if standing:
            self._publish(standing)
            self.sweeps.forget_old(run.tenant_id, run.table)

    def _compared(self, run: RunCompleted) -> Standing | None:
        before = self.sweeps.latest(run.tenant_id, run.table)
        if before and before.run.upper >= run.upper:
            logger.info("sweep left out: a later one was compared", run_id=run.run_id)
            return None
        after = self._after(run, before)
        self._keep(after)
        return after

    def _after(self, run: RunCompleted, before: Standing | None) -> Standing:
        known = before.known if before else known_ids.nothing_known()
        observations, through = self.sweeps.observations(run, before.raw_through if before else "")
        listed = self.sweeps.ids(run.raw_keys)
        known = known_ids.sweep(known_ids.observe(known, observations), listed, run.upper)
        gone = known_ids.proven(known, run.upper)
        found = Found()
        if len(gone):
            reason = self._guard(run, len(gone), known_ids.alive(known), len(listed))
            found = Found(count=len(gone), known=known_ids.alive(known), held=reason)
            if reason is None:
                found, known = self._told(run, gone, known)
        logger.info(
            "sweep compared",
            tenant_id=run.tenant_id,
            table=run.table,
            run_id=run.run_id,
            listed=len(listed),
            found=found.model_dump(mode="json"),
        )
        return Standing(run=run, known=known, raw_through=through, found=found)

    def _told(self, run: RunCompleted, gone: pa.Table, known: pa.Table) -> tuple[Found, pa.Table]:
        found = Found(
            count=len(gone),
            known=known_ids.alive(known),
            raw_key=self.sweeps.put_absences(run, gone),
            absent_at=min(gone["missed"].to_pylist()),
        )
        return found, known_ids.told_of(known, gone["id"])

    def _guard(self, run: RunCompleted, gone: int, alive: int, listed: int) -> str | None:
        """Why the absences may not be believed without an operator; None: they may."""
        tenant = self.tenants.get(run.tenant_id)
        share, rows = tenant.delete_guard_share, tenant.delete_guard_rows
        if not listed:
            return f"the sweeps list no row at all where {alive} were known"
        if gone > rows and gone > share * alive:
            return f"{gone} of {alive} known ids are missing: more than {rows} and {share:.0%}"
        return None

    def _release(self, order: AbsencesReleased) -> None:
        standing = self.sweeps.latest(order.tenant_id, order.table)
        if standing is None or standing.run.run_id != order.run_id:
            last = f"the last sweep is {standing.run.run_id}" if standing else "there was no sweep"
            raise Terminal(
                f"nothing of run {order.run_id} of {order.tenant_id}/{order.table} is held: "
                f"{last}; release the run that the last AbsencesHeld event names"
            )
        if not standing.released:
            standing = self._released(standing)
            self._keep(standing)
        self._publish(standing)

    def _released(self, standing: Standing) -> Standing:
        run = standing.run
        if standing.found.held is None:
            raise Terminal(f"run {run.run_id} holds nothing back: there is nothing to release")
        gone = known_ids.proven(standing.known, run.upper)
        found, known = self._told(run, gone, standing.known)
        return replace(standing, known=known, found=found, released=True)

    def _keep(self, standing: Standing) -> None:
        if not self.sweeps.put(standing):
            # Whether theirs will stand is not known yet: the next try finds it, or puts its own.
            raise Retriable(
                f"run {standing.run.run_id} is being compared by somebody else just now"
            )

    def _publish(self, standing: Standing) -> None:
        run, found = standing.run, standing.found
        about = {"tenant_id": run.tenant_id, "run_id": run.run_id, "table": run.table}
        if found.held is not None:
            held = AbsencesHeld(**about, count=found.count, known=found.known, reason=found.held)
            self.bus.publish([held])
            metrics.put({metrics.HELD_DELETES: found.count}, about | {"reason": found.held})
        elif found.raw_key and found.absent_at:
            proven = AbsencesProven(
                **about, absent_at=found.absent_at, count=found.count, raw_key=found.raw_key
            )
            self.bus.publish([proven])


def _check_files(run: RunCompleted) -> None:
    """Ids of another table, taken for this one's, would prove absences that are none."""
    own = keys.raw_prefix(run.tenant_id, run.table), keys.sweep_prefix(run.tenant_id, run.table)
    for key in run.raw_keys:
        if not key.startswith(own):
            raise Terminal(
                f"RunCompleted of run {run.run_id} names {key}, which is no file of "
                f"{run.tenant_id}/{run.table}"
            )


def _is_sweep(run: RunCompleted) -> bool:
    """A reconcile run, or a full run that stands for one, if it is complete.

    A reconcile run completes only when /count confirms it; a full run says what is missing. Of
    children nobody can count that: there the closed windows have to do.
    """
    if run.mode != "full":
        return run.mode == "reconcile"
    table = source_table(run.table)
    confirmed = table.of_changed_parents or (run.missing is not None and run.missing <= 0)
    return table.swept_by_full_runs and confirmed and not run.quarantined
