"""Results as the Data API gives them: typed fields, column metadata, pages."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property
from typing import Any

import duckdb

from cwp_local.redshift.errors import SqlError, validation
from cwp_local.redshift.sql.types import RedshiftType, from_duckdb

Field = dict[str, Any]

#: The Data API keeps no larger result of a statement.
LARGEST_RESULT = 100 * 1024 * 1024
_ROWS_PER_PAGE = 1_000
_ROWS_PER_READ = 10_000
#: Of CSV: how many characters a chunk has about, and how many chunks a page.
_CHUNK = 1_000_000
_CHUNKS_PER_PAGE = 15
_WHOLE = {"smallint", "integer", "bigint"}
_FLOATS = {"real", "double precision"}
_INT64 = range(-(2**63), 2**63)


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result."""

    name: str
    type: RedshiftType

    def metadata(self) -> dict[str, Any]:
        """`ColumnMetadata`; which table a column came from is not known here."""
        kind = self.type
        number = kind.name in _WHOLE or kind.name in _FLOATS or kind.name == "numeric"
        return {
            "isCaseSensitive": kind.is_text,
            "isCurrency": False,
            "isSigned": number,
            "label": self.name,
            "length": 0,
            "name": self.name,
            "nullable": 1,
            "precision": kind.precision or kind.length or 0,
            "scale": kind.scale or 0,
            "schemaName": "",
            "tableName": "",
            "typeName": kind.wire,
        }


@dataclass(frozen=True)
class ResultSet:
    """All rows of a statement; `size` is about their bytes as text."""

    columns: tuple[ResultColumn, ...]
    records: tuple[list[Field], ...]
    size: int

    def page(self, token: str | None) -> dict[str, Any]:
        """One answer of GetStatementResult.

        Raises:
            ApiError: `token` is none of ours.
        """
        start = _place(token, len(self.records))
        end = start + _ROWS_PER_PAGE
        answer = {
            "ColumnMetadata": [column.metadata() for column in self.columns],
            "Records": self.records[start:end],
            "TotalNumRows": len(self.records),
        }
        return answer | ({"NextToken": str(end)} if end < len(self.records) else {})

    def csv_page(self, token: str | None) -> dict[str, Any]:
        """One answer of GetStatementResultV2: CSV in chunks, the names of the columns first.

        Raises:
            ApiError: `token` is none of ours.
        """
        chunks = self._csv_chunks
        start = _place(token, len(chunks))
        end = start + _CHUNKS_PER_PAGE
        answer = {
            "ColumnMetadata": [column.metadata() for column in self.columns],
            "Records": [{"CSVRecords": chunk} for chunk in chunks[start:end]],
            "ResultFormat": "CSV",
            "TotalNumRows": len(self.records),
        }
        return answer | ({"NextToken": str(end)} if end < len(chunks) else {})

    @cached_property
    def _csv_chunks(self) -> list[str]:
        chunks = [io.StringIO(newline="")]
        csv.writer(chunks[-1]).writerow(column.name for column in self.columns)
        for record in self.records:
            if chunks[-1].tell() > _CHUNK:
                chunks.append(io.StringIO(newline=""))
            csv.writer(chunks[-1]).writerow(_csv_value(field) for field in record)
        return [chunk.getvalue() for chunk in chunks]


def _csv_value(field: Field) -> str:
    if field.get("isNull"):
        return ""
    value = next(iter(field.values()))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _place(token: str | None, rows: int) -> int:
    if not token:
        return 0
    if not token.isdecimal() or int(token) > rows:
        raise validation("Invalid NextToken")
    return int(token)


def columns_of(result: duckdb.DuckDBPyConnection) -> tuple[ResultColumn, ...]:
    """The columns of a query that was run."""
    return tuple(
        ResultColumn(name.lower(), from_duckdb(str(kind))) for name, kind, *_ in result.description
    )


def read_result(result: duckdb.DuckDBPyConnection, columns: tuple[ResultColumn, ...]) -> ResultSet:
    """Read a query's rows.

    Raises:
        SqlError: the result is larger than the Data API keeps.
    """
    records: list[list[Field]] = []
    size = 0
    while rows := result.fetchmany(_ROWS_PER_READ):
        _check_whole(rows, columns)
        page = [[field_of(value) for value in row] for row in rows]
        size += sum(len(str(value)) for row in rows for value in row if value is not None)
        if size > LARGEST_RESULT:
            raise SqlError(f"the result is larger than {LARGEST_RESULT} bytes; ask for less")
        records.extend(page)
    return ResultSet(columns, tuple(records), size)


def _check_whole(rows: list[Any], columns: tuple[ResultColumn, ...]) -> None:
    """DuckDB adds integers up to more than Redshift's are long."""
    wide = [place for place, column in enumerate(columns) if column.type.name == "bigint"]
    for row in rows if wide else ():
        if any(row[place] is not None and row[place] not in _INT64 for place in wide):
            raise SqlError("Value out of range for 8 bytes.")


def field_of(value: Any) -> Field:
    """A value as a `Field`: numbers and booleans as themselves, exact and other types as text."""
    if value is None:
        return {"isNull": True}
    if isinstance(value, bool):
        return {"booleanValue": value}
    if isinstance(value, int) and value in _INT64:
        return {"longValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": text_of(value)}


def text_of(value: Any) -> str:
    """A value as Redshift writes it."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, (dict, list)):
        return json.dumps(value, default=text_of, separators=(",", ":"))
    return str(value)


def _moment(value: datetime) -> str:
    text = value.isoformat(sep=" ")
    return text.rstrip("0") if value.microsecond else text
