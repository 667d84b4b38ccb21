from cwp_local.sandbox import request_log
from cwp_local.sandbox.calls import Answer, Asked, Call, Delivery
from cwp_local.sandbox.request_log import RequestLog
from tests.unit.local.sandbox.clients import NOW, SteppingClock


def filled(count: int) -> RequestLog:
    log = RequestLog(SteppingClock())
    for number in range(count):
        log.end(log.begin("Acme"), Call("GET", f"/{number}"), Answer(200))
    return log


def test_entries_since_a_point() -> None:
    log = filled(5)
    page = log.since(0)
    assert [entry.path for entry in page.entries] == ["/0", "/1", "/2", "/3", "/4"]
    assert page.entries[0].time == NOW
    assert [entry.seq for entry in log.since(3).entries] == [4, 5]
    assert log.since(page.last).entries == ()
    assert log.since(10**9).entries == ()


def test_old_entries_are_forgotten() -> None:
    kept = request_log._KEPT
    log = filled(kept + 5)
    page = log.since(0)
    assert len(page.entries) == kept
    assert page.entries[0].seq == 6
    assert page.last == kept + 5
    assert not log.summary().complete
    assert log.summary(since=5).complete


def test_what_an_entry_tells() -> None:
    clock = SteppingClock()
    log = RequestLog(clock)
    first, other = log.begin("Acme"), log.begin("Other")
    clock.forward(seconds=1.5)
    second = log.begin("Acme")
    answer = Answer(
        429,
        headers={"Retry-After": "7"},
        delivery=Delivery(ends="truncated"),
        asked=Asked("time_entries", "page"),
    )
    log.end(first, Call("GET", "/first"), answer)
    for begun in (second, other):
        log.end(begun, Call("GET", "/x"), Answer(200))
    log.end(log.begin("Acme"), Call("GET", "/x"), Answer(200))
    entries = log.since(0).entries
    assert [entry.at_once for entry in entries] == [1, 2, 1, 1]
    assert (entries[0].started, entries[0].ended, entries[0].ms) == (NOW, clock.now, 1500)
    assert (entries[0].table, entries[0].kind) == ("time_entries", "page")
    assert (entries[0].ends, entries[0].retry_after) == ("truncated", 7)
