"""Random conditions, once through grammar and SQL, once evaluated in plain Python: same rows."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.sandbox.conditions import Clause, compile_conditions, compile_order
from cwp_local.sandbox.tables import TICKETS
from tests.unit.local.sandbox.clients import Client

Row = dict[str, Any]
Path = tuple[str, ...]
Named = tuple[str, Path]
#: Names as written in conditions, and where their values lie.
Fields = dict[str, Path]
#: True, False or None, which is "unknown" of SQL's logic.
Truth = bool | None


@dataclass(frozen=True)
class Condition:
    text: str
    holds: Callable[[Row], Truth]


NUMBERS: Fields = {
    "id": ("id",),
    "board/id": ("board", "id"),
    "Status/Sort": ("status", "Sort"),
    "company/id": ("company", "id"),
    "contact/id": ("contact", "id"),
    "parentTicketId": ("parentTicketId",),
    "actualHours": ("actualHours",),
}
TEXTS: Fields = {
    "summary": ("summary",),
    "company/identifier": ("company", "identifier"),
    "status/name": ("status", "name"),
    "poNumber": ("poNumber",),
    "_info/updatedBy": ("_info", "updatedBy"),
}
FLAGS: Fields = {"closedFlag": ("closedFlag",), "HASCHILDTICKET": ("hasChildTicket",)}
MOMENTS: Fields = {
    "lastUpdated": ("_info", "lastUpdated"),
    "_info/lastUpdated": ("_info", "lastUpdated"),
    "dateEntered": ("_info", "dateEntered"),
    "closedDate": ("closedDate",),
    "requiredDate": ("requiredDate",),
}
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def value_at(row: Row, path: Path) -> Any:
    value: Any = row
    for name in path:
        value = None if value is None else value.get(name)
    return value


def fold(text: str) -> str:
    return re.sub("[A-Z]", lambda letter: letter[0].lower(), text)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def comparing(field: Named, sign: str, shown: str, value: Any) -> Condition:
    name, path = field

    def holds(row: Row) -> Truth:
        found = value_at(row, path)
        if found is None:
            return None
        return COMPARE[sign](comparable(found, value), value)

    return Condition(f"{name} {sign} {shown}", holds)


def comparable(found: Any, like: Any) -> Any:
    if isinstance(like, datetime):
        return datetime.fromisoformat(found)
    return fold(found) if isinstance(found, str) else found


def searching(field: Named, word: str, shown: str, pattern: str) -> Condition:
    name, path = field

    def holds(row: Row) -> Truth:
        found = value_at(row, path)
        return None if found is None else bool(re.fullmatch(pattern, fold(found), re.DOTALL))

    return Condition(f"{name} {word} {quoted(shown)}", holds)


def within(field: Named, values: list[Any], show: Callable[[Any], str]) -> Condition:
    name, path = field

    def holds(row: Row) -> Truth:
        found = value_at(row, path)
        return None if found is None else any(comparable(found, one) == one for one in values)

    return Condition(f"{name} IN ({', '.join(map(show, values))})", holds)


def absent(field: Named, sign: str) -> Condition:
    name, path = field
    return Condition(
        f"{name}{sign}null", lambda row: (value_at(row, path) is None) == (sign == "=")
    )


def negated(inner: Condition) -> Condition:
    def holds(row: Row) -> Truth:
        truth = inner.holds(row)
        return None if truth is None else not truth

    return Condition(f"NOT ({inner.text})", holds)


def joined(word: str, deciding: bool, parts: list[Condition]) -> Condition:
    def holds(row: Row) -> Truth:
        truths = [part.holds(row) for part in parts]
        if deciding in truths:
            return deciding
        return None if None in truths else not deciding

    return Condition(f" {word} ".join(f"({part.text})" for part in parts), holds)


signs = st.sampled_from(list(COMPARE))
numbers = st.one_of(
    st.integers(1, 5),
    st.integers(240, 270),
    st.integers(1000, 1030),
    st.integers(20_000, 20_300),
    st.sampled_from([0, 10, 70, 0.5, 2.25, -1]),
)
#: Pieces that occur in the data, pieces that do not, and everything patterns treat specially.
pieces = st.sampled_from(
    ["the", "Password", "é", "PO", "closed", " - ", "25", "?", "'", '"', "]", "e", "new", "\\"]
)
texts = st.lists(pieces, max_size=3).map("".join)
moments = st.builds(
    lambda days, ms: (
        datetime.fromisoformat("2023-11-25T00:00:00Z") + timedelta(days=days, milliseconds=ms)
    ),
    st.integers(0, 1100),
    st.sampled_from([0, 0, 500, 36_000_000]),
)
wild = st.sampled_from([("*", ".*"), ("%", ".*"), ("_", "."), ("[[]", r"\[")])
pattern_parts = st.lists(st.one_of(pieces.map(lambda t: (t, re.escape(fold(t)))), wild), max_size=5)


def show_moment(at: datetime) -> str:
    return f"[{at.isoformat().replace('+00:00', 'Z')}]"


def named(fields: Fields) -> st.SearchStrategy[Named]:
    return st.sampled_from(list(fields.items()))


simple = st.one_of(
    st.builds(lambda f, sign, n: comparing(f, sign, str(n), n), named(NUMBERS), signs, numbers),
    st.builds(
        lambda f, sign, t: comparing(f, sign, quoted(t), fold(t)), named(TEXTS), signs, texts
    ),
    st.builds(
        lambda f, sign, at: comparing(f, sign, show_moment(at), at), named(MOMENTS), signs, moments
    ),
    st.builds(
        lambda f, sign, flag: comparing(f, sign, str(flag), flag),
        named(FLAGS),
        st.sampled_from(["=", "!="]),
        st.booleans(),
    ),
    st.builds(
        lambda f, parts: searching(
            f, "like", "".join(p[0] for p in parts), "".join(p[1] for p in parts)
        ),
        named(TEXTS),
        pattern_parts,
    ),
    st.builds(
        lambda f, t: searching(f, "contains", t, f".*{re.escape(fold(t))}.*"), named(TEXTS), texts
    ),
    st.builds(
        lambda f, values: within(f, values, str), named(NUMBERS), st.lists(numbers, min_size=1)
    ),
    st.builds(
        lambda f, values: within(f, [fold(v) for v in values], quoted),
        named(TEXTS),
        st.lists(texts, min_size=1, max_size=4),
    ),
    st.builds(
        absent,
        named(NUMBERS | TEXTS | FLAGS | MOMENTS),
        st.sampled_from(["=", "!="]),
    ),
)
conditions = st.recursive(
    simple,
    lambda inner: st.one_of(
        inner.map(negated),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: joined("AND", False, parts)),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: joined("or", True, parts)),
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def rows(still: Client) -> list[Row]:
    return still.rows("/service/tickets", pageSize=1000)


def ids(still: Client, where: Clause, order: str) -> list[int]:
    return still.company.store.page(TICKETS, where, order, limit=1000).ids


@settings(max_examples=250, deadline=None)
@given(condition=conditions)
def test_sql_and_python_agree(still: Client, rows: list[Row], condition: Condition) -> None:
    expected = [row["id"] for row in rows if condition.holds(row)]
    where = compile_conditions(TICKETS, condition.text)
    assert ids(still, where, "id") == expected
    assert still.company.store.count(TICKETS, where) == len(expected)


@settings(max_examples=50, deadline=None)
@given(keys=st.lists(st.tuples(named(NUMBERS | TEXTS | MOMENTS), st.booleans()), max_size=3))
def test_any_order_by_sorts_as_python_does(
    still: Client, rows: list[Row], keys: list[tuple[Named, bool]]
) -> None:
    order = ",".join(f"{name} {'desc' if down else 'asc'}" for (name, _), down in keys)
    expected = list(rows)
    for (_, path), down in reversed(keys):
        expected.sort(key=lambda row: sort_key(value_at(row, path)), reverse=down)
    found = ids(still, Clause("1"), compile_order(TICKETS, order))
    assert found == [row["id"] for row in expected]


def sort_key(value: Any) -> tuple[bool, Any]:
    """Absent values sort first, as they do for SQL."""
    folded = fold(value) if isinstance(value, str) else value
    return (value is not None, folded if value is not None else 0)
