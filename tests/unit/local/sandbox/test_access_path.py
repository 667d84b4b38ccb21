"""Questions about a window of lastUpdated go through the index that passes fewer rows."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.sandbox.access_path import indexed_by
from cwp_local.sandbox.filters import Filters
from cwp_local.sandbox.records import BY_ID, BY_TIME, SAMPLE_EVERY
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TABLES, TICKETS, Table
from tests.unit.local.sandbox.conditions.plain import Condition
from tests.unit.local.sandbox.conditions.questions import conditions, row_fields
from tests.unit.local.sandbox.made_up import made_up_store

ROWS = 120
#: So many rows of a real table does one of these stand for.
EACH = SAMPLE_EVERY
BY_IDS = f"INDEXED BY {BY_ID.format(table=TICKETS.id)}"
BY_TIMES = f"INDEXED BY {BY_TIME.format(table=TICKETS.id)}"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Tickets that are all in the sample; each was touched a minute after the one before it."""
    store = made_up_store(tmp_path_factory.mktemp("sampled") / "company.sqlite")
    with store.writing() as writing:
        for row_id in writing.ids(TICKETS, Filters().search(TICKETS).where):
            writing.delete(TICKETS, row_id)
        for number in range(ROWS):
            info = {"lastUpdated": minute(number)}
            writing.insert(TICKETS, {"id": (number + 1) * SAMPLE_EVERY, "_info": info})
    yield store
    store.close()


def minute(number: int) -> str:
    return f"2026-01-31T{number // 60:02}:{number % 60:02}:00Z"


def window(first: int, last: int) -> str:
    return f"lastUpdated >= [{minute(first)}] and lastUpdated <= [{minute(last)}]"


def chosen(store: Store, conditions: str, order: str = "id", limit: int = 1) -> str:
    search = Filters(conditions).search(TICKETS)
    with store._reading() as session:
        return indexed_by(session.connection, TICKETS, search, order, limit)


@pytest.mark.parametrize(
    "conditions",
    [
        "",
        "id > 5",
        "summary = 'x' or lastUpdated > [2026-01-01]",
        "not lastUpdated > [2026-01-01]",
        f"{window(0, 1)} and company/id = 5",
    ],
)
def test_without_a_window_or_with_a_better_index_sqlite_chooses(
    store: Store, conditions: str
) -> None:
    assert chosen(store, conditions) == ""


def test_a_page_from_where_a_window_begins_goes_by_ids(store: Store) -> None:
    assert chosen(store, window(0, 100)) == BY_IDS
    assert chosen(store, f"{window(60, 100)} and id > {60 * EACH}", "id ASC, id") == BY_IDS
    assert chosen(store, window(20, ROWS), "id DESC, id") == BY_IDS


def test_a_page_of_a_short_window_far_away_goes_by_time(store: Store) -> None:
    assert chosen(store, window(100, 103)) == BY_TIMES
    assert chosen(store, f"{window(100, 103)} and id > {50 * EACH}") == BY_TIMES
    assert chosen(store, window(10, 13), "id DESC, id") == BY_TIMES


def test_a_page_of_few_ids_goes_by_ids(store: Store) -> None:
    assert chosen(store, f"{window(90, 110)} and id > {50 * EACH} and id <= {52 * EACH}") == BY_IDS
    assert chosen(store, f"({window(90, 110)} and id < {9 * EACH}) and closedFlag = true") == BY_IDS


def test_a_late_page_of_a_long_window_passes_more(store: Store) -> None:
    far = f"{window(0, 25)} and id > {20 * EACH}"
    assert chosen(store, far, limit=1) == BY_IDS
    assert chosen(store, far, limit=110 * EACH) == BY_IDS
    assert chosen(store, window(0, 10), limit=100 * EACH) == BY_TIMES


@pytest.mark.parametrize("order", ["", "last_updated DESC, id"])
def test_a_count_and_other_orders_pass_all_of_either(store: Store, order: str) -> None:
    assert chosen(store, f"{window(0, 50)} and id > {5 * EACH}", order) == BY_TIMES
    assert chosen(store, f"{window(0, 110)} and id > {50 * EACH}", order) == BY_IDS
    assert chosen(store, window(0, 110), order) == BY_TIMES


@st.composite
def questions(draw: st.DrawFn) -> tuple[Table, Condition]:
    table = draw(st.sampled_from(list(TABLES.values())))
    return table, draw(conditions(row_fields(table)))


@pytest.mark.parametrize("order", ["id", "last_updated DESC, id"])
@settings(max_examples=40, deadline=None)
@given(question=questions())
def test_either_way_finds_the_same(
    store: Store, order: str, question: tuple[Table, Condition]
) -> None:
    table, condition = question
    where = Filters(condition.text).search(table).where
    sql = f"SELECT id FROM {table.id} {{}} WHERE {where.sql} ORDER BY {order} LIMIT 50"
    with store._reading() as session:
        free, by_id, by_time = (
            session.connection.execute(sql.format(index), where.values).fetchall()
            for index in (
                "",
                *(f"INDEXED BY {way.format(table=table.id)}" for way in (BY_ID, BY_TIME)),
            )
        )
    assert free == by_id == by_time
