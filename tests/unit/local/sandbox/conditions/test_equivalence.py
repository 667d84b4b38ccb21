"""Random conditions, once through grammar and SQL, once evaluated in plain Python: same rows.

Every collection, every kind of field and every operator takes part (connectwise-api.md 3).
"""

import json
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st

from cwp_local.sandbox.conditions import compile_order
from cwp_local.sandbox.filters import Filters
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TABLES, Table
from tests.unit.local.sandbox.clients import Client
from tests.unit.local.sandbox.conditions.conftest import Rows
from tests.unit.local.sandbox.conditions.plain import Condition, Named, fold, some_element, value_at
from tests.unit.local.sandbox.conditions.questions import (
    any_case,
    child_fields,
    conditions,
    custom_fields,
    row_fields,
)

#: More rows than any table has.
ALL = 1000
tables = st.sampled_from(list(TABLES.values()))
nested = st.sampled_from([table for table in TABLES.values() if table.parent])
with_children = st.sampled_from([table for table in TABLES.values() if child_fields(table)])
with_custom_fields = st.sampled_from([table for table in TABLES.values() if custom_fields(table)])


def ids(store: Store, table: Table, filters: Filters) -> list[int]:
    return store.page(table, filters.search(table), "id", ALL).ids


@st.composite
def questions(
    draw: st.DrawFn, chosen: st.SearchStrategy[Table] = tables
) -> tuple[Table, Condition]:
    table = draw(chosen)
    return table, draw(conditions(row_fields(table)))


@settings(max_examples=200, deadline=None)
@given(question=st.one_of(questions(), questions(nested)))
def test_conditions(store: Store, rows: Rows, question: tuple[Table, Condition]) -> None:
    table, condition = question
    expected = [row["id"] for row in rows[table.id] if condition.holds(row)]
    event(f"rows found: {min(len(expected), 1)}")
    filters = Filters(conditions=condition.text)
    assert ids(store, table, filters) == expected
    assert store.count(table, filters.search(table)) == len(expected)


@settings(max_examples=40, deadline=None)
@given(question=questions())
def test_conditions_on_the_generated_world(
    still: Client, question: tuple[Table, Condition]
) -> None:
    """What is served holds whatever the generator makes of the fields' types."""
    table, condition = question
    store = still.company.store
    bodies = store.page(table, Search(), "id", 10_000).bodies
    found = store.page(table, Filters(condition.text).search(table), "id", 10_000).ids
    everything = [json.loads(body) for body in bodies]
    assert found == [row["id"] for row in everything if condition.holds(row)]


@st.composite
def child_questions(draw: st.DrawFn) -> tuple[Table, Condition]:
    table = draw(with_children)
    return table, draw(conditions(child_fields(table), lists=False))


@settings(max_examples=80, deadline=None)
@given(question=child_questions())
def test_child_conditions(store: Store, rows: Rows, question: tuple[Table, Condition]) -> None:
    table, condition = question
    expected = [row["id"] for row in rows[table.id] if some_element(condition, row)]
    assert ids(store, table, Filters(child_conditions=condition.text)) == expected


@st.composite
def threefold_questions(draw: st.DrawFn) -> tuple[Table, Condition, Condition, Condition]:
    table = draw(with_custom_fields)
    return (
        table,
        draw(conditions(row_fields(table))),
        draw(conditions(child_fields(table), lists=False)),
        draw(conditions(custom_fields(table), lists=False)),
    )


@settings(max_examples=60, deadline=None)
@given(question=threefold_questions())
def test_all_three_kinds_together(
    store: Store, rows: Rows, question: tuple[Table, Condition, Condition, Condition]
) -> None:
    table, own, child, custom = question
    matching = [row for row in rows[table.id] if some_element(custom, row)]
    assert ids(store, table, Filters(custom_field_conditions=custom.text)) == [
        row["id"] for row in matching
    ]
    filters = Filters(own.text, child.text, custom.text)
    assert ids(store, table, filters) == [
        row["id"] for row in matching if own.holds(row) and some_element(child, row)
    ]


@st.composite
def orders(draw: st.DrawFn) -> tuple[Table, list[tuple[Named, bool]], str]:
    table = draw(tables)
    fields = st.sampled_from(row_fields(table))
    keys = draw(st.lists(st.tuples(fields, st.booleans()), max_size=3))
    ways = [
        draw(st.sampled_from(["DESC", "desc"] if down else ["asc", "", "Asc"])) for _, down in keys
    ]
    names = [draw(any_case(field.name)) for field, _ in keys]
    return table, keys, ", ".join(f"{name} {way}" for name, way in zip(names, ways, strict=True))


@settings(max_examples=60, deadline=None)
@given(order=orders())
def test_any_order_by_sorts_as_python_does(
    store: Store, rows: Rows, order: tuple[Table, list[tuple[Named, bool]], str]
) -> None:
    table, keys, text = order
    expected = list(rows[table.id])
    for field, down in reversed(keys):
        expected.sort(key=lambda row: sort_key(value_at(row, field.path)), reverse=down)
    found = store.page(table, Search(), compile_order(table, text), ALL).ids
    assert found == [row["id"] for row in expected]


def sort_key(value: Any) -> tuple[bool, Any]:
    """Absent values sort first, as they do for SQL."""
    folded = fold(value) if isinstance(value, str) else value
    return (value is not None, folded if value is not None else 0)
