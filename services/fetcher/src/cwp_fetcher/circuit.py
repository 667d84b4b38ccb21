"""A circuit breaker as plain data: who asks a service that does not answer, and when.

Closed, until the service failed `FAILURES` times in a row, whoever asked. Then open: nobody asks
for a cool-down. Then half-open: one asks, the others wait for what becomes of it. A success closes
the circuit whenever it comes; a probe that fails opens it again, for twice as long.

Times are seconds since the epoch.
"""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

#: Failures in a row, of all functions together, that open the circuit.
FAILURES: Final = 5
#: The first cool-down, and the longest.
COOL_DOWN: Final = 30.0
LONGEST_COOL_DOWN: Final = 900.0
#: How long the others wait before they look what became of the probe.
_PROBE_PATIENCE: Final = 5.0

State = Literal["closed", "open", "half-open"]


class Circuit(BaseModel):
    """One service's circuit."""

    model_config = ConfigDict(frozen=True)

    failures: int = 0
    #: How often it opened without closing in between.
    trips: int = 0
    open_until: float = 0.0
    #: Who asks while it is half-open, and until when that is believed.
    probe: str | None = None
    probe_until: float = 0.0

    def state(self, now: float) -> State:
        """What the circuit is at `now`."""
        if self.failures < FAILURES:
            return "closed"
        return "open" if now < self.open_until else "half-open"

    def wait(self, holder: str, now: float) -> float:
        """Seconds until `holder` may ask or look again; 0: it may ask now."""
        state = self.state(now)
        if state == "open":
            return self.open_until - now
        if state == "half-open" and self.probe not in (None, holder) and now < self.probe_until:
            return min(self.probe_until - now, _PROBE_PATIENCE)
        return 0.0

    def probed_by(self, holder: str, now: float, until: float) -> "Circuit":
        """The circuit after `holder` was let through at `now`."""
        if self.state(now) != "half-open":
            return self
        return self.model_copy(update={"probe": holder, "probe_until": until})

    def left_by(self, holder: str) -> "Circuit":
        """The circuit after `holder` went away, perhaps without having learnt anything."""
        return self.model_copy(update={"probe": None}) if self.probe == holder else self

    def succeeded(self) -> "Circuit":
        """The circuit after the service answered."""
        return Circuit()

    def failed(self, now: float) -> "Circuit":
        """The circuit after the service did not answer.

        What was asked before the circuit opened may fail after it did; that opens nothing again.
        """
        counted = self.model_copy(update={"failures": self.failures + 1})
        if self.state(now) == "open" or counted.failures < FAILURES:
            return counted
        cool_down = min(COOL_DOWN * 2**self.trips, LONGEST_COOL_DOWN)
        trips = self.trips + 1
        return Circuit(failures=counted.failures, trips=trips, open_until=now + cool_down)
