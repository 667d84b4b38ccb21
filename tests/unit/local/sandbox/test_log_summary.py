from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cwp_local.sandbox.calls import Answer, Asked, Call, Delivery
from cwp_local.sandbox.request_log import RequestLog
from tests.unit.local.sandbox.clients import SteppingClock

PAGE = Asked("time_entries", "page")


class Noting:
    """A log that notes requests one after another, each a second long."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.log = RequestLog(self.clock)

    def note(self, path: str = "/a", company: str | None = "Acme", **answer: Any) -> None:
        begun = self.log.begin(company)
        self.clock.forward(seconds=1)
        self.log.end(begun, Call("GET", path), Answer(**{"status": 200, "asked": PAGE, **answer}))


def test_counts() -> None:
    noting = Noting()
    noting.note()
    noting.note(status=500)
    noting.note(delivery=Delivery(ends="reset"))
    noting.note(asked=Asked("company_contacts", "count"))
    noting.note("/other", company="other")
    noting.note("/_sandbox/log", company=None)
    summary = noting.log.summary("ACME")
    assert (summary.requests, summary.failed, summary.pages) == (4, 2, 1)
    assert summary.statuses == {"200": 2, "500": 1, "reset": 1}
    assert summary.tables == {"company_contacts": 1, "time_entries": 3}
    assert noting.log.summary().requests == 5
    assert noting.log.summary("Acme", since=3).requests == 1
    assert noting.log.summary("nobody").first is None


def test_one_after_another_is_one_at_once() -> None:
    noting = Noting()
    for _ in range(5):
        noting.note()
    assert noting.log.summary().most_at_once == 1


def test_most_at_once_is_of_the_companies_asked_for() -> None:
    noting = Noting()
    begun = [noting.log.begin(name) for name in ("Acme", "Acme", "Other")]
    noting.clock.forward(seconds=1)
    for one in begun:
        noting.log.end(one, Call("GET", "/a"), Answer(200))
    assert noting.log.summary().most_at_once == 3
    assert noting.log.summary("Acme").most_at_once == 2


def test_minutes() -> None:
    noting = Noting()  # at 08:30:15
    for _ in range(50):
        noting.note()
    summary = noting.log.summary()
    assert summary.minutes == {"2026-11-23T08:30Z": 45, "2026-11-23T08:31Z": 5}
    assert summary.most_in_a_minute == 50


def test_retries_are_the_same_request_soon_after_it_failed() -> None:
    noting = Noting()
    noting.note("/a", status=500)
    noting.note("/b")
    noting.note("/a", delivery=Delivery(ends="truncated"))  # a retry
    noting.note("/a")  # another
    noting.note("/a")  # it had succeeded
    noting.note("/c", status=429)
    noting.clock.forward(seconds=61)
    noting.note("/c")
    assert noting.log.summary().retries == 2
    assert noting.log.summary(retry_within=100).retries == 3


def test_early_is_before_retry_after_has_passed() -> None:
    noting = Noting()
    noting.note(status=429, headers={"Retry-After": "10"})
    noting.note("/b", company="Other")
    noting.note("/c")  # a second after: early, whatever it asks for
    noting.clock.forward(seconds=8)
    noting.note()
    assert noting.log.summary().early == 1


@example([(0, 1), (60, 1)])  # exactly a minute apart
@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 90)), max_size=30))
def test_most_in_a_minute_and_at_once_by_brute_force(spans: list[tuple[int, int]]) -> None:
    """Compared with counting at every second."""
    noting = Noting()
    zero = noting.clock.now
    begun = []
    for start, length in sorted(spans):
        noting.clock.now = zero
        noting.clock.forward(seconds=start)
        begun.append((noting.log.begin("Acme"), start + length))
    for one, end in begun:
        noting.clock.now = zero
        noting.clock.forward(seconds=end)
        noting.log.end(one, Call("GET", "/a"), Answer(200))
    summary = noting.log.summary()
    starts = [start for start, _ in spans]
    assert summary.most_in_a_minute == max(
        (sum(at - 60 < start <= at for start in starts) for at in starts), default=0
    )
    assert summary.most_at_once >= max(
        (sum(start <= at < start + length for start, length in spans) for at in starts), default=0
    )
