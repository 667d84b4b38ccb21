from datetime import timedelta
from typing import Any

import pytest

from cwp_fetcher.query import Collection, children_of, parents_of, rows_of
from cwp_shared.tables import SourceTable, source_table
from tests.unit.fetcher.fakes import TABLE, UPPER, job

LOWER = UPPER - timedelta(minutes=15)
WINDOW = (
    "lastUpdated >= [2026-11-23T07:25:55Z]",
    "lastUpdated <= [2026-11-23T07:40:55Z]",
)
NOTES = source_table("service_tickets_notes")
PHASES = source_table("project_projects_phases")


def test_a_full_run_asks_for_everything_up_to_its_upper_bound() -> None:
    assert rows_of(job(mode="full", high_id=90), TABLE).page(7, 3) == {
        "conditions": "id > 7 and id <= 90 and lastUpdated <= [2026-11-23T07:40:55Z]",
        "orderBy": "id asc",
        "page": "1",
        "pageSize": "3",
    }


def test_an_incremental_run_asks_from_its_lower_bound_on() -> None:
    assert rows_of(job(lower=LOWER), TABLE).conditions == WINDOW


def test_a_table_without_last_updated_is_not_asked_for_it() -> None:
    table = SourceTable(path="/service/priorities", incremental=False, cadence_minutes=1)
    assert rows_of(job(), table).conditions == ()


def test_a_table_whose_time_filter_is_refused_is_not_asked_for_it() -> None:
    assert rows_of(job(mode="full", by_time=False), TABLE).conditions == ()


def test_a_reconcile_run_asks_for_ids_and_does_not_lose_rows_edited_meanwhile() -> None:
    params = rows_of(job(mode="reconcile"), TABLE).page(0, 1000)
    assert params["conditions"] == "id > 0"
    assert params["fields"] == "id"


def test_edges_are_one_row_each() -> None:
    assert Collection("/x", ("a", "b")).edge("desc") == {
        "conditions": "a and b",
        "orderBy": "id desc",
        "page": "1",
        "pageSize": "1",
    }
    assert "conditions" not in Collection("/x").edge("asc")


def test_a_count_is_asked_under_the_same_conditions() -> None:
    collection = rows_of(job(lower=LOWER, high_id=90), TABLE)
    assert collection.count(7, 90) == {
        "conditions": " and ".join(("id > 7", "id <= 90", *WINDOW)),
    }


@pytest.mark.parametrize(
    ("table", "mode", "parents", "children"),
    [
        # Notes of the tickets that changed: the note itself may be older than the run's window.
        (NOTES, "incremental", WINDOW, ()),
        # Phases of all projects: those that changed.
        (PHASES, "incremental", (), WINDOW),
        (NOTES, "full", (), ()),
        (PHASES, "full", (), ()),
        (NOTES, "reconcile", (), ()),
        (PHASES, "reconcile", (), ()),
    ],
)
def test_whose_children_are_asked_for_and_which(
    table: SourceTable, mode: Any, parents: tuple[str, ...], children: tuple[str, ...]
) -> None:
    given = job(mode=mode, lower=LOWER, high_id=90)
    asked = parents_of(given, table)
    assert (asked.conditions, asked.high_id, asked.ids_only) == (parents, 90, True)
    below = children_of(given, table, 17)
    assert (below.conditions, below.high_id) == (children, None)
    assert below.ids_only == (mode == "reconcile")


def test_the_parents_id_is_in_the_path() -> None:
    assert parents_of(job(), NOTES).path == "/service/tickets"
    assert children_of(job(), NOTES, 17).path == "/service/tickets/17/notes"
