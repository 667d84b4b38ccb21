"""Which raw column feeds which canonical column in one file, under names that SQL can take.

DuckDB does not tell `status__Sort` from `status__sort`, so every raw column gets a name by its
place in the mapping: `c0`, `c1`, ...
"""

from dataclasses import dataclass

import pyarrow as pa

from cwp_shared.mapping import Column, Mapping
from cwp_transformer import casts
from cwp_transformer.canonical_json import canonical_column
from cwp_transformer.raw_file import SYSTEM_NAMES, column_of

_SQL_TYPES = {"super": "VARCHAR", "varchar": "VARCHAR", "double precision": "DOUBLE"}


@dataclass(frozen=True)
class Bound:
    """SQL about one canonical column in one file.

    `value` is the typed value, `misfit` is true where the file has something that does not fit
    it, `shown` is that something as text.
    """

    value: str
    misfit: str
    shown: str


@dataclass(frozen=True)
class BoundTime:
    """SQL about one of the record's times: `value` is a UTC timestamp, `given` false if blank."""

    value: str
    given: str
    shown: str


@dataclass(frozen=True)
class Binding:
    """A file as SQL input: system columns, `raw_row`, and what the columns are made of."""

    table: pa.Table
    columns: tuple[Bound, ...]
    updated: BoundTime
    created: BoundTime


def bind(raw: pa.Table, mapping: Mapping) -> Binding:
    """Bind the rows of `raw_file.read_raw` to a mapping."""
    inputs = {name: raw[name] for name in SYSTEM_NAMES}
    columns = tuple(
        _bind_column(raw, column, f"c{number}", inputs)
        for number, column in enumerate(mapping.columns)
    )
    updated = _bind_time(raw, mapping.updated_at, "updated_raw", inputs)
    created = _bind_time(raw, mapping.created_at, "created_raw", inputs)
    return Binding(pa.table(inputs), columns, updated, created)


def sql_type(column: Column) -> str:
    """The column's type, in DuckDB's words."""
    return _SQL_TYPES.get(column.kind, column.type.upper())


def _bind_column(
    raw: pa.Table, column: Column, name: str, inputs: dict[str, pa.ChunkedArray]
) -> Bound:
    source = column_of(column.source)
    if source not in raw.column_names:
        return Bound(f"NULL::{sql_type(column)}", "false", "NULL")
    kind = casts.source_kind(raw[source].type) or ""
    inputs[name] = raw[source]
    if column.kind != "super":
        value = casts.cast(name, kind, column)
        return Bound(value, casts.misfit(name, kind, column, value), name)
    texts, invalid = canonical_column(raw[source].cast(pa.string()), as_set=column.as_set)
    inputs[f"{name}_json"], inputs[f"{name}_invalid"] = texts, invalid
    value = casts.cast(f"{name}_json", "string", column)
    too_long = casts.misfit(f"{name}_json", "string", column, value)
    return Bound(value, f"({name}_invalid OR {too_long})", name)


def _bind_time(
    raw: pa.Table, path: str | None, name: str, inputs: dict[str, pa.ChunkedArray]
) -> BoundTime:
    if path is None or column_of(path) not in raw.column_names:
        return BoundTime("NULL::TIMESTAMP", "false", "NULL")
    inputs[name] = raw[column_of(path)]
    kind = casts.source_kind(inputs[name].type) or ""
    given = f"(nullif(trim(CAST({name} AS VARCHAR)), '') IS NOT NULL)"
    return BoundTime(casts.moment(name, kind), given, name)
