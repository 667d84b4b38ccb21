"""One comparison of one value, as SQL.

Semantics, as those of a SQL server underneath: text compares without regard to (ASCII) case and
ends at a NUL; a comparison with an absent value holds neither plain nor negated; `= null` asks
for absence. A value whose type only the row knows (`customFields/value`) compares with its like:
with anything else the comparison holds neither plain nor negated, as if the value were absent.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from cwp_local.sandbox.catalogue import Field
from cwp_local.sandbox.conditions.parse import Comparison, ConditionError, Literal_, Moment
from cwp_local.sandbox.conditions.patterns import glob

Bound: TypeAlias = str | int | float

_TEXT = ("string", "enum", "object")


@dataclass(frozen=True)
class Clause:
    """A piece of SQL and the values bound to its question marks."""

    sql: str
    values: tuple[Bound, ...] = ()


@dataclass(frozen=True)
class Value:
    """What a name stands for, and the SQL that reads it.

    `json_type` is the SQL of the value's JSON type, if only the row knows that.
    """

    field: Field
    sql: str
    json_type: str | None = None


def compare(value: Value, test: Comparison) -> Clause:
    """The SQL of `test`, whose name stands for `value`.

    Raises:
        ConditionError: the test compares unlike things.
    """
    if test.values == (None,):
        return _null_test(value, test.operator)
    if test.operator in _MATCHES:
        return _guarded(value, "string", _match(value, test))
    bound = tuple(_bound(value.field, literal) for literal in test.values)
    expression = value.sql + collation(value.field)
    if test.operator == "in":
        return Clause(f"{expression} IN ({','.join('?' * len(bound))})", bound)
    kind = _kind(test.values[0])
    return _guarded(value, kind, Clause(f"{expression} {test.operator} ?", bound))


def collation(field: Field) -> str:
    """How values of a field compare and sort."""
    return " COLLATE NOCASE" if field.kind in _TEXT else ""


def _null_test(value: Value, operator: str) -> Clause:
    tests = {"=": "IS NULL", "!=": "IS NOT NULL"}
    if operator not in tests:
        raise ConditionError(f"null can be compared by = and != only, not by {operator}.")
    return Clause(f"{value.sql} {tests[operator]}")


_MATCHES = {
    "like": "lower({}) GLOB lower(?)",
    "contains": "instr(lower({}), lower(?)) > 0",
}


def _match(value: Value, test: Comparison) -> Clause:
    if value.field.kind not in _TEXT:
        raise ConditionError(f"{test.name} is a {value.field.kind}; only text can be searched.")
    text = _up_to_nul(str(test.values[0]))
    sought = glob(text) if test.operator == "like" else text
    return Clause(_MATCHES[test.operator].format(value.sql), (sought,))


#: JSON types of values that a literal of each kind can be compared with.
_LIKE = {
    "string": "('text')",
    "datetime": "('text')",
    "numeric": "('integer', 'real')",
    "boolean": "('true', 'false')",
}


def _guarded(value: Value, kind: str, test: Clause) -> Clause:
    """The test, for an untyped value only where the row's value is of the literal's kind."""
    if value.json_type is None:
        return test
    return Clause(f"CASE WHEN {value.json_type} IN {_LIKE[kind]} THEN {test.sql} END", test.values)


def _bound(field: Field, literal: Literal_) -> Bound:
    kind = _kind(literal)
    if kind not in _ACCEPTED.get(field.kind, ()):
        raise ConditionError(
            f"Expected a {field.kind} value, not a {kind}. String values should be enclosed with "
            "double or single quotes; DateTime values should be enclosed in square brackets; "
            "Boolean values are True or False."
        )
    if isinstance(literal, Moment):
        return _moment_text(literal.at)
    if field.choices and str(literal).lower() not in map(str.lower, field.choices):
        raise ConditionError("Enum value supplied was invalid")
    if isinstance(literal, str):
        return _up_to_nul(literal)
    return literal  # type: ignore[return-value]  # null is not accepted for any kind


_ACCEPTED: dict[str, tuple[str, ...]] = {
    "numeric": ("numeric",),
    "string": ("string", "datetime"),  # many dates are typed as plain text
    "enum": ("string",),
    "boolean": ("boolean",),
    "datetime": ("datetime",),
    "object": ("string", "datetime", "numeric", "boolean"),
}


def _kind(literal: Literal_) -> str:
    return next((name for kind, name in _KINDS if isinstance(literal, kind)), "null")


# bool first: it is an int to Python.
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (str, "string"),
    (Moment, "datetime"),
    (int, "numeric"),
    (float, "numeric"),
)


def _up_to_nul(text: str) -> str:
    """What SQLite's JSON functions leave of a row's text, so that both sides are cut alike."""
    return text.partition("\0")[0]


def _moment_text(at: datetime) -> str:
    """`2026-01-31T10:00:00Z`, and for half a second later `2026-01-31T10:00:00Z5`.

    Rows hold whole seconds as text; a fraction after the Z sorts after its second and before
    the next.
    """
    text = at.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    return f"{text}{at.microsecond:06d}".rstrip("0") if at.microsecond else text
