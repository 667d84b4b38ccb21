"""What may never be committed, each invariant broken by itself (scd2.md I1 to I9)."""

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest

from cwp_transformer import invariants
from tests.unit.transformer.fakes import moment

#: One record: `a` [1,3), `b` [3,5) and then deleted, `b` again [6,...).
VERSIONS = (
    {"start": 1, "effective_from": 1, "effective_to": 3, "attr_hash": "a", "fact": 0},
    {"start": 3, "effective_from": 3, "effective_to": 5, "attr_hash": "b", "fact": 1}
    | {"is_deleted": True},
    {"start": 6, "effective_from": 6, "effective_to": None, "attr_hash": "b", "fact": 3}
    | {"is_current": True},
)
FACTS = (
    {"kind": "record", "start": 1, "attr_hash": "a"},
    {"kind": "record", "start": 3, "attr_hash": "b"},
    {"kind": "tombstone", "start": 5, "attr_hash": ""},
    {"kind": "record", "start": 6, "attr_hash": "b"},
)

_TIMES = {"start", "upper", "effective_from", "effective_to"}


def versions(*changes: tuple[int, dict[str, Any]]) -> pa.Table:
    """The versions, some of them with other values, by their number."""
    rows = [{"key": 1, "is_current": False, "is_deleted": False} | row for row in VERSIONS]
    for number, change in changes:
        rows[number] |= change
    return _table(rows)


def facts(*more: dict[str, Any]) -> pa.Table:
    return _table([{"key": 1, "upper": 6, "fact": 0} | row for row in [*FACTS, *more]])


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    made = [
        {n: moment(v) if n in _TIMES and v is not None else v for n, v in row.items()}
        for row in rows
    ]
    table = pa.Table.from_pylist(made)
    numbers = table["fact"].cast(pa.int32())
    return table.set_column(table.schema.get_field_index("fact"), "fact", numbers)


def test_what_holds_passes() -> None:
    invariants.check(versions(), facts())


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("I1", [(2, {"is_current": False, "effective_to": 9})]),
        ("I1", [(0, {"is_current": True})]),
        ("I1", [(2, {"is_deleted": True})]),
        ("I2", [(2, {"effective_to": 9})]),
        ("I2", [(0, {"effective_to": None})]),
        ("I3", [(1, {"effective_from": 2})]),
        ("I3", [(1, {"effective_from": 4})]),
        ("I3", [(2, {"effective_from": 4})]),
        ("I4", [(0, {"effective_from": 3})]),
        ("I4", [(0, {"effective_from": 4})]),
        ("I5", [(1, {"attr_hash": "a"})]),
        ("I6", [(1, {"start": 1})]),
        ("I7", [(1, {"effective_from": 1})]),
    ],
)
def test_a_version_that_breaks_an_invariant_is_named(
    name: str, changes: list[tuple[int, dict[str, Any]]]
) -> None:
    with pytest.raises(AssertionError, match=rf"scd2\.md.*'{name}': 1"):
        invariants.check(versions(*changes), facts())


def test_a_fact_that_is_nowhere_is_counted() -> None:
    """I9"""
    inside = {"kind": "record", "start": 2, "attr_hash": "a"}
    replaced = {"kind": "record", "start": 3, "attr_hash": "c"}
    invariants.check(versions(), facts(inside, replaced))
    nowhere = {"kind": "record", "start": 4, "upper": 4, "attr_hash": "c"}
    with pytest.raises(AssertionError, match="'I9': 1"):
        invariants.check(versions(), facts(inside, replaced, nowhere))


@pytest.mark.parametrize(
    "done",
    [
        {("open", False): 1},
        {("remove", True): 1},
        {("open", False): 4, ("remove", True): 1, ("close", False): 1},
    ],
    ids=["one too few", "one removed too many", "one closed that is not there"],
)
def test_operations_that_do_not_add_up_are_refused(done: dict[tuple[str, bool], int]) -> None:
    """I8"""
    nothing = versions().slice(0, 0)
    invariants.check_operations(nothing, versions(), Counter({("open", False): 3}))
    with pytest.raises(AssertionError, match="I8"):
        invariants.check_operations(nothing, versions(), Counter(done))
