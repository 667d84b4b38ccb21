from datetime import UTC, datetime

import pytest

from cwp_local.sandbox.conditions.parse import (
    Comparison,
    ConditionError,
    Every,
    Literal_,
    Moment,
    Negation,
    Operator,
    Some,
    SortKey,
    names_in,
    parse_conditions,
    parse_order,
)

A, B, C = (Comparison(name, "=", (number,)) for number, name in enumerate("abc", start=1))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-2.5", -2.5),
        ("99999999999999999999999", 1e23),
        ('"it\'s"', "it's"),
        ("'say \"x\"'", 'say "x"'),
        ('"a ""b"" c"', 'a "b" c'),
        ('""', ""),
        ('"C:\\temp"', "C:\\temp"),
        ("True", True),
        ("FALSE", False),
        ("null", None),
        ("[2026-01-31]", Moment(datetime(2026, 1, 31, tzinfo=UTC))),
        ("[2026-01-31T10:00:00Z]", Moment(datetime(2026, 1, 31, 10, tzinfo=UTC))),
        ("[2026-01-31T10:00:00]", Moment(datetime(2026, 1, 31, 10, tzinfo=UTC))),
        ("[2026-01-31T12:00:00+02:00]", Moment(datetime(2026, 1, 31, 10, tzinfo=UTC))),
        ("[2026-01-31T10:00:00.5Z]", Moment(datetime(2026, 1, 31, 10, 0, 0, 500_000, tzinfo=UTC))),
    ],
)
def test_values(text: str, value: Literal_) -> None:
    assert parse_conditions(f"a = {text}") == Comparison("a", "=", (value,))


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
def test_comparators_need_no_spaces(operator: Operator) -> None:
    assert parse_conditions(f"a{operator}1") == Comparison("a", operator, (1,))


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("a=1 and b=2 AND c=3", Every((A, B, C))),
        ("a=1 or b=2 Or c=3", Some((A, B, C))),
        ("a=1 or b=2 and c=3", Some((A, Every((B, C))))),
        ("(a=1 or b=2) and c=3", Every((Some((A, B)), C))),
        ("not a=1 and b=2", Every((Negation(A), B))),
        ("not (a=1 and b=2)", Negation(Every((A, B)))),
        ("a in (1, 'x', null)", Comparison("a", "in", (1, "x", None))),
        ("a not in (1)", Negation(Comparison("a", "in", (1,)))),
        ("a like '*x*'", Comparison("a", "like", ("*x*",))),
        ("a NOT LIKE '%x'", Negation(Comparison("a", "like", ("%x",)))),
        ('a Contains "x"', Comparison("a", "contains", ("x",))),
        ('a not contains "x"', Negation(Comparison("a", "contains", ("x",)))),
        ("((((a=1))))", A),
    ],
)
def test_structure(text: str, node: object) -> None:
    assert parse_conditions(text) == node


@pytest.mark.parametrize("name", ["notes", "industry", "order", "android", "isNull", "trueish"])
def test_names_may_begin_like_keywords(name: str) -> None:
    assert parse_conditions(f"{name}=1") == Comparison(name, "=", (1,))


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a =", "to its end"),
        ("a = 1 and", "to its end"),
        ("(a = 1", "to its end"),
        ("a == 1", "position 3, near '= 1'"),
        ("a = 1 b = 2", "position 6, near 'b = 2'"),
        ("a = unquoted", "position 4"),
        ("a in ()", "position 6"),
        ("a like 5", "position 7"),
        ("= 1", "position 0"),
        ('a = "open', "position 4"),
        ("a = 1; drop table x", "position 5"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(text: str, where: str) -> None:
    with pytest.raises(ConditionError, match=where):
        parse_conditions(text)


@pytest.mark.parametrize("text", ["[x]", "[2026-13-01]", "[]", "[0001-01-01T00:00:00+10:00]"])
def test_impossible_dates(text: str) -> None:
    with pytest.raises(ConditionError, match="is not a date"):
        parse_conditions(f"a > {text}")


def test_errors_name_the_parameter() -> None:
    with pytest.raises(ConditionError, match="childConditions cannot be read at position 0"):
        parse_conditions("=", "childConditions")


def test_names_in_a_condition() -> None:
    node = parse_conditions("a=1 and not (b/c like 'x' or a in (1,2)) or d=null")
    assert list(names_in(node)) == ["a", "b/c", "a", "d"]


def test_nesting_has_a_limit() -> None:
    with pytest.raises(ConditionError, match="nest deeper than 100"):
        parse_conditions("not " * 200 + "a = 1")


def test_order() -> None:
    assert parse_order("company/name DESC, _info/lastUpdated asc,id") == (
        SortKey("company/name", descending=True),
        SortKey("_info/lastUpdated", descending=False),
        SortKey("id", descending=False),
    )


@pytest.mark.parametrize("text", ["id up", "id,", "id desc desc", "1"])
def test_order_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ConditionError, match="orderBy cannot be read"):
        parse_order(text)
