"""Closing windows by count, children of parents, bad rows, and pages that break off."""

import json
from typing import Any

import pytest

from cwp_fetcher.failures import PutOff
from cwp_fetcher.page import PARENTS_A_PAGE, Page, read_page
from cwp_fetcher.reader import Reader
from cwp_shared.connectwise.failures import NotFound, ServerFault
from cwp_shared.errors import Retriable
from cwp_shared.events import PageJob
from cwp_shared.tables import SourceTable, source_table
from tests.unit.fetcher.fakes import TABLE, TICKETS, FakeApi, body, job

PHASES = source_table("project_projects_phases")
PROJECTS = "/project/projects"
TIMED_OUT = ServerFault("Query read timeout", timed_out=True)


def read(api: FakeApi, given: PageJob, table: SourceTable = TABLE) -> Page:
    return read_page(given, table, Reader(api, "it"))


def ids(page: Page) -> list[int]:
    return [row["id"] for row in json.loads(page.body)]


def counts(api: FakeApi) -> int:
    return sum(path.endswith("/count") for path, _ in api.asked)


def test_a_full_page_goes_on_without_a_count() -> None:
    api = FakeApi.tickets(5, 8, 9, 12)
    page = read(api, job())
    assert page == Page(body(5, 8, 9), 3, 5, 9, is_last=False)
    assert len(api.asked) == 1


def test_a_short_page_that_the_count_confirms_ends_its_window() -> None:
    api = FakeApi.tickets(1, 2, 5, 8, 99)
    page = read(api, job(page=1, after_id=2, low_id=1, rows_before=1, high_id=50))
    assert (page.rows, page.last_id, page.is_last, page.counted) == (2, 8, True, 3)
    assert len(api.asked) == 2
    assert api.asked[-1][1]["conditions"].startswith("id > 1 and id <= 50 and lastUpdated")


def test_a_short_page_that_the_count_denies_goes_on() -> None:
    api = FakeApi.tickets(5, 8, 9)
    api.script = lambda path, _: body(5, 8) if path == TICKETS else None
    page = read(api, job())
    assert (page.rows, page.is_last, page.counted) == (2, False, None)


def test_an_empty_page_ends_its_window_whatever_the_count_says() -> None:
    # A row came in behind the walk: it is the next run's.
    api = FakeApi.tickets(1, 2)
    page = read(api, job(page=1, after_id=2, low_id=0, rows_before=1))
    assert (page.rows, page.last_id, page.is_last, page.counted) == (0, None, True, 2)
    assert page.body == b"[]"


def test_an_empty_first_page_is_counted_too() -> None:
    page = read(FakeApi.tickets(), job())
    assert (page.is_last, page.counted) == (True, 0)


def test_a_page_is_kept_when_the_count_fails() -> None:
    page = read(FakeApi.tickets(5, errors=[None, Retriable("HTTP 503")]), job())
    assert (page.rows, page.is_last) == (1, False)


def test_an_empty_page_whose_count_always_fails_is_the_last_and_uncounted() -> None:
    page = read(FakeApi.tickets(errors=[None, TIMED_OUT]), job())
    assert (page.is_last, page.counted) == (True, None)
    with pytest.raises(PutOff):
        read(FakeApi.tickets(errors=[None, PutOff("later", 3)]), job())


def test_a_sweep_asks_for_a_thousand_ids() -> None:
    api = FakeApi.tickets(*range(1, 900))
    page = read(api, job(mode="reconcile"))
    assert (page.rows, page.is_last, page.counted) == (899, True, 899)
    assert api.asked[0][1]["fields"] == "id"
    assert api.asked[0][1]["pageSize"] == "1000"


@pytest.mark.parametrize("ids_show", [True, False])
def test_a_bad_row_costs_one_row(ids_show: bool) -> None:
    api = FakeApi.tickets(*range(1, 100), bad={TICKETS: {37}}, ids_show=ids_show)
    page = read(api, job(page_size=99))
    assert ids(page) == [id_ for id_ in range(1, 100) if id_ != 37]
    assert [bad.id for bad in page.bad] == [37]
    assert "not a valid Boolean" in page.bad[0].reason
    assert (page.rows, page.first_id, page.last_id) == (98, 1, 99)


def test_rows_around_a_bad_one_are_byte_for_byte_as_received() -> None:
    api = FakeApi.tickets(1, 2, 3, 4, bad={TICKETS: {2}})
    page = read(api, job(page_size=4))
    assert page.body == b"[" + b",".join([body(1)[1:-1], body(3, 4)[1:-1]]) + b"]"


def test_a_bad_row_counts_as_one_that_came() -> None:
    api = FakeApi.tickets(1, 2, 3, bad={TICKETS: {2}})
    page = read(api, job(page_size=4))
    assert (page.rows, page.is_last, page.counted) == (2, True, 3)


def test_a_bad_row_at_the_end_is_where_the_window_goes_on() -> None:
    api = FakeApi.tickets(1, 2, 3, 4, bad={TICKETS: {3}})
    page = read(api, job())
    assert (ids(page), page.last_id, page.is_last) == ([1, 2], 3, False)


def test_a_sweep_keeps_the_id_of_a_bad_row() -> None:
    api = FakeApi.tickets(1, 2, 3, bad={TICKETS: {2}}, ids_show=False)
    page = read(api, job(mode="reconcile"))
    assert (ids(page), page.bad, page.counted) == ([1, 2, 3], (), 3)


def test_a_500_that_passes_spoils_nothing() -> None:
    fault = ServerFault("HTTP 500", timed_out=False)
    api = FakeApi.tickets(1, errors=[fault])
    assert ids(read(api, job())) == [1]
    assert len(api.asked) == 3


def test_a_collection_that_always_fails_is_not_taken_for_bad_rows() -> None:
    api = FakeApi.tickets(*range(1, 9), bad={TICKETS: set(range(1, 9))}, ids_show=False)
    with pytest.raises(Retriable, match="shows none of them"):
        read(api, job(page_size=50))


def test_a_service_that_always_fails_is_not_searched() -> None:
    fault = ServerFault("HTTP 500", timed_out=False)
    api = FakeApi.tickets(*range(1, 9), errors=[fault] * 9)
    with pytest.raises(ServerFault):
        read(api, job())
    assert len(api.asked) == 3


def test_a_query_that_takes_too_long_is_asked_for_half_as_many_rows() -> None:
    sizes = []
    size: int | None = 1000
    for _ in range(6):
        with pytest.raises(PutOff) as caught:
            read(FakeApi.tickets(1, errors=[TIMED_OUT]), job(page_size=size))
        size = caught.value.changes["page_size"]
        sizes.append(size)
    assert sizes == [500, 250, 125, 62, 31, 25]
    with pytest.raises(ServerFault):
        read(FakeApi.tickets(1, errors=[TIMED_OUT]), job(page_size=25))


def test_a_search_that_is_put_off_keeps_what_it_has() -> None:
    api = FakeApi.tickets(*range(1, 101), bad={TICKETS: {90}})
    # The page twice, the count, the first half; then no more.
    api.errors = [None] * 4 + [PutOff("no token", 7)]
    page = read(api, job(page_size=100))
    assert (page.rows, page.last_id, page.is_last) == (50, 50, False)


def test_a_search_that_is_put_off_with_nothing_goes_on_where_it_was() -> None:
    api = FakeApi.tickets(*range(1, 101), bad={TICKETS: {2}})
    # The page twice, the count, 50 rows, 25 rows; then no more.
    api.errors = [None] * 5 + [PutOff("no token", 7)]
    with pytest.raises(PutOff) as caught:
        read(api, job(page_size=100))
    assert (caught.value.changes, caught.value.seconds) == ({"bad_within": 25}, 7)
    again = read(FakeApi.tickets(*range(1, 101), bad={TICKETS: {2}}), job(bad_within=25))
    assert (again.rows, again.last_id) == (24, 25)


def test_a_search_that_breaks_down_goes_on_where_it_was_if_it_came_any_further() -> None:
    broken = Retriable("HTTP 503")
    api = FakeApi.tickets(*range(1, 101), bad={TICKETS: {2}})
    api.errors = [None] * 4 + [broken]
    with pytest.raises(PutOff) as caught:
        read(api, job(page_size=100))
    assert caught.value.changes == {"bad_within": 50}
    api.errors = [None] * 3 + [broken]
    with pytest.raises(Retriable) as plain:
        read(api, job(page_size=100))
    assert plain.value is broken


def test_bad_rows_at_both_ends_are_not_taken_for_a_collection_that_fails() -> None:
    api = FakeApi.tickets(*range(1, 101), bad={TICKETS: {1, 41, 42, 100}}, ids_show=False)
    page = read(api, job(page_size=100))
    assert [bad.id for bad in page.bad] == [1, 41, 42, 100]


def nested(parents: int, children: int = 2) -> FakeApi:
    rows = {PROJECTS: set(range(1, parents + 1))}
    for parent in rows[PROJECTS]:
        first = parent * 1000
        rows[f"{PROJECTS}/{parent}/phases"] = set(range(first, first + children))
    return FakeApi(rows=rows)


def phases(**changes: Any) -> PageJob:
    return job(table="project_projects_phases", mode="full", **changes)


def test_a_nested_page_is_all_children_of_a_few_parents() -> None:
    api = nested(PARENTS_A_PAGE + 1)
    page = read(api, phases(), PHASES)
    assert ids(page) == [p * 1000 + n for p in range(1, PARENTS_A_PAGE + 1) for n in (0, 1)]
    assert (page.first_id, page.last_id) == (1, PARENTS_A_PAGE)
    assert (page.is_last, page.counted) == (False, None)
    assert len(api.asked) == 1 + PARENTS_A_PAGE
    last = read(api, phases(page=1, after_id=page.last_id), PHASES)
    assert (ids(last), last.last_id, last.is_last) == ([26000, 26001], 26, True)


def test_a_nested_page_may_be_empty_and_not_the_last() -> None:
    page = read(nested(PARENTS_A_PAGE, children=0), phases(), PHASES)
    assert (page.body, page.rows, page.last_id) == (b"[]", 0, PARENTS_A_PAGE)
    assert not page.is_last


def test_no_parents_end_a_nested_window() -> None:
    api = nested(3)
    page = read(api, phases(after_id=3), PHASES)
    assert (page.rows, page.first_id, page.last_id, page.is_last) == (0, None, None, True)
    assert len(api.asked) == 1


def test_children_are_paged_until_a_page_is_short() -> None:
    api = nested(1, children=60)
    page = read(api, phases(page_size=25), PHASES)
    assert page.rows == 60
    assert [params["pageSize"] for path, params in api.asked[1:]] == ["25", "25", "25"]
    # A service that gives 25 rows at most is not taken for one that has no more.
    capped = nested(1, children=60)
    real = capped._answer
    capped.script = lambda path, params: real(path, params | {"pageSize": "25"})
    assert read(capped, phases(), PHASES).rows == 60


def test_children_are_asked_for_again_after_a_small_page_that_was_full() -> None:
    assert read(nested(1, children=5), phases(page_size=2), PHASES).rows == 5


def test_a_parent_that_is_gone_has_no_children() -> None:
    api = nested(3)
    real = api._answer

    def listed_too_late(path: str, params: dict[str, str]) -> bytes | None:
        answer = real(path, params)
        if path == PROJECTS:
            api.rows[PROJECTS] -= {2}
            api.rows.pop(f"{PROJECTS}/2/phases", None)
        return answer

    api.script = listed_too_late
    page = read(api, phases(), PHASES)
    assert (ids(page), page.last_id, page.is_last) == ([1000, 1001, 3000, 3001], 3, True)


def test_a_404_with_the_parent_there_is_a_fault_of_keys_or_route() -> None:
    api = nested(2)
    del api.rows[f"{PROJECTS}/2/phases"]
    with pytest.raises(NotFound):
        read(api, phases(), PHASES)


def test_a_404_everywhere_is_a_fault_of_keys_or_route() -> None:
    gone = [NotFound("404")] * 9
    with pytest.raises(NotFound):
        read(FakeApi(errors=[None, *gone], rows={PROJECTS: {1}}), phases(), PHASES)


def test_a_nested_page_that_breaks_off_ends_with_the_last_whole_parent() -> None:
    api = nested(3)
    api.errors = [None, None, PutOff("no token", 5)]
    page = read(api, phases(), PHASES)
    assert (ids(page), page.last_id, page.is_last) == ([1000, 1001], 1, False)
    api.errors = [None, PutOff("no token", 5)]
    with pytest.raises(PutOff):
        read(api, phases(), PHASES)


def test_a_bad_child_costs_one_child_and_a_bad_parent_none() -> None:
    api = nested(3)
    api.ids_show = False
    api.bad = {PROJECTS: {2}, f"{PROJECTS}/3/phases": {3000}}
    page = read(api, phases(), PHASES)
    assert ids(page) == [1000, 1001, 2000, 2001, 3001]
    assert [bad.id for bad in page.bad] == [3000]


def test_an_only_child_that_is_bad_is_set_aside() -> None:
    api = nested(1, children=1)
    api.ids_show = False
    api.bad = {f"{PROJECTS}/1/phases": {1000}}
    assert [bad.id for bad in read(api, phases(), PHASES).bad] == [1000]


def test_a_nested_sweep_asks_for_the_ids_of_all_children() -> None:
    api = nested(2)
    page = read(api, phases().model_copy(update={"mode": "reconcile"}), PHASES)
    assert ids(page) == [1000, 1001, 2000, 2001]
    assert {params.get("fields") for _, params in api.asked} == {"id"}
