"""Whether a mapping means something: its source table, its fields, the types they fit."""

from typing import Final

from cwp_shared.catalogue import UnknownField, field_type
from cwp_shared.errors import Terminal
from cwp_shared.mapping import Column, Constant, Mapping
from cwp_shared.mapping_constants import fits
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
        (f"column {column.name}", _wrong_column(source, column, is_key=column.name in mapping.key))
        for column in mapping.columns
    ]
    found += [
        ("updated_at", _wrong_update(source, mapping)),
        ("created_at", mapping.created_at and _not_a_time(source.path, mapping.created_at)),
        *((f"left_out {path}", _not_out(source, mapping, path)) for path in mapping.left_out),
    ]
    return [f"{where}: {reason}" for where, reason in found if reason]


def _wrong_column(source: SourceTable, column: Column, *, is_key: bool) -> str | None:
    if is_key and (reason := _no_key(column)):
        return reason
    if misfits := [to for to in _constants(column) if not fits(to, column)]:
        return f"{column.type} does not hold {', '.join(map(repr, misfits))}"
    wrong = (_misfit(source, column, path) for path in column.paths)
    return next(filter(None, wrong), None)


def _no_key(column: Column) -> str | None:
    if column.kind not in _KEY_TYPES:
        return f"a key column is {', '.join(sorted(_KEY_TYPES))}, not {column.type}"
    if column.made_of != "from" or column.values:
        return "a key column is a field of the record, as it is"
    if column.too_long == "cut":
        return "a key column is never cut: two records could become one"
    if column.history != "tracked":
        return "a key column has no history of its own: another key is another record"
    return None


def _constants(column: Column) -> list[Constant]:
    mapped = [to for to in (column.values or {}).values() if to is not None]
    return mapped if column.constant is None else [column.constant]


def _misfit(source: SourceTable, column: Column, path: str) -> str | None:
    if path.partition("/")[0] in source.sensitive_fields:
        return f"{path} is sensitive and never stored"
    try:
        kind = field_type(source.path, path)
    except UnknownField as error:
        return str(error)
    if kind.startswith("->") or kind == "object":
        inside = "lastUpdated" if path == "_info" else "id"
        return f"{path} is an object: name a field inside it, such as {path}/{inside}"
    return None if column.custom_field is not None else _unfitting(column, path, kind)


def _unfitting(column: Column, path: str, kind: str) -> str | None:
    known = next(types for name, types in _FITTING.items() if kind.startswith(name))
    if column.values and column.otherwise != "keep":
        # Only what the value map gives comes into the column.
        known = known | _FITTING["string"] if "super" not in known else set()
    return None if column.kind in known else f"{path} is {kind}, which {column.type} does not hold"


def _wrong_update(source: SourceTable, mapping: Mapping) -> str | None:
    if mapping.updated_at:
        return _not_a_time(source.path, mapping.updated_at)
    if source.incremental:
        return (
            f"{source.path} says when a record changed, and history needs it: write "
            '"updated_at": "_info/lastUpdated"'
        )
    return None


def _not_out(source: SourceTable, mapping: Mapping, path: str) -> str | None:
    if readers := [column.name for column in mapping.columns if path in column.paths]:
        return f"column {', '.join(readers)} reads it"
    try:
        field_type(source.path, path)
    except UnknownField as error:
        return str(error)
    return None


def _not_a_time(entity: str, path: str) -> str | None:
    try:
        kind = field_type(entity, path)
    except UnknownField as error:
        return str(error)
    return None if kind.startswith(("date-time", "string")) else f"{path} is {kind}, not a time"
