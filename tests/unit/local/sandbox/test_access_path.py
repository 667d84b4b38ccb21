from collections.abc import Iterator

import pytest

from cwp_local.sandbox import access_path as module
from cwp_local.sandbox.access_path import AccessPath, access_path
from cwp_local.sandbox.conditions import Clause
from cwp_local.sandbox.filters import Filters
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TICKETS
from tests.unit.local.sandbox.made_up import ROWS_PER_TABLE, made_up_store

WINDOW = "lastUpdated >= [1700-01-01] and lastUpdated <= [2100-01-01]"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = made_up_store(tmp_path_factory.mktemp("made_up") / "company.sqlite")
    yield store
    store.close()


@pytest.fixture
def _few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_WIDE_ROWS", ROWS_PER_TABLE)


def path(store: Store, conditions: str, order_by: str = "id asc") -> AccessPath:
    return access_path(store, TICKETS, Filters(conditions, order_by=order_by))


@pytest.mark.parametrize(
    "conditions",
    [
        "",
        "id > 5",
        "summary = 'x' or lastUpdated > [2026-01-01]",
        "not lastUpdated > [2026-01-01]",
    ],
)
def test_without_a_window_sqlite_chooses(store: Store, conditions: str) -> None:
    assert path(store, conditions) == AccessPath()


@pytest.mark.parametrize(
    "conditions", [WINDOW, f"({WINDOW}) and id > 5", f"id > 5 and (closedFlag = true and {WINDOW})"]
)
def test_a_narrow_window_is_searched_by(store: Store, conditions: str) -> None:
    assert path(store, conditions) == AccessPath(page="id", count="id")


@pytest.mark.usefixtures("_few_are_many")
def test_a_wide_window_is_not_searched_by(store: Store) -> None:
    chunk = f"id > 5 and id <= 50 and {WINDOW}"
    assert path(store, chunk) == AccessPath(page="last_updated", count="last_updated")
    assert path(store, WINDOW) == AccessPath(page="last_updated")
    assert path(store, WINDOW, "") == AccessPath(page="last_updated")
    assert path(store, chunk, "lastUpdated desc") == AccessPath(count="last_updated")


def plan(store: Store, unsearched: str, select: str, order: str) -> str:
    where = Filters(f"id > 5 and {WINDOW}").where(TICKETS, unsearched)
    sql = f"EXPLAIN QUERY PLAN SELECT {select} FROM service_tickets WHERE {where.sql} {order}"
    with store._reading() as session:
        return " ".join(row[3] for row in session.connection.execute(sql, where.values))


@pytest.mark.parametrize(("select", "order"), [("id", "ORDER BY id LIMIT 9"), ("count(*)", "")])
def test_sqlite_searches_as_told(store: Store, select: str, order: str) -> None:
    assert "(last_updated>? AND last_updated<?)" in plan(store, "id", select, order)
    assert "(id>?)" in plan(store, "last_updated", select, order)


def test_a_glance_counts_no_further_than_asked(store: Store) -> None:
    assert store.reaches(TICKETS, Clause("1"), ROWS_PER_TABLE)
    assert not store.reaches(TICKETS, Clause("1"), ROWS_PER_TABLE + 1)
