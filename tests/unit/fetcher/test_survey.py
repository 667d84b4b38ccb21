import pytest

from cwp_fetcher.failures import BadAnswer
from cwp_fetcher.survey import Ask, survey
from tests.unit.fetcher.fakes import TABLE, FakeApi, account, job


def ask(api: FakeApi) -> Ask:
    return lambda path, params: api.get(account(), path, params)


def test_count_lowest_and_highest_id_under_the_runs_conditions() -> None:
    api = FakeApi(ids={17, 4, 230})
    found = survey(job(kind="survey", mode="full"), TABLE, ask(api))
    assert (found.count, found.lowest_id, found.highest_id) == (3, 4, 230)
    assert (found.tenant_id, found.run_id, found.table) == ("acme", "run-1", "service_tickets")
    assert [path for path, _ in api.asked] == [
        "/service/tickets/count",
        "/service/tickets",
        "/service/tickets",
    ]
    conditions = {params["conditions"] for _, params in api.asked}
    assert conditions == {"lastUpdated <= [2026-11-23T07:40:55Z]"}


def test_nothing_there_costs_one_request() -> None:
    api = FakeApi()
    found = survey(job(kind="survey"), TABLE, ask(api))
    assert (found.count, found.lowest_id, found.highest_id) == (0, None, None)
    assert len(api.asked) == 1


def test_rows_counted_but_not_shown_are_never_taken_for_none() -> None:
    api = FakeApi(answer=lambda path, _: b'{"count":5}' if path.endswith("count") else b"[]")
    with pytest.raises(BadAnswer, match="security role"):
        survey(job(kind="survey"), TABLE, ask(api))


@pytest.mark.parametrize("body", [b"", b"5", b"[]", b'{"count":"5"}', b'{"count":-1}', b"<p>"])
def test_an_answer_that_is_no_count_is_bad(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="count") as caught:
        survey(job(kind="survey"), TABLE, lambda _path, _params: body)
    assert caught.value.body == body
