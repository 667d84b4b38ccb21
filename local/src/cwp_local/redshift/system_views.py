"""SYS_QUERY_HISTORY, SYS_LOAD_ERROR_DETAIL and STL_LOAD_ERRORS, out of the history of statements.

They have the documented columns; what is not known here is NULL. They hold what the history holds:
24 hours, and nothing from before a restart.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from cwp_local.redshift.statements import (
    ABORTED,
    FAILED,
    FINISHED,
    PICKED,
    STARTED,
    SUBMITTED,
    Part,
    Statement,
)

Row = dict[str, Any]
_TIME = pa.timestamp("us")
_USER, _PID = 100, 1
_STATUS: Final = {
    ABORTED: "canceled",
    FAILED: "failed",
    FINISHED: "success",
    PICKED: "planning",
    STARTED: "running",
    SUBMITTED: "queued",
}
_DDL = frozenset({"ALTER", "CREATE", "DROP"})
_SAME = frozenset({"COPY", "DELETE", "INSERT", "SELECT", "UPDATE", "MERGE"})
_FILE = re.compile(r"(?:File name: |File ')(?P<file>s3://[^\s']+)")
_CODE = re.compile(r"code:\s+(?P<code>\d+)")
_COLUMN = re.compile(
    r"data column (?P<long>\S+) is longer|NULL value into column (?P<null>[^,\s]+)"
    r"|for column 's3://\S+\.(?P<kind>[^.']+)'"
)
_TYPE = re.compile(r"Column type: (?P<type>[A-Z ]+)(?:\((?P<length>\d+)\))?|Table: (?P<table>\d+)")


def query_history(statements: Iterable[Statement]) -> pa.Table:
    """SYS_QUERY_HISTORY: a row per SQL."""
    rows = [_query(statement, part) for statement in statements for part in statement.parts]
    return pa.Table.from_pylist(rows, _QUERY_HISTORY)


def load_error_detail(statements: Iterable[Statement]) -> pa.Table:
    """SYS_LOAD_ERROR_DETAIL: a row per COPY that failed."""
    return pa.Table.from_pylist(list(_load_errors(statements)), _LOAD_ERROR_DETAIL)


def load_errors(statements: Iterable[Statement]) -> pa.Table:
    """STL_LOAD_ERRORS: the same under its older names."""
    rows = [
        {old: row[new] for old, new in _OLDER.items()} | {"slice": 0}
        for row in _load_errors(statements)
    ]
    return pa.Table.from_pylist(rows, _STL_LOAD_ERRORS)


def _query(statement: Statement, part: Part) -> Row:
    result = part.outcome.result
    elapsed = max(part.duration_ns, 0) // 1_000
    return _base(statement, part) | {
        "query_label": "default",
        "query_type": _type(part.sql),
        "status": _STATUS[part.status],
        "result_cache_hit": False,
        "end_time": _naive(part.updated_at),
        "elapsed_time": elapsed,
        "queue_time": 0,
        "execution_time": elapsed,
        "error_message": part.error.removeprefix("ERROR: ")[:512],
        "returned_rows": len(result.records) if result else 0,
        "returned_bytes": result.size if result else 0,
        "query_text": part.sql[:4_000],
        "redshift_version": "1.0 (local)",
    }


def _base(statement: Statement, part: Part) -> Row:
    ended = part.updated_at or part.created_at
    begun = ended - timedelta(microseconds=max(part.duration_ns, 0) // 1_000)
    return {
        "user_id": _USER,
        "query_id": part.query_id,
        "transaction_id": statement.parts[0].query_id,
        "session_id": _PID,
        "database_name": statement.submission.database,
        "start_time": _naive(begun),
    }


def _type(sql: str) -> str:
    verb = (re.findall(r"[a-z]+", sql.lower()) or ["other"])[0].upper()
    if verb in _DDL:
        return "CTAS" if re.match(r"(?is)\s*create\s.*\bas\s*\(?\s*(select|with)\b", sql) else "DDL"
    if verb == "WITH":
        return "SELECT"
    return verb if verb in _SAME else "UTILITY"


def _load_errors(statements: Iterable[Statement]) -> Iterator[Row]:
    for statement in statements:
        for part in statement.parts:
            if part.status == FAILED and _type(part.sql) == "COPY":
                yield _base(statement, part) | _told(part.error.removeprefix("ERROR: "))


def _told(error: str) -> Row:
    """What an error's text says of the place."""
    file, code = _FILE.search(error), _CODE.search(error)
    column, kind = _COLUMN.search(error), _TYPE.search(error)
    return {
        "table_id": None,
        "file_name": file["file"].rstrip(".") if file else None,
        "line_number": 0,
        "column_name": next(filter(None, column.groups()), None) if column else None,
        "column_type": (kind["type"] or "").strip().lower()[:10] or None if kind else None,
        "column_length": kind["length"] or kind["table"] if kind else None,
        "position": 0,
        "error_code": int(code["code"]) if code else None,
        "error_message": error[:512],
    }


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None


_QUERY_HISTORY = pa.schema(
    [
        ("user_id", pa.int32()),
        ("query_id", pa.int64()),
        ("query_label", pa.string()),
        ("transaction_id", pa.int64()),
        ("session_id", pa.int32()),
        ("database_name", pa.string()),
        ("query_type", pa.string()),
        ("status", pa.string()),
        ("result_cache_hit", pa.bool_()),
        ("start_time", _TIME),
        ("end_time", _TIME),
        ("elapsed_time", pa.int64()),
        ("queue_time", pa.int64()),
        ("execution_time", pa.int64()),
        ("error_message", pa.string()),
        ("returned_rows", pa.int64()),
        ("returned_bytes", pa.int64()),
        ("query_text", pa.string()),
        ("redshift_version", pa.string()),
    ]
)
_LOAD_ERROR_DETAIL = pa.schema(
    [
        ("user_id", pa.int32()),
        ("query_id", pa.int64()),
        ("transaction_id", pa.int64()),
        ("session_id", pa.int32()),
        ("database_name", pa.string()),
        ("table_id", pa.int32()),
        ("start_time", _TIME),
        ("file_name", pa.string()),
        ("line_number", pa.int64()),
        ("column_name", pa.string()),
        ("column_type", pa.string()),
        ("column_length", pa.string()),
        ("position", pa.int32()),
        ("error_code", pa.int32()),
        ("error_message", pa.string()),
    ]
)
#: Columns of STL_LOAD_ERRORS by the newer view's.
_OLDER: Final = {
    "userid": "user_id",
    "tbl": "table_id",
    "starttime": "start_time",
    "session": "session_id",
    "query": "query_id",
    "filename": "file_name",
    "line_number": "line_number",
    "colname": "column_name",
    "type": "column_type",
    "col_length": "column_length",
    "position": "position",
    "err_code": "error_code",
    "err_reason": "error_message",
}
_STL_LOAD_ERRORS = pa.schema(
    [
        ("userid", pa.int32()),
        ("slice", pa.int32()),
        ("tbl", pa.int32()),
        ("starttime", _TIME),
        ("session", pa.int32()),
        ("query", pa.int64()),
        ("filename", pa.string()),
        ("line_number", pa.int64()),
        ("colname", pa.string()),
        ("type", pa.string()),
        ("col_length", pa.string()),
        ("position", pa.int32()),
        ("err_code", pa.int32()),
        ("err_reason", pa.string()),
    ]
)
#: Each view, by its name.
VIEWS: Final[dict[str, Callable[[Iterable[Statement]], pa.Table]]] = {
    "stl_load_errors": load_errors,
    "sys_load_error_detail": load_error_detail,
    "sys_query_history": query_history,
}
