from datetime import timedelta

from cwp_fetcher.query import edge_params, page_params, survey_conditions, with_conditions
from cwp_shared.tables import SourceTable
from tests.unit.fetcher.fakes import TABLE, UPPER, job


def test_a_full_run_asks_for_everything_up_to_its_upper_bound() -> None:
    assert page_params(job(mode="full", after_id=7, high_id=90), TABLE) == {
        "conditions": "id > 7 and id <= 90 and lastUpdated <= [2026-11-23T07:40:55Z]",
        "orderBy": "id asc",
        "page": "1",
        "pageSize": "3",
    }


def test_an_incremental_run_asks_from_its_lower_bound_on() -> None:
    lower = UPPER - timedelta(minutes=15)
    assert page_params(job(lower=lower), TABLE)["conditions"] == (
        "id > 0 and lastUpdated >= [2026-11-23T07:25:55Z] and lastUpdated <= [2026-11-23T07:40:55Z]"
    )


def test_a_table_without_last_updated_is_not_asked_for_it() -> None:
    table = SourceTable(path="/service/priorities", incremental=False)
    assert page_params(job(), table)["conditions"] == "id > 0"
    assert survey_conditions(job(kind="survey"), table) == []


def test_a_reconcile_run_does_not_lose_rows_edited_meanwhile() -> None:
    assert page_params(job(mode="reconcile"), TABLE)["conditions"] == "id > 0"


def test_edges_are_one_row_each() -> None:
    assert edge_params(["a", "b"], "desc") == {
        "conditions": "a and b",
        "orderBy": "id desc",
        "page": "1",
        "pageSize": "1",
    }
    assert with_conditions([]) == {}
