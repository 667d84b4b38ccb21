"""Whether a mapping means something: its source table, its fields, the types they fit."""

from typing import Final

from cwp_shared.catalogue import UnknownField, field_type
from cwp_shared.errors import Terminal
from cwp_shared.mapping import Column, Mapping
from cwp_shared.tables import SourceTable, source_table

#: Column types that take a catalogue type without losing what it says.
_FITTING: Final = {
    "int": {"bigint", "integer", "decimal", "double precision", "varchar"},
    "double": {"decimal", "double precision", "varchar"},
    "bool": {"boolean", "varchar"},
    "date-time": {"timestamp", "date", "varchar"},
    "enum": {"varchar"},
    "[]": {"super"},
    # The API sends numbers and times as strings here and there (hourlyCost, closedDate).
    "string": {
        "varchar",
        "timestamp",
        "date",
        "decimal",
        "bigint",
        "integer",
        "double precision",
        "boolean",
    },
}
_KEY_TYPES: Final = {"bigint", "integer", "varchar"}


def complaints(mapping: Mapping, file_name: str) -> list[str]:
    """All that is wrong with a mapping, `column budget_hours: ...`; empty if nothing is."""
    return [*_wrong_table(mapping, file_name), *_wrong_columns(mapping)]


def _wrong_table(mapping: Mapping, file_name: str) -> list[str]:
    wrong = []
    if file_name != f"{mapping.table}.json":
        wrong.append(f"table: the mapping of {mapping.table} belongs in {mapping.table}.json")
    names = {column.name for column in mapping.columns}
    wrong += [f"key: there is no column {name}" for name in mapping.key if name not in names]
    if len(set(mapping.key)) != len(mapping.key):
        wrong.append("key: a column is named twice")
    return wrong


def _wrong_columns(mapping: Mapping) -> list[str]:
    try:
        source = source_table(mapping.source)
    except Terminal as error:
        return [f"source: {error}"]
    found = [
        (f"column {column.name}", _misfit(source, column, is_key=column.name in mapping.key))
        for column in mapping.columns
    ]
    found += [
        ("updated_at", mapping.updated_at and _not_a_time(source.path, mapping.updated_at)),
        ("created_at", mapping.created_at and _not_a_time(source.path, mapping.created_at)),
    ]
    return [f"{where}: {reason}" for where, reason in found if reason]


def _misfit(source: SourceTable, column: Column, *, is_key: bool) -> str | None:
    if column.source.split("/")[0] in source.sensitive_fields:
        return f"{column.source} is sensitive and never stored"
    try:
        kind = field_type(source.path, column.source)
    except UnknownField as error:
        return str(error)
    if is_key and column.kind not in _KEY_TYPES:
        return f"a key column is {', '.join(sorted(_KEY_TYPES))}, not {column.type}"
    if kind.startswith("->") or kind == "object":
        return f"{column.source} is an object: name a field inside it, such as {column.source}/id"
    known = next(types for name, types in _FITTING.items() if kind.startswith(name))
    if column.kind not in known:
        return f"{column.source} is {kind}, which {column.type} does not hold"
    return None


def _not_a_time(entity: str, path: str) -> str | None:
    try:
        kind = field_type(entity, path)
    except UnknownField as error:
        return str(error)
    return None if kind.startswith(("date-time", "string")) else f"{path} is {kind}, not a time"
