"""Functions that take turns: one runs at a time, from step to step, in an order that a seed draws.

An invocation is a thread that is let go for one step and then held. So any two functions can
interleave at any step, any of them can die there, and the same seed plays the same again. Time is
the stage's own: it moves a little with each turn, and leaps when everybody waits.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random


class Death(BaseException):
    """The function is gone: nothing in it may catch this."""


#: Whether an invocation dies at its n-th step (from 0), at this place.
Dies = Callable[[int, str], bool]


@dataclass
class Invocation:
    """A function at work.

    `steps` are the places that it passed, `died_at` is where it died, if it did. `copied` work came
    of a message that was delivered twice by itself.
    """

    function: str
    number: int
    began: datetime
    ends: datetime
    dies: Dies
    wakes_at: datetime
    steps: list[str] = field(default_factory=list)
    died_at: str | None = None
    copied: bool = False
    over: bool = False
    go: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    fault: BaseException | None = None


class Stage:
    """All invocations, and the clock.

    Args:
        rng: draws the order.
        now: when it begins.
    """

    def __init__(self, rng: Random, now: datetime) -> None:
        self.rng = rng
        self.now = now
        self.playing: list[Invocation] = []
        self.past: list[Invocation] = []
        self.current: Invocation | None = None
        self._held = threading.Semaphore(0)

    def clock(self) -> datetime:
        """The present."""
        return self.now

    def seconds(self) -> float:
        """The present, in seconds since the epoch."""
        return self.now.timestamp()

    def start(
        self,
        function: str,
        work: Callable[[Invocation], None],
        lifetime: timedelta,
        dies: Dies,
    ) -> None:
        """Begin an invocation, which lives `lifetime` at most; its first turn is yet to come."""
        number = len(self.playing) + len(self.past)
        invocation = Invocation(
            function, number, self.now, self.now + lifetime, dies, wakes_at=self.now
        )
        self.playing.append(invocation)
        threading.Thread(target=self._play, args=(invocation, work), daemon=True).start()

    def awake(self) -> list[Invocation]:
        """Those that wait for nothing but their turn."""
        return [one for one in self.playing if one.wakes_at <= self.now]

    def turn(self, invocation: Invocation) -> None:
        """Let an invocation go on to its next step, or to its end.

        Raises:
            BaseException: whatever ended it other than its death.
        """
        self.current = invocation
        invocation.go.release()
        self._held.acquire()
        self.current = None
        self.now += timedelta(milliseconds=self.rng.randint(1, 20))
        if invocation.over:
            self.playing.remove(invocation)
            self.past.append(invocation)
        if invocation.fault:
            raise invocation.fault

    def step(self, what: str) -> None:
        """To be called between two effects of a function, which may die here."""
        invocation = self.current
        if invocation is None:
            return
        if invocation.died_at is None:
            self._hold(invocation)
            late = self.now > invocation.ends
            if not late and not invocation.dies(len(invocation.steps), what):
                invocation.steps.append(what)
                return
            invocation.died_at = what
        raise Death(what)

    @contextmanager
    def effect(self, what: str) -> Iterator[None]:
        """Around an effect of a function: it may die just before or just after."""
        self.step(f"before {what}")
        yield
        self.step(f"after {what}")

    def sleep(self, seconds: float) -> None:
        """Let so much time pass for whoever is at work; others go on meanwhile."""
        invocation = self.current
        if invocation is not None and invocation.died_at is None:
            invocation.wakes_at = self.now + timedelta(seconds=seconds)
            self._hold(invocation)

    def _hold(self, invocation: Invocation) -> None:
        self._held.release()
        invocation.go.acquire()

    def _play(self, invocation: Invocation, work: Callable[[Invocation], None]) -> None:
        invocation.go.acquire()
        try:
            work(invocation)
        except Death:
            pass
        except BaseException as fault:  # noqa: BLE001 - `turn` raises it where it is seen
            invocation.fault = fault
        finally:
            invocation.over = True
            self._held.release()
