from cwp_local.sandbox import request_log
from cwp_local.sandbox.request_log import RequestLog
from tests.unit.local.sandbox.clients import NOW, SteppingClock


def filled(count: int) -> RequestLog:
    log = RequestLog(SteppingClock())
    for number in range(count):
        log.add(company="Acme", method="GET", path=f"/{number}", query="", status=200, ms=1.23456)
    return log


def test_entries_since_a_point() -> None:
    log = filled(5)
    page = log.since(0)
    assert [entry.path for entry in page.entries] == ["/0", "/1", "/2", "/3", "/4"]
    assert page.entries[0].time == NOW
    assert page.entries[0].ms == 1.23
    assert [entry.seq for entry in log.since(3).entries] == [4, 5]
    assert log.since(page.last).entries == ()
    assert log.since(10**9).entries == ()


def test_old_entries_are_forgotten() -> None:
    kept = request_log._KEPT
    page = filled(kept + 5).since(0)
    assert len(page.entries) == kept
    assert page.entries[0].seq == 6
    assert page.last == kept + 5
