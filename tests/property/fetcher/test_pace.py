"""The pace of a tenant under any requests by any functions (connectwise-api.md 4 and 11)."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from cwp_fetcher.circuit import COOL_DOWN, FAILURES, LONGEST_COOL_DOWN, Circuit
from cwp_fetcher.pace import LEASE, LONGEST_SLEEP, Go, Limits, Pace, Wait

#: Clocks of floats: what is due at 60.0 may be at 59.9999999.
EPSILON = 1e-6
HOLDERS = [f"holder-{n}" for n in range(6)]


@given(
    st.integers(1, 100),
    st.lists(st.one_of(st.just(0.0), st.floats(0, 20, allow_nan=False)), min_size=1, max_size=300),
    st.booleans(),
)
@settings(max_examples=200)
def test_no_minute_has_more_requests_than_allowed(
    per_minute: int, pauses: list[float], heeds_waits: bool
) -> None:
    limits = Limits(per_minute, at_once=1)
    pace, sent, now = Pace(), [], 1_800_000_000.0
    for pause in itertools.chain(pauses, itertools.repeat(0.0, 3 * per_minute)):
        now += pause
        pace, turn = pace.admit("one", limits, now)
        if isinstance(turn, Go):
            assert 0 <= turn.after <= LONGEST_SLEEP + EPSILON
            sent.append(now + turn.after)
        elif heeds_waits:
            now += turn.seconds
    for first, begin in enumerate(sent):
        in_minute = sum(begin <= moment < begin + 60 - EPSILON for moment in sent[first:])
        assert in_minute <= per_minute


@given(st.integers(1, 1000))
def test_patience_gets_nearly_all_that_is_allowed(per_minute: int) -> None:
    limits = Limits(per_minute, at_once=1)
    pace, now, sent = Pace(), 0.0, 0
    while now < 600:
        pace, turn = pace.admit("one", limits, now)
        if isinstance(turn, Go):
            sent += 1
            now += turn.after
        else:
            now += turn.seconds
    assert sent >= 10 * per_minute * 0.91 - 1


class Traffic(RuleBasedStateMachine):
    """Functions that come, ask, fail, succeed, leave or die, under a clock that goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = Limits(per_minute=120, at_once=3)
        self.pace = Pace()
        self.now = 1_800_000_000.0
        self.asking: dict[str, float] = {}
        self.quiet_until = 0.0

    @rule(seconds=st.floats(0, 200, allow_nan=False))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        # A function that has said nothing for so long is dead.
        self.asking = {who: end for who, end in self.asking.items() if end > self.now}

    @rule(holder=st.sampled_from(HOLDERS))
    def asks(self, holder: str) -> None:
        state, probe = self.pace.circuit.state(self.now), self.pace.circuit
        self.pace, turn = self.pace.admit(holder, self.limits, self.now)
        if not isinstance(turn, Go):
            assert turn.seconds > 0
            return
        self.asking[holder] = self.now + turn.after + LEASE
        assert self.now >= self.quiet_until
        assert state != "open"
        if state == "half-open":
            others = probe.probe not in (None, holder) and self.now < probe.probe_until
            assert not others, "two probes at once"

    @rule(holder=st.sampled_from(HOLDERS))
    def leaves(self, holder: str) -> None:
        self.pace = self.pace.left_by(holder)
        self.asking.pop(holder, None)
        assert holder not in self.pace.leases

    @rule()
    def answers(self) -> None:
        self.pace = self.pace.succeeded()
        assert self.pace.circuit.state(self.now) == "closed"

    @rule()
    def fails(self) -> None:
        before = self.pace.circuit
        self.pace = self.pace.failed(self.now)
        after = self.pace.circuit
        assert (after.state(self.now) == "open") == (after.failures >= FAILURES)
        if before.state(self.now) == "open":
            assert after.open_until == before.open_until
        elif after.state(self.now) == "open":
            cool_down = after.open_until - self.now
            assert cool_down <= LONGEST_COOL_DOWN + EPSILON
            assert cool_down >= COOL_DOWN - EPSILON

    @rule(seconds=st.integers(1, 100))
    def throttles(self, seconds: int) -> None:
        self.quiet_until = max(self.quiet_until, self.now + seconds)
        self.pace = self.pace.quiet(self.now + seconds)

    @invariant()
    def never_more_at_once_than_allowed(self) -> None:
        assert len(self.asking) <= self.limits.at_once

    @invariant()
    def survives_being_stored(self) -> None:
        assert Pace.model_validate_json(self.pace.model_dump_json()) == self.pace


TestTraffic = Traffic.TestCase


def test_the_place_of_a_dead_holder_is_free_again() -> None:
    limits = Limits(per_minute=60, at_once=1)
    pace, _ = Pace().admit("dead", limits, 1000.0)
    assert isinstance(pace.admit("next", limits, 1000.0 + LEASE - 1)[1], Wait)
    assert isinstance(pace.admit("next", limits, 1000.0 + LEASE)[1], Go)


def test_a_circuit_opens_probes_and_opens_for_longer_or_closes() -> None:
    circuit, now = Circuit(), 1000.0
    for _ in range(FAILURES - 1):
        circuit = circuit.failed(now)
        assert circuit.state(now) == "closed"
    circuit = circuit.failed(now)
    assert circuit.wait("a", now) == COOL_DOWN
    now += COOL_DOWN
    assert circuit.state(now) == "half-open"
    probed = circuit.probed_by("a", now, now + 60)
    assert (probed.wait("a", now), probed.wait("b", now) > 0) == (0, True)
    # A probe that never comes back is not waited for.
    assert probed.wait("b", now + 60) == 0
    assert probed.left_by("a").wait("b", now) == 0
    again = probed.failed(now)
    assert again.wait("a", now) == 2 * COOL_DOWN
    assert probed.succeeded() == Circuit()


def test_the_cool_down_has_an_end() -> None:
    circuit, now = Circuit(), 0.0
    for _ in range(20):
        circuit = circuit.failed(now)
        now = max(now, circuit.open_until)
    assert circuit.failed(now).wait("a", now) == LONGEST_COOL_DOWN
