"""Nodes into SQL over the stored rows.

A row is `id`, `last_updated`, `body`, its JSON, and a column for each value that its table indexes
(`tables.Table.indexed`). Everything else is read from the body.

Semantics, as those of a SQL server underneath: text compares without regard to (ASCII) case;
a comparison with an absent value holds neither plain nor negated; `= null` asks for absence.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from cwp_local.sandbox.catalogue import Field
from cwp_local.sandbox.conditions.parse import (
    Comparison,
    ConditionError,
    Every,
    Literal_,
    Moment,
    Negation,
    Node,
    Some,
    parse_conditions,
    parse_order,
)
from cwp_local.sandbox.tables import Table

Bound: TypeAlias = str | int | float
_GLOB = str.maketrans({"%": "*", "_": "?", "?": "[?]"})


@dataclass(frozen=True)
class Clause:
    """A piece of SQL and the values bound to its question marks."""

    sql: str
    values: tuple[Bound, ...] = ()


def compile_conditions(table: Table, text: str) -> Clause:
    """The WHERE clause of `conditions`; empty text holds for every row.

    Raises:
        ConditionError: the text cannot be read, or compares unlike things.
        UnknownNameError: a name that rows of the collection do not have.
    """
    if not text.strip():
        return Clause("1")
    return _clause(table, parse_conditions(text))


def compile_order(table: Table, text: str) -> str:
    """The ORDER BY clause of `orderBy`; `id` always decides last, so that order is total.

    Raises:
        ConditionError: the text cannot be read.
        UnknownNameError: a name that rows of the collection do not have.
    """
    keys = parse_order(text) if text.strip() else ()
    ways = [f"{_ordered(table, key.name)} {'DESC' if key.descending else 'ASC'}" for key in keys]
    return ", ".join([*ways, "id"])


def column(table: Table, path: tuple[str, ...]) -> str:
    """The SQL expression of a value."""
    if path == ("id",):
        return "id"
    if path == ("_info", "lastUpdated"):
        return "last_updated"
    if "/".join(path) in table.indexed:
        return link_column("/".join(path))
    return f"json_extract(body, '$.{'.'.join(path)}')"


def link_column(path: str) -> str:
    """The column of an indexed value: `link_ticket_id` of `ticket/id`."""
    return f"link_{path.replace('/', '_')}"


def _ordered(table: Table, name: str) -> str:
    field = table.entity.field(name)
    return column(table, field.path) + _collation(field)


def _clause(table: Table, node: Node) -> Clause:
    match node:
        case Comparison():
            return _comparison(table, node)
        case Every():
            return _joined("AND", [_clause(table, part) for part in node.parts])
        case Some():
            return _joined("OR", [_clause(table, part) for part in node.parts])
        case Negation():
            inner = _clause(table, node.part)
            return Clause(f"NOT ({inner.sql})", inner.values)


def _joined(word: str, parts: list[Clause]) -> Clause:
    """Join as a balanced tree: SQLite limits an expression's depth, not its width."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    left, right = _joined(word, parts[:middle]), _joined(word, parts[middle:])
    return Clause(f"({left.sql} {word} {right.sql})", left.values + right.values)


def _comparison(table: Table, node: Comparison) -> Clause:
    field = table.entity.field(node.name)
    expression = column(table, field.path)
    if node.values == (None,):
        return _null_test(expression, node.operator)
    if node.operator in _MATCHES:
        return _match(field, expression, node)
    bound = tuple(_bound(field, value) for value in node.values)
    expression += _collation(field)
    if node.operator == "in":
        return Clause(f"{expression} IN ({','.join('?' * len(bound))})", bound)
    return Clause(f"{expression} {node.operator} ?", bound)


def _collation(field: Field) -> str:
    return " COLLATE NOCASE" if field.kind in ("string", "enum") else ""


def _null_test(expression: str, operator: str) -> Clause:
    tests = {"=": "IS NULL", "!=": "IS NOT NULL"}
    if operator not in tests:
        raise ConditionError(f"null can be compared by = and != only, not by {operator}.")
    return Clause(f"{expression} {tests[operator]}")


_MATCHES = {
    # `*` and `%` stand for any text, `_` for one character, `[...]` for one of a set.
    "like": "lower({}) GLOB lower(?)",
    "contains": "instr(lower({}), lower(?)) > 0",
}


def _match(field: Field, expression: str, node: Comparison) -> Clause:
    if field.kind not in ("string", "enum"):
        raise ConditionError(f"{node.name} is a {field.kind}; only text can be searched.")
    text = str(node.values[0])
    sought = text.translate(_GLOB) if node.operator == "like" else text
    return Clause(_MATCHES[node.operator].format(expression), (sought,))


def _bound(field: Field, value: Literal_) -> Bound:
    kind = _kind(value)
    if kind not in _ACCEPTED.get(field.kind, ()):
        raise ConditionError(
            f"Expected a {field.kind} value, not a {kind}. String values should be enclosed with "
            "double or single quotes; DateTime values should be enclosed in square brackets; "
            "Boolean values are True or False."
        )
    if isinstance(value, Moment):
        return _moment_text(value.at)
    if field.choices and str(value).lower() not in map(str.lower, field.choices):
        raise ConditionError("Enum value supplied was invalid")
    return value  # type: ignore[return-value]  # null is not accepted for any kind


_ACCEPTED: dict[str, tuple[str, ...]] = {
    "numeric": ("numeric",),
    "string": ("string", "datetime"),  # many dates are typed as plain text
    "enum": ("string",),
    "boolean": ("boolean",),
    "datetime": ("datetime",),
}


def _kind(value: Literal_) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "null")


# bool first: it is an int to Python.
_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (str, "string"),
    (Moment, "datetime"),
    (int, "numeric"),
    (float, "numeric"),
)


def _moment_text(at: datetime) -> str:
    """`2026-01-31T10:00:00Z`, and for half a second later `2026-01-31T10:00:00Z5`.

    Rows hold whole seconds as text; a fraction after the Z sorts after its second and before
    the next.
    """
    text = at.replace(microsecond=0, tzinfo=None).isoformat() + "Z"
    return f"{text}{at.microsecond:06d}".rstrip("0") if at.microsecond else text
