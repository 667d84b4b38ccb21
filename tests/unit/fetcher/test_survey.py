import pytest

from cwp_fetcher.reader import Reader
from cwp_fetcher.survey import Extent, survey
from cwp_shared.connectwise.failures import BadAnswer
from cwp_shared.tables import source_table
from tests.unit.fetcher.fakes import TABLE, TICKETS, FakeApi, job


def test_count_lowest_and_highest_id_under_the_runs_conditions() -> None:
    api = FakeApi.tickets(17, 4, 230)
    assert survey(job(kind="survey", mode="full"), TABLE, Reader(api, "it")) == Extent(3, 4, 230)
    assert [path for path, _ in api.asked] == [f"{TICKETS}/count", TICKETS, TICKETS]
    conditions = {params["conditions"] for _, params in api.asked}
    assert conditions == {"lastUpdated <= [2026-11-23T07:40:55Z]"}


def test_a_nested_table_is_as_large_as_its_parents_are_many() -> None:
    api = FakeApi(rows={"/project/projects": {3, 8}, "/project/projects/3/phases": {1, 2, 3}})
    phases = source_table("project_projects_phases")
    given = job(kind="survey", table="project_projects_phases", mode="full")
    assert survey(given, phases, Reader(api, "it")) == Extent(2, 3, 8)
    assert {params.get("conditions") for _, params in api.asked} == {None}


def test_nothing_there_costs_one_request() -> None:
    api = FakeApi.tickets()
    assert survey(job(kind="survey"), TABLE, Reader(api, "it")) == Extent(0)
    assert len(api.asked) == 1


def test_an_edge_that_cannot_be_shown_costs_the_windows_and_not_the_run() -> None:
    api = FakeApi.tickets(4, 9, bad={TICKETS: {9}}, ids_show=False)
    assert survey(job(kind="survey"), TABLE, Reader(api, "it")) == Extent(2)


def test_rows_counted_but_not_shown_are_never_taken_for_none() -> None:
    api = FakeApi(script=lambda path, _: b'{"count":5}' if path.endswith("count") else b"[]")
    with pytest.raises(BadAnswer, match="security role"):
        survey(job(kind="survey"), TABLE, Reader(api, "it"))


@pytest.mark.parametrize("body", [b"", b"5", b"[]", b'{"count":"5"}', b'{"count":-1}', b"<p>"])
def test_an_answer_that_is_no_count_is_bad(body: bytes) -> None:
    with pytest.raises(BadAnswer, match="count") as caught:
        survey(job(kind="survey"), TABLE, Reader(FakeApi(script=lambda *_: body), "it"))
    assert caught.value.body == body
