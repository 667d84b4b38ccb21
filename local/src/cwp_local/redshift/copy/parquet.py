"""Parquet files as Redshift's COPY takes them: column i of the file goes to column i of the list.

Types are compared as the file stores them, not as Arrow would like to read them: Redshift reads
the same footer. Where it is not known whether Redshift would convert (a narrower integer into
BIGINT, a time with a zone into TIMESTAMP), this refuses: what passes here must pass there.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import Column
from cwp_local.redshift.sql.types import LONGEST_VARCHAR, RedshiftType

_RULE = "-" * 47


def spectrum_error(context: str, code: int = 15_007) -> SqlError:
    """An error of the layer that reads files, in the shape Redshift reports it."""
    return SqlError(
        f"Spectrum Scan Error\n  Detail: \n  {_RULE}\n  error:  Spectrum Scan Error\n"
        f"  code:      {code}\n  context:   {context}\n  {_RULE}"
    )


def check_schema(
    file: pq.ParquetFile, columns: Sequence[Column], url: str, *, fill: bool, serialize: bool
) -> None:
    """Refuse a file whose columns do not fit `columns` one by one, from the left.

    Raises:
        SqlError: other number of columns, or a type that is not the column's.
    """
    fields = list(file.schema_arrow)
    if not (len(fields) == len(columns) or (fill and len(fields) < len(columns))):
        raise spectrum_error(
            "Unmatched number of columns between table and file. "
            f"Table columns: {len(columns)}, Data columns: {len(fields)}, File name: {url}"
        )
    leaves = {leaf.path: leaf for leaf in map(file.schema.column, range(len(file.schema)))}
    for field, column in zip(fields, columns, strict=False):
        leaf = None if pa.types.is_nested(field.type) else leaves[field.name]
        if column.type.name == "super":
            _check_super(serialize=serialize)
        elif leaf is None or not _fits(leaf, column.type):
            raise spectrum_error(_incompatible(url, field, leaf, column))


def _check_super(*, serialize: bool) -> None:
    if not serialize:
        raise SqlError("SUPER column in COPY query requires SERIALIZETOJSON option")


def _incompatible(url: str, field: Any, leaf: Any, column: Column) -> str:
    stored = str(field.type) if leaf is None else _stored(leaf)
    return (
        f"File '{url}' has an incompatible Parquet schema for column '{url}.{column.name}'. "
        f"Column type: {str(column.type).upper()}, Parquet schema:\n{stored} {field.name}"
    )


def _stored(leaf: Any) -> str:
    logical = json.loads(leaf.logical_type.to_json())
    presence = "required" if leaf.max_definition_level == 0 else "optional"
    if logical["Type"] == "None":
        return f"{presence} {leaf.physical_type.lower()}"
    details = ",".join(f"{k}={v}" for k, v in logical.items() if k in _DETAILS)
    return f"{presence} {leaf.physical_type.lower()} ({logical['Type']}{details and ':'}{details})"


_DETAILS = {"bitWidth", "isSigned", "isAdjustedToUTC", "timeUnit", "precision", "scale"}


def _fits(leaf: Any, wanted: RedshiftType) -> bool:
    logical = json.loads(leaf.logical_type.to_json())
    test = _TESTS.get(wanted.name)
    return bool(test and test(leaf.physical_type, logical, wanted))


def _whole(physical: str, narrowest: int, widest: int) -> Callable[..., bool]:
    def fits(stored: str, logical: dict[str, Any], _: RedshiftType) -> bool:
        if stored != physical:
            return False
        if logical["Type"] == "None":
            return widest > 16  # noqa: PLR2004 - an INT32 that says no width may not fit SMALLINT
        signed = logical["Type"] == "Int" and logical["isSigned"]
        return bool(signed and narrowest <= logical["bitWidth"] <= widest)

    return fits


def _physical(*taken: str) -> Callable[..., bool]:
    return lambda stored, logical, _: stored in taken and logical["Type"] == "None"


def _logical(kind: str) -> Callable[..., bool]:
    return lambda _stored, logical, _wanted: logical["Type"] == kind


def _decimal(_: str, logical: dict[str, Any], wanted: RedshiftType) -> bool:
    return bool(
        logical["Type"] == "Decimal"
        and logical["scale"] == wanted.scale
        and logical["precision"] <= (wanted.precision or 0)
    )


def _timestamp(*, zoned: bool) -> Callable[..., bool]:
    def fits(stored: str, logical: dict[str, Any], _: RedshiftType) -> bool:
        if stored == "INT96":
            return not zoned
        return (
            logical["Type"] == "Timestamp"
            and logical["isAdjustedToUTC"] is zoned
            and logical["timeUnit"] in {"milliseconds", "microseconds"}
        )

    return fits


_TESTS: dict[str, Callable[..., bool]] = {
    "smallint": _whole("INT32", 8, 16),
    "integer": _whole("INT32", 8, 32),
    "bigint": _whole("INT64", 64, 64),
    "numeric": _decimal,
    "real": _physical("FLOAT"),
    "double precision": _physical("DOUBLE"),
    "boolean": _physical("BOOLEAN"),
    "character": _logical("String"),
    "character varying": _logical("String"),
    "date": _logical("Date"),
    "timestamp without time zone": _timestamp(zoned=False),
    "timestamp with time zone": _timestamp(zoned=True),
    "binary varying": _physical("BYTE_ARRAY"),
}


def check_values(batch: pa.RecordBatch, columns: Sequence[Column], url: str) -> None:
    """Refuse values that do not fit: too many bytes, NULL where none may be, broken UTF-8.

    Raises:
        SqlError: naming the column and the file.
    """
    try:
        batch.validate(full=True)
    except pa.ArrowInvalid as error:
        raise spectrum_error(f"File '{url}' has invalid data: {error}") from None
    for values, column in zip(batch.columns, columns, strict=False):
        if not column.nullable and values.null_count:
            raise SqlError(
                f"Cannot load a NULL value into column {column.name}, which is NOT NULL. "
                f"File name: {url}"
            )
        if column.type.is_text or column.type.name == "super":
            _check_bytes(values, column, url)


def _check_bytes(values: Any, column: Column, url: str) -> None:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    if pa.types.is_nested(values.type) or not len(values):
        return
    longest = pc.max(pc.binary_length(values)).as_py() or 0
    if column.type.name == "super":
        if longest > LONGEST_VARCHAR:
            raise SqlError(f"String value exceeds the max size of {LONGEST_VARCHAR} bytes")
    elif longest > (column.type.length or 0):
        raise spectrum_error(
            f"The length of the data column {column.name} is longer than the length defined in "
            f"the table. Table: {column.type.length}, Data: {longest}, File name: {url}"
        )
