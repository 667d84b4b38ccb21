"""What goes on in a company by itself: days played on command, or while its clients read.

A part of a day may be played after every so many lists that clients ask for, or every so many
seconds, until somebody stops it. A restart stops it too. What happened is in the change log.
"""

import logging
import threading
from datetime import datetime

from cwp_local.sandbox.day import play_day
from cwp_local.sandbox.models import ChangesPlayed, TickAsked, TickState
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.world.generate import World
from cwp_shared.clock import Clock, to_seconds

logger = logging.getLogger(__name__)


class Life:
    """One company's. Days take turns.

    Args:
        store: the company's rows.
        world: what they were made from.
        quiet_since: no client has asked for anything since then.
    """

    def __init__(self, store: Store, world: World, quiet_since: datetime) -> None:
        self._store = store
        self._world = world
        self._asked_at = to_seconds(quiet_since)
        self._playing = threading.Lock()
        self._counting = threading.Lock()
        self._background: _Background | None = None

    def tick(self, asked: TickAsked, clock: Clock) -> ChangesPlayed:
        """Play now; answers with the ids of all rows that changed."""
        with self._playing:
            return play_day(
                self._store, self._world, clock, self._quiet_since, days=asked.days, seed=asked.seed
            )

    def start(self, asked: TickAsked, clock: Clock) -> TickState:
        """Play as asked from now on, instead of whatever was being played."""
        self.stop()
        self._background = background = _Background(asked, self._store.last_change())
        if asked.seconds is not None:
            threading.Thread(target=self._run, args=(background, clock), daemon=True).start()
        return self.state(clock)

    def stop(self) -> None:
        """Play no more by itself. What was played can still be asked for."""
        background = self._background
        if background is not None:
            background.stopped.set()

    def state(self, clock: Clock) -> TickState:
        """What is being played, and all that changed since that began."""
        background = self._background or _Background(None, self._store.last_change())
        tables = self._store.changed_since(background.since)
        return TickState(
            running=None if background.stopped.is_set() else background.asked,
            played=background.played,
            failed=background.failed,
            since=background.since,
            changes=ChangesPlayed(at=to_seconds(clock()), tables=tables),
        )

    def served(self, clock: Clock, *, page: bool) -> None:
        """To be told of every request that was answered: what comes later is later.

        The part of a day that is due after a page is played before this returns, so that a
        client that asks for one page after the other meets the same changes every time.
        """
        with self._counting:
            self._asked_at = max(self._asked_at, to_seconds(clock()))
            due = page and self._background is not None and self._background.due()
        if due and self._background is not None:
            self._play_part(self._background, clock)

    def _quiet_since(self) -> datetime:
        changed = self._store.last_change_time()
        return self._asked_at if changed is None else max(self._asked_at, changed)

    def _run(self, background: "_Background", clock: Clock) -> None:
        while not background.stopped.wait(background.seconds):
            self._play_part(background, clock)

    def _play_part(self, background: "_Background", clock: Clock) -> None:
        if background.asked is None or background.stopped.is_set():
            return
        try:
            self.tick(background.asked, clock)
        except Exception as error:
            # Whoever asked for it is not here to be told; the page it came with is all right.
            logger.exception("a part of a day could not be played, and none will be any more")
            background.failed = f"{type(error).__name__}: {error}"
            background.stopped.set()
        else:
            background.played += 1


class _Background:
    """What is played by itself, from the change `since` on."""

    def __init__(self, asked: TickAsked | None, since: int) -> None:
        self.asked = asked
        self.since = since
        self.stopped = threading.Event()
        self.played = 0
        self.failed: str | None = None
        self._pages = 0

    @property
    def seconds(self) -> float:
        """Between two parts."""
        return (self.asked and self.asked.seconds) or 0.0

    def due(self) -> bool:
        """Count a page; whether a part is to be played after it."""
        every = self.asked and self.asked.every_requests
        if not every or self.stopped.is_set():
            return False
        self._pages += 1
        return self._pages % every == 0
