"""SQL that takes a raw value into its column's type, or gives NULL where it does not fit.

What fits: a value that the type says exactly. `12.5` is no bigint, `2026-13-01` no timestamp, 300
bytes no varchar(255). Two things are deliberately lenient. A decimal is rounded to its scale, half
away from zero, from the shortest decimal text of a double: the API's doubles carry binary noise,
and 0.285 is meant as it is written. And a blank text in a column that is not varchar is NULL: the
API writes "" where it has no value.

A date before 1801 is how the API says that there is none (1800-01-01, 0001-01-01): in a column of
dates or times it is NULL. Booleans are no numbers and numbers other than 0 and 1 are no booleans. A
time without a zone is UTC, which is all the API speaks. NUL characters, which no warehouse takes,
are left out of text.
"""

from collections.abc import Callable
from typing import Final

import pyarrow as pa

from cwp_shared.mapping import Column, Constant
from cwp_transformer.engine import literal

_SQL_TYPES: Final = {"super": "VARCHAR", "varchar": "VARCHAR", "double precision": "DOUBLE"}
_NUMBER: Final = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
_WHOLE: Final = r"[+-]?\d+(\.0*)?"
_ZONE: Final = r"[+-]\d{2}(:?\d{2})?"
_TIME: Final = r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|" + _ZONE + r")?)?"
#: No record is about anything older.
_FIRST_YEAR: Final = 1801
#: Up to here a file may have a whole number as a double, because another row has a fraction.
_EXACT: Final = 2**53


def source_kind(arrow_type: pa.DataType) -> str | None:
    """`int`, `float`, `bool` or `string`: what a raw column may be; None for anything else."""
    kinds: dict[str, Callable[[pa.DataType], bool]] = {
        "int": pa.types.is_integer,
        "float": pa.types.is_floating,
        "bool": pa.types.is_boolean,
        "string": lambda t: pa.types.is_string(t) or pa.types.is_large_string(t),
    }
    return next((name for name, is_kind in kinds.items() if is_kind(arrow_type)), None)


def sql_type(column: Column) -> str:
    """The column's type, in DuckDB's words."""
    return _SQL_TYPES.get(column.kind, column.type.upper())


def cast(raw: str, source: str, column: Column) -> str:
    """`raw` (SQL) of a `source_kind`, as the column's type; NULL if it does not fit."""
    return _CASTS[column.kind](given(raw, source, column.kind), source, column)


def constant(value: Constant | None, column: Column) -> str:
    """A constant of the column's type, which it fits (cwp_shared.mapping_check)."""
    if value is None:
        return f"NULL::{sql_type(column)}"
    if column.kind in {"timestamp", "date"}:
        return f"CAST({moment(literal(str(value)), 'string')} AS {sql_type(column)})"
    return f"CAST({literal(str(value))} AS {sql_type(column)})"


def text(raw: str, source: str) -> str:
    """`raw` as the text that it is meant as: 2.0 is `2`."""
    plain = f"CAST({raw} AS VARCHAR)"
    if source != "float":
        return plain
    whole = f"CAST(CAST({raw} AS BIGINT) AS VARCHAR)"
    is_whole = f"{raw} = trunc({raw}) AND abs({raw}) <= {_EXACT}"
    return f"CASE WHEN {is_whole} THEN {whole} ELSE {plain} END"


def moment(raw: str, source: str) -> str:
    """`raw` as a UTC timestamp; NULL if it is none."""
    if source != "string":
        return "NULL::TIMESTAMP"
    return (
        f"CASE WHEN NOT regexp_full_match({raw}, '{_TIME}') THEN NULL "
        f"WHEN regexp_matches({raw}, ':.*{_ZONE}$') "
        f"THEN TRY_CAST({raw} AS TIMESTAMPTZ) AT TIME ZONE 'UTC' "
        f"ELSE TRY_CAST({raw} AS TIMESTAMP) END"
    )


def given(raw: str, source: str, kind: str) -> str:
    """`raw`, or NULL where a column of this kind takes it for nothing."""
    if source != "string" or kind == "super":
        return raw
    if kind == "varchar":
        return f"replace({raw}, chr(0), '')"
    trimmed = f"trim({raw})"
    if kind not in {"timestamp", "date"}:
        return f"nullif({trimmed}, '')"
    no_date = f"{trimmed} < '{_FIRST_YEAR}' AND regexp_full_match({trimmed}, '{_TIME}')"
    return f"CASE WHEN {no_date} THEN NULL ELSE nullif({trimmed}, '') END"


def _whole(raw: str, source: str, column: Column) -> str:
    target = f"TRY_CAST({{}} AS {column.kind.upper()})"
    match source:
        case "int":
            return target.format(raw)
        case "float":
            return f"CASE WHEN {raw} = trunc({raw}) THEN {target.format(raw)} END"
        case "string":
            digits = target.format(f"split_part({raw}, '.', 1)")
            return f"CASE WHEN regexp_full_match({raw}, '{_WHOLE}') THEN {digits} END"
    return f"NULL::{column.kind.upper()}"


def _decimal(raw: str, source: str, column: Column) -> str:
    target = f"TRY_CAST({{}} AS {column.type.upper()})"
    match source:
        case "int":
            return target.format(raw)
        case "float":
            return target.format(f"CAST({raw} AS VARCHAR)")
        case "string":
            return f"CASE WHEN regexp_full_match({raw}, '{_NUMBER}') THEN {target.format(raw)} END"
    return f"NULL::{column.type.upper()}"


def _double(raw: str, source: str, _: Column) -> str:
    match source:
        case "int":
            return f"CAST({raw} AS DOUBLE)"
        case "float":
            return f"CASE WHEN isfinite({raw}) THEN CAST({raw} AS DOUBLE) END"
        case "string":
            return (
                f"CASE WHEN regexp_full_match({raw}, '{_NUMBER}') "
                f"AND isfinite(TRY_CAST({raw} AS DOUBLE)) THEN TRY_CAST({raw} AS DOUBLE) END"
            )
    return "NULL::DOUBLE"


def _boolean(raw: str, source: str, _: Column) -> str:
    if source == "bool":
        return raw
    if source == "string":
        # Where a file has booleans and numbers in one column, the numbers are text, too.
        return (
            f"CASE lower({raw}) WHEN 'true' THEN true WHEN '1' THEN true "
            "WHEN 'false' THEN false WHEN '0' THEN false END"
        )
    return f"CASE {raw} WHEN 1 THEN true WHEN 0 THEN false END"


def _varchar(raw: str, source: str, column: Column) -> str:
    written = text(raw, source)
    return f"CASE WHEN strlen({written}) <= {column.sizes[0]} THEN {written} END"


def _timestamp(raw: str, source: str, _: Column) -> str:
    return moment(raw, source)


def _date(raw: str, source: str, _: Column) -> str:
    return f"CAST({moment(raw, source)} AS DATE)"


def _super(raw: str, source: str, _: Column) -> str:
    # Canonical JSON text already (canonical_json); the warehouse stages it in a varchar.
    return f"CASE WHEN strlen({raw}) <= 65535 THEN {raw} END" if source == "string" else "NULL"


_CASTS: Final[dict[str, Callable[[str, str, Column], str]]] = {
    "bigint": _whole,
    "integer": _whole,
    "decimal": _decimal,
    "double precision": _double,
    "boolean": _boolean,
    "varchar": _varchar,
    "timestamp": _timestamp,
    "date": _date,
    "super": _super,
}
