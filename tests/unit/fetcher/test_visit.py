"""What a request's outcome does to the tenant's pace, and who has to wait."""

from contextlib import suppress
from typing import Any

import pytest

from cwp_fetcher.circuit import FAILURES
from cwp_fetcher.failures import PutOff
from cwp_fetcher.pace import Limits, Pace
from cwp_fetcher.visit import LONGEST_VISIT
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.failures import JobFailed, ServerFault, Throttled, Unreachable
from cwp_shared.errors import Retriable, Terminal
from tests.unit.fetcher.fakes import (
    CONFIG,
    TICKETS,
    FakeAccounts,
    FakeApi,
    FakePaces,
    FakeTime,
    make_visit,
)
from tests.unit.shared.connectwise.fakes import account

PARAMS = {"orderBy": "id asc", "pageSize": "3"}


def refused(reason_class: Any = "credentials") -> JobFailed:
    return JobFailed(reason_class, "HTTP 401")


def pace_after(*errors: Exception | None, path: str = TICKETS) -> Pace:
    """The tenant's pace after a visit whose requests ended so."""
    paces = FakePaces()
    api = FakeApi.tickets(1, errors=list(errors))
    with make_visit(api, paces=paces) as visit:
        for _ in errors:
            with suppress(Retriable, Terminal, JobFailed):
                visit.ask(path, PARAMS)
    return paces.paces["acme"]


def turns_taken(paces: FakePaces) -> int:
    """By visits that all began at once."""
    interval = Limits(CONFIG.requests_per_minute, 1).interval
    return round((paces.paces["acme"].next_at - FakeTime().now_s) / interval)


def test_the_place_is_given_back_and_the_bucket_is_not() -> None:
    pace = pace_after(None, None)
    assert pace.leases == {}
    assert pace.next_at > 0


def test_a_visit_without_a_request_leaves_no_trace() -> None:
    paces = FakePaces()
    with make_visit(FakeApi(), paces=paces):
        pass
    assert paces.paces == {}


def test_the_servers_clock_is_that_of_the_first_answer() -> None:
    api = FakeApi.tickets(1)
    with make_visit(api) as visit:
        assert visit.server_time is None
        visit.ask(TICKETS, PARAMS)
        first = visit.server_time
        api.date = "Mon, 23 Nov 2026 07:59:00 GMT"
        visit.ask(TICKETS, PARAMS)
    assert visit.server_time == first
    assert first is not None
    assert first.minute == 41


@pytest.mark.parametrize("error", [Retriable("HTTP 503"), Retriable("ConnectionResetError")])
def test_no_answer_counts_against_the_service(error: Exception) -> None:
    assert pace_after(error).circuit.failures == 1
    assert pace_after(*[error] * FAILURES).circuit.failures == FAILURES


@pytest.mark.parametrize("error", [refused(), refused("permission"), Terminal("HTTP 400"), None])
def test_any_answer_shows_that_the_service_is_there(error: Exception | None) -> None:
    assert pace_after(Retriable("HTTP 503"), error).circuit.failures == 0


def test_a_500_of_a_page_may_be_a_row_and_counts_for_nothing() -> None:
    fault = ServerFault("HTTP 500", timed_out=False)
    assert pace_after(Retriable("HTTP 503"), fault).circuit.failures == 1
    assert pace_after(fault, path=f"{TICKETS}/count").circuit.failures == 1


def test_an_open_circuit_is_not_asked_through() -> None:
    paces, time = FakePaces(), FakeTime()
    api = FakeApi.tickets(errors=[Retriable("HTTP 503")] * FAILURES)
    for _ in range(FAILURES):
        with make_visit(api, paces=paces, time=time) as visit, pytest.raises(Retriable):
            visit.ask(TICKETS, PARAMS)
    with make_visit(api, paces=paces, time=time) as visit, pytest.raises(PutOff, match="open"):
        visit.ask(TICKETS, PARAMS)
    assert len(api.asked) == FAILURES


def test_throttling_keeps_everybody_away_for_as_long_as_the_api_says() -> None:
    paces, time = FakePaces(), FakeTime()
    api = FakeApi.tickets(1, errors=[Throttled("HTTP 429", 40)])
    with make_visit(api, paces=paces, time=time) as visit, pytest.raises(PutOff) as caught:
        visit.ask(TICKETS, PARAMS)
    assert caught.value.seconds == 40
    time.now_s += 30
    with make_visit(api, paces=paces, time=time) as visit, pytest.raises(PutOff) as caught:
        visit.ask(TICKETS, PARAMS)
    assert caught.value.seconds == 10
    time.now_s += 11
    with make_visit(api, paces=paces, time=time) as visit:
        assert visit.ask(TICKETS, PARAMS).status == 200
    assert len(api.asked) == 2


def test_only_so_many_ask_at_once() -> None:
    paces, time = FakePaces(), FakeTime()
    accounts = FakeAccounts(settings=CONFIG.model_copy(update={"parallel_requests": 2}))
    api = FakeApi.tickets(1)
    with (
        make_visit(api, accounts, paces, time) as one,
        make_visit(api, accounts, paces, time) as two,
    ):
        one.ask(TICKETS, PARAMS)
        two.ask(TICKETS, PARAMS)
        with (
            make_visit(api, accounts, paces, time) as third,
            pytest.raises(PutOff, match="2 others"),
        ):
            third.ask(TICKETS, PARAMS)
        one.ask(TICKETS, PARAMS)
    with make_visit(api, accounts, paces, time) as third:
        third.ask(TICKETS, PARAMS)
    assert len(api.asked) == 4


def test_a_token_that_comes_soon_is_slept_for_and_others_are_not() -> None:
    api, time = FakeApi.tickets(1), FakeTime()
    with make_visit(api, paces=FakePaces(), time=time) as visit:
        for _ in range(100):
            visit.ask(TICKETS, PARAMS)
    assert 0 < max(time.slept) <= 2
    slow = FakeAccounts(settings=CONFIG.model_copy(update={"requests_per_minute": 2}))
    with make_visit(api, slow) as visit:
        visit.ask(TICKETS, PARAMS)
        with pytest.raises(PutOff, match="2 requests a minute") as caught:
            visit.ask(TICKETS, PARAMS)
    assert caught.value.seconds > 2


def test_asking_where_the_company_lives_takes_a_turn_of_its_own() -> None:
    api, paces, time = FakeApi.tickets(1), FakePaces(), FakeTime()
    slow = FakeAccounts(
        settings=CONFIG.model_copy(update={"requests_per_minute": 2}), is_known=False
    )
    with make_visit(api, slow, paces, time) as visit, pytest.raises(PutOff) as caught:
        visit.ask(TICKETS, PARAMS)
    assert not api.asked
    # What was found out is remembered, so the job gets further each time.
    time.now_s += caught.value.seconds
    with make_visit(api, slow, paces, time) as visit:
        assert visit.ask(TICKETS, PARAMS).status == 200


def test_no_request_begins_when_the_functions_time_is_nearly_up() -> None:
    time, api = FakeTime(), FakeApi.tickets(1)
    with make_visit(api, time=time) as visit:
        visit.ask(TICKETS, PARAMS)
        time.now_s += LONGEST_VISIT + 1
        with pytest.raises(PutOff, match="time is up"):
            visit.ask(TICKETS, PARAMS)
    assert len(api.asked) == 1


def test_refused_keys_are_read_afresh_once() -> None:
    fresh = account("rotated")
    api = FakeApi.tickets(1, errors=[refused()])
    with make_visit(api, FakeAccounts(renewals=[fresh])) as visit:
        visit.ask(TICKETS, PARAMS)
    assert api.accounts == [account(), fresh]


def test_keys_that_have_not_changed_are_not_tried_again() -> None:
    api, book = FakeApi.tickets(errors=[refused(), refused()]), FakeAccounts()
    for visits in (1, 2):
        with make_visit(api, book) as visit, pytest.raises(JobFailed):
            visit.ask(TICKETS, PARAMS)
        # They are read afresh each time all the same: they may have changed since.
        assert len(api.asked) == book.asked == visits


def test_fresh_keys_that_are_refused_too_are_told_of() -> None:
    api = FakeApi.tickets(errors=[refused(), refused()])
    book = FakeAccounts(renewals=[account("a"), account("b")])
    with make_visit(api, book) as visit, pytest.raises(JobFailed):
        visit.ask(TICKETS, PARAMS)
    assert len(api.asked) == 2


def test_reading_keys_afresh_takes_a_turn_of_its_own() -> None:
    paces = FakePaces()
    api = FakeApi.tickets(1, errors=[refused()])
    with make_visit(api, FakeAccounts(renewals=[account("rotated")]), paces) as visit:
        visit.ask(TICKETS, PARAMS)
    assert turns_taken(paces) == 3


def test_a_site_that_wants_to_be_left_alone_is_not_asked_where_the_company_lives() -> None:
    """Somebody else was told so while the request that is refused was under way."""
    paces, time, book = FakePaces(), FakeTime(), FakeAccounts()

    def throttled_meanwhile(_path: str, _params: Any) -> bytes:
        paces.change("acme", lambda pace: (pace.quiet(time.now_s + 40), None))
        raise refused()

    api = FakeApi(script=throttled_meanwhile)
    with make_visit(api, book, paces, time) as visit, pytest.raises(PutOff, match="left alone"):
        visit.ask(TICKETS, PARAMS)
    assert book.asked == 0


@pytest.mark.parametrize("fresh", [account(), account("rotated")])
def test_a_slow_tenant_whose_keys_are_refused_comes_to_an_end(fresh: Account) -> None:
    """One request a visit: to be refused, to read afresh, to be refused again."""
    settings = CONFIG.model_copy(update={"requests_per_minute": 2})
    book, paces, time = FakeAccounts(settings=settings, renewals=[fresh]), FakePaces(), FakeTime()
    api = FakeApi.tickets(errors=[refused()] * 10)
    for _ in range(10):
        try:
            with make_visit(api, book, paces, time) as visit:
                visit.ask(TICKETS, PARAMS)
        except PutOff as later:
            time.now_s += later.seconds
        except JobFailed:
            break
    assert len(api.asked) == 2 + (fresh != account())
    assert book.asked == len(api.asked) - 1


def test_keys_that_were_right_after_all_are_read_afresh_the_next_time_too() -> None:
    settings = CONFIG.model_copy(update={"requests_per_minute": 2})
    book, time = FakeAccounts(settings=settings), FakeTime()
    api = FakeApi.tickets(1, errors=[refused(), None, refused(), None])
    paces = FakePaces()
    ends: list[int] = []
    while len(ends) < 2:
        try:
            with make_visit(api, book, paces, time) as visit:
                ends.append(visit.ask(TICKETS, PARAMS).status)
        except PutOff as later:
            time.now_s += later.seconds
    assert book.asked == 2


def test_a_codebase_that_moves_between_two_requests_is_followed() -> None:
    moved = account(codebase="v2026_1")
    api = FakeApi.tickets(1, errors=[None, refused()])
    with make_visit(api, FakeAccounts(renewals=[moved])) as visit:
        visit.ask(TICKETS, PARAMS)
        visit.ask(TICKETS, PARAMS)
        visit.ask(TICKETS, PARAMS)
    assert [one.codebase for one in api.accounts[-2:]] == ["v2026_1", "v2026_1"]


def test_a_connection_that_breaks_is_made_again_once_and_counted() -> None:
    paces = FakePaces()
    api = FakeApi.tickets(1, errors=[Unreachable("ConnectionResetError")])
    with make_visit(api, paces=paces) as visit:
        assert visit.ask(TICKETS, PARAMS).status == 200
    assert len(api.asked) == 2
    assert turns_taken(paces) == 2
    api = FakeApi.tickets(errors=[Unreachable("reset")] * 2)
    with make_visit(api) as visit, pytest.raises(Unreachable):
        visit.ask(TICKETS, PARAMS)


def test_a_missing_right_does_not_read_keys_afresh() -> None:
    api = FakeApi.tickets(errors=[refused("permission")])
    book = FakeAccounts(renewals=[account("b")])
    with make_visit(api, book) as visit, pytest.raises(JobFailed):
        visit.ask(TICKETS, PARAMS)
    assert len(api.asked) == 1
