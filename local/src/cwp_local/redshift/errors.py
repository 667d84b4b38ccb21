"""The two ways of failing: a request that is refused at once, a statement that fails later.

::

    ApiError    the HTTP answer is an error of the Data API (ValidationException, ...)
    SqlError    the request was taken, the statement ends FAILED; DescribeStatement has the text
    Interrupted the statement was cancelled while it ran and ends ABORTED
"""

import re

import duckdb

#: Errors that are the service's own fault.
_INTERNAL = frozenset(
    {
        "BatchExecuteStatementException",
        "DatabaseConnectionException",
        "ExecuteStatementException",
        "InternalServerException",
    }
)


class ApiError(Exception):
    """A documented error of the Data API, answered with HTTP 400 (500 for the service's own)."""

    def __init__(self, code: str, message: str, **members: str) -> None:
        super().__init__(message)
        self.code = code
        self.members = members

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 500 if self.code in _INTERNAL else 400


def validation(message: str) -> ApiError:
    """`ValidationException`: the request itself is wrong."""
    return ApiError("ValidationException", message)


def not_found(message: str, resource_id: str) -> ApiError:
    """`ResourceNotFoundException`: no such statement, or it has no result."""
    return ApiError("ResourceNotFoundException", message, ResourceId=resource_id)


class SqlError(Exception):
    """A statement fails; the text is Redshift's, without the leading `ERROR: `."""


class Interrupted(Exception):
    """The statement was cancelled while it ran."""


#: DuckDB's words, and Redshift's for the same thing. First match wins.
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(found), said)
    for found, said in (
        (
            r"Current transaction is aborted",
            "current transaction is aborted, commands ignored until end of transaction block",
        ),
        (
            r"(?i)\b(?:write-write )?conflict\b",
            "could not complete because of conflict with concurrent transaction",
        ),
        (r"Division by zero in expression", "Divide by zero"),
        (
            r'Table with name "?([^"\s]+?)"? does not exist because schema "?([^"\s]+?)"? does not',
            r'relation "\1" does not exist',
        ),
        (
            r'(?:Table|View) with name "?([^"\s!]+)"? does not exist',
            r'relation "\1" does not exist',
        ),
        (
            r'(?:Table|View) with name "?([^"\s!]+)"? already exists',
            r'Relation "\1" already exists',
        ),
        (r'Schema with name "?([^"\s!]+)"? does not exist', r'schema "\1" does not exist'),
        (r'Schema with name "?([^"\s!]+)"? already exists', r'Schema "\1" already exists'),
        (r"Function with name \"?([^\"\s!]+)\"? does not exist", r"function \1() does not exist"),
        (r'Referenced column "([^"]+)" not found', r'column "\1" does not exist'),
        (r'does not have a column (?:named|with name) "([^"]+)"', r'column "\1" does not exist'),
        (r'Referenced table "([^"]+)" not found', r'relation "\1" does not exist'),
        (r'Ambiguous reference to column name "([^"]+)"', r'column reference "\1" is ambiguous'),
        (
            r"NOT NULL constraint failed: \S*?([^.\s]+)$",
            r"Cannot insert a NULL value into column \1",
        ),
        (
            r"there are entries that depend on it",
            "cannot drop because other objects depend on it; use DROP ... CASCADE",
        ),
        (
            r"No function matches the given name and argument types '(.*?)'",
            r"function \1 does not exist",
        ),
        (
            r"to type DECIMAL\S* failed: value is out of range",
            "Numeric data overflow (result precision)",
        ),
        (r"out of range for the destination type INT16", "Value out of range for 2 bytes."),
        (r"out of range for the destination type INT32", "Value out of range for 4 bytes."),
        (r"out of range for the destination type INT64", "Value out of range for 8 bytes."),
        (r"Overflow in \w+ of DECIMAL", "Numeric data overflow (result precision)"),
        (r"Overflow in (\w+) of", r"Integer data overflow (\1)"),
        (r'Column with name "?([^"\s!]+)"? already exists', r'column "\1" already exists'),
        (r"Could not convert string '(.*?)' to INT\d+", r'invalid input syntax for integer: "\1"'),
    )
)
_PREFIX = re.compile(r"^[A-Z][A-Za-z ]*(?: Error| exception): ")
_CATALOG = re.compile(r'"?(?:rs\$warehouse|memory\.main)"?\.')


def from_duckdb(error: duckdb.Error) -> SqlError | Interrupted:
    """What Redshift would have said where DuckDB raised `error`."""
    if isinstance(error, duckdb.InterruptException):
        return Interrupted("Query cancelled on user's request")
    message = _CATALOG.sub("", str(error))
    first = _PREFIX.sub("", message.partition("\n")[0]).strip()
    for found, said in _WORDS:
        if match := found.search(first):
            return SqlError(match.expand(said))
    return SqlError(first)
