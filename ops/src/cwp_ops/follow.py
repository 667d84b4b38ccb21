"""Asking for a sync and following it, table by table, until the rows are in the warehouse."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from cwp_ops.dead_letters import DeadLetter
from cwp_ops.paging import Item
from cwp_ops.progress import History, Observation, Progress, Stage, failed, progress
from cwp_ops.stores import Stores
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock, utc_now
from cwp_shared.events import Mode, SyncRequested

#: A run is ours if it was opened after we asked; clocks of two machines may differ by this much.
_CLOCK_DIFFERENCE = timedelta(seconds=2)
#: After this long without any movement the scheduler is asked again: it sends the jobs of a run
#: that lost them (the cloud was stopped in the middle) once more, if a minute has passed.
_ASK_AGAIN_S = 65.0
#: Dead letters are looked at when a table has not moved for this long.
_SUSPICIOUS_S = 4.0
#: Files of so many runs are waited for: the last ones may still be on their way into the history.
_RUNS_WAITED_FOR = 4


@dataclass(frozen=True)
class Wanted:
    """One table to bring up to date."""

    tenant_id: str
    table: str
    mode: Mode


@dataclass
class Tracked:
    """One wanted table on its way; changes as it is watched."""

    wanted: Wanted
    asked_at: datetime
    run_id: str | None = None
    progress: Progress = field(default_factory=lambda: Progress("waiting"))
    moved_at: float = 0.0
    asked_again_at: float = 0.0
    #: Seconds since the start at which each stage was first seen.
    entered: dict[Stage, float] = field(default_factory=dict)
    #: Of each raw file to wait for and each canonical table: the item that says it is merged.
    files: dict[tuple[str, str], Item | None] = field(default_factory=dict)

    @property
    def sweeps(self) -> bool:
        """Whether ids are swept, rather than rows brought."""
        return self.wanted.mode == "reconcile"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.progress.stage in {"done", "failed"}


class View(Protocol):
    """What shows the progress."""

    def show(self, tracked: Sequence[Tracked]) -> None:
        """Show where all tables are now."""


@dataclass(frozen=True)
class Follower:
    """Asks and watches. `letters` gives the dead letters there are now."""

    stores: Stores
    bus: Publisher
    canonical_tables: Mapping[str, tuple[str, ...]]
    letters: Callable[[], list[DeadLetter]]
    clock: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def sync(
        self, wanted: Sequence[Wanted], view: View, patience_s: float, pause_s: float = 1.0
    ) -> list[Tracked]:
        """Ask for all tables and watch until each is done or failed.

        A table that does not move for `patience_s` counts as failed, with what is known about why.
        """
        asked_at, start = self.clock(), self.monotonic()
        tracked = [Tracked(one, asked_at, moved_at=start, asked_again_at=start) for one in wanted]
        self._ask(tracked)
        while True:
            for one in tracked:
                if not one.is_over:
                    self._look(one, start)
            self._despair(tracked, patience_s)
            view.show(tracked)
            if all(one.is_over for one in tracked):
                return tracked
            self.sleep(pause_s)

    def _ask(self, tracked: Iterable[Tracked]) -> None:
        tables: dict[tuple[str, Mode], list[str]] = {}
        for one in tracked:
            tables.setdefault((one.wanted.tenant_id, one.wanted.mode), []).append(one.wanted.table)
        self.bus.publish(
            SyncRequested(tenant_id=tenant_id, mode=mode, tables=tuple(names))
            for (tenant_id, mode), names in tables.items()
        )

    def _look(self, one: Tracked, start: float) -> None:
        now = self.monotonic()
        seen = self._observe(one)
        found = progress(seen)
        if found.stage == "done" and seen.run and not covers(seen.run, one):
            # It was open before we asked, so it did not see everything that we want.
            one.run_id, one.files = None, {}
            found = Progress("waiting", detail="a run was open already; next one")
            self._ask([one])
        if found != one.progress:
            one.progress, one.moved_at = found, now
        elif now - max(one.moved_at, one.asked_again_at) > _ASK_AGAIN_S:
            one.asked_again_at = now
            self._ask([one])
        one.entered.setdefault(found.stage, now - start)

    def _observe(self, one: Tracked) -> Observation:
        run = self._run(one)
        if run is None:
            return Observation()
        one.run_id = str(run["run_id"])
        if run["status"] == "OPEN":
            return Observation(run=run, receipts=self.stores.receipts(one.run_id))
        # A sweep brings no rows; what it proves is a matter of its comparison.
        histories = () if one.sweeps else tuple(self._histories(one))
        return Observation(run=run, histories=histories)

    def _run(self, one: Tracked) -> Mapping[str, Any] | None:
        """The run we follow: ours, or the one that is in its way."""
        tenant_id, table = one.wanted.tenant_id, one.wanted.table
        if one.run_id:
            return self.stores.run(tenant_id, table, one.run_id)
        if open_run := self.stores.open_run(tenant_id, table, sweep=one.sweeps):
            return open_run
        newest = next(iter(self.stores.newest_runs(tenant_id, table, 1, sweep=one.sweeps)), None)
        return newest if newest and covers(newest, one) else None

    def _histories(self, one: Tracked) -> Iterable[History]:
        tenant_id, table = one.wanted.tenant_id, one.wanted.table
        names = self.canonical_tables.get(table, ())
        if not one.files:
            runs = self.stores.newest_runs(tenant_id, table, _RUNS_WAITED_FOR)
            keys = {str(key) for run in runs for key in run.get("raw_keys", ())}
            one.files = {(name, key): None for name in names for key in sorted(keys)}
        for (name, key), item in one.files.items():
            one.files[name, key] = item or self.stores.file(tenant_id, name, key)
        for name in names:
            files = {key: item for (of, key), item in one.files.items() if of == name}
            pointer = self.stores.pointer(tenant_id, name)
            yield History(name, files, pointer, self.stores.load_head(tenant_id, name))

    def _despair(self, tracked: Sequence[Tracked], patience_s: float) -> None:
        """Give up on tables that stand still and have a dead letter, or stand still too long."""
        now = self.monotonic()
        still = [t for t in tracked if not t.is_over and now - t.moved_at > _SUSPICIOUS_S]
        if not still:
            return
        found = self.letters()
        for one in still:
            letter = next((x for x in found if self._concerns(x, one)), None)
            if letter:
                one.progress = failed(f"given up in queue {letter.queue}: {letter.reason}")
            elif now - one.moved_at > patience_s:
                one.progress = failed(
                    f"nothing has moved for {patience_s:.0f} s while "
                    f"{one.progress.stage} ({one.progress.detail})"
                )

    def _concerns(self, letter: DeadLetter, one: Tracked) -> bool:
        # What is merged and loaded may have been fetched, and given up, before we asked.
        is_new = one.progress.stage in {"merging", "loading"} or _since(letter, one.asked_at)
        if letter.tenant_id != one.wanted.tenant_id or not is_new:
            return False
        mine = {None, one.wanted.table, *self.canonical_tables.get(one.wanted.table, ())}
        return letter.table in mine


def covers(run: Mapping[str, Any], one: Tracked) -> bool:
    """Whether a run answers what was asked: opened since then, and full if full was wanted."""
    opened = datetime.fromisoformat(str(run["opened_at"]))
    is_ours = opened >= one.asked_at - _CLOCK_DIFFERENCE
    return is_ours and (one.wanted.mode != "full" or run["mode"] == "full")


def _since(letter: DeadLetter, moment: datetime) -> bool:
    try:
        return datetime.fromisoformat(letter.failed_at) >= moment - _CLOCK_DIFFERENCE
    except ValueError:
        return False
