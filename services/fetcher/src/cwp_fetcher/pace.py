"""When a tenant's API may be asked: one answer for all functions together. No I/O here.

Four things are kept, any of which can say "not now": how long the API wants to be left alone
(429), the circuit, who is asking at the moment, and a token bucket. The bucket is the generic cell
rate algorithm: a single time, `next_at`, at which a bucket that never bursts would give its next
token.

Invariants (connectwise-api.md 4 and 11):
* in any minute at most `Limits.per_minute` requests are let through, bursts included;
* at most `Limits.at_once` holders have a lease at any time;
* nobody is let through while the API wants to be left alone, or while the circuit is open.

Times are seconds since the epoch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict

from cwp_fetcher.circuit import Circuit

#: Seconds that the tokens of a minute are spread over. It is more than 60 because the API counts
#: requests as they arrive: the first of a minute may take so much longer than the last.
_MINUTE: Final = 62.0
#: A token that comes within this time is worth waiting for in the function.
LONGEST_SLEEP: Final = 2.0
#: A holder that says nothing for so long is dead: longer than the function may live.
LEASE: Final = 130.0
#: How long to wait for a place among those who ask.
_PLACE_PATIENCE: Final = 3.0


@dataclass(frozen=True)
class Limits:
    """What a tenant's API is asked at most: requests a minute, and holders at once."""

    per_minute: int
    at_once: int

    @property
    def burst(self) -> int:
        """Requests that may go without a pause after a rest: a twentieth of a minute's."""
        return 1 + self.per_minute // 20

    @property
    def interval(self) -> float:
        """Seconds between tokens: what is left of a minute's requests when a burst is taken off."""
        return _MINUTE / (self.per_minute - self.burst + 1)


@dataclass(frozen=True)
class Go:
    """The request may be sent, `after` so many seconds."""

    after: float


@dataclass(frozen=True)
class Wait:
    """Not now: try again in `seconds`."""

    seconds: float
    why: str


class Pace(BaseModel):
    """What is known about asking one tenant's API."""

    model_config = ConfigDict(frozen=True)

    next_at: float = 0.0
    quiet_until: float = 0.0
    #: Holder to when its lease ends.
    leases: Mapping[str, float] = {}
    circuit: Circuit = Circuit()

    def admit(self, holder: str, limits: Limits, now: float) -> "tuple[Pace, Go | Wait]":
        """Whether `holder` may send one request; if so, it has or keeps a lease."""
        leases = {name: end for name, end in self.leases.items() if end > now}
        token_at = max(now, self.next_at - (limits.burst - 1) * limits.interval)
        if wait := self._wait(holder, limits, leases, token_at, now):
            return self, wait
        end = token_at + LEASE
        admitted = Pace(
            next_at=max(token_at, self.next_at) + limits.interval,
            quiet_until=self.quiet_until,
            leases={**leases, holder: end},
            circuit=self.circuit.probed_by(holder, now, end),
        )
        return admitted, Go(token_at - now)

    def _wait(
        self,
        holder: str,
        limits: Limits,
        leases: Mapping[str, float],
        token_at: float,
        now: float,
    ) -> Wait | None:
        if now < self.quiet_until:
            return Wait(self.quiet_until - now, "the API wants to be left alone (429)")
        if seconds := self.circuit.wait(holder, now):
            return Wait(seconds, f"the circuit is {self.circuit.state(now)}")
        if holder not in leases and len(leases) >= limits.at_once:
            return Wait(_PLACE_PATIENCE, f"{len(leases)} others are asking")
        if token_at - now > LONGEST_SLEEP:
            return Wait(token_at - now, f"{limits.per_minute} requests a minute are used up")
        return None

    def left_by(self, holder: str) -> "Pace":
        """`holder` asks no more."""
        leases = {name: end for name, end in self.leases.items() if name != holder}
        return self._with(leases=leases, circuit=self.circuit.left_by(holder))

    def quiet(self, until: float) -> "Pace":
        """The API wants to be left alone; it answers, so its circuit is closed."""
        latest = max(until, self.quiet_until)
        return self._with(quiet_until=latest, circuit=self.circuit.succeeded())

    def succeeded(self) -> "Pace":
        """The API answered."""
        return self._with(circuit=self.circuit.succeeded())

    def failed(self, now: float) -> "Pace":
        """The API did not answer."""
        return self._with(circuit=self.circuit.failed(now))

    def _with(self, **changes: object) -> "Pace":
        return self.model_copy(update=changes)
