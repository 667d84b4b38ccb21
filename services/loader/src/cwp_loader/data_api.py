"""The Redshift Data API: batches go in, and later one asks how they ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeVar

from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from cwp_shared.errors import PipelineError, Retriable

_Answer = TypeVar("_Answer")

Status = Literal["running", "finished", "failed"]

_STATUSES: Final[dict[str, Status]] = {
    "FINISHED": "finished",
    "FAILED": "failed",
    "ABORTED": "failed",
}

#: The warehouse or the API took nothing, and will later.
_BUSY: Final = frozenset(
    {
        "ActiveStatementsExceededException",
        "ActiveSessionsExceededException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
#: The request never arrived.
_NOT_SENT: Final = (EndpointConnectionError, ConnectTimeoutError)
#: Nothing was answered: of a question, that is no more than "not now".
_NOT_ANSWERED: Final = (*_NOT_SENT, ReadTimeoutError, ConnectionClosedError)
#: The API took nothing, and will not until somebody changes something.
_REFUSED: Final = frozenset(
    {
        "AccessDeniedException",
        "BatchExecuteStatementException",
        "ResourceNotFoundException",
        "ValidationException",
    }
)
#: The API does not know the statement: results are kept for 24 hours.
_UNKNOWN: Final = frozenset({"ResourceNotFoundException", "ValidationException"})


class Busy(Retriable):
    """Not now: nothing was submitted, or nothing answered."""


class Refused(PipelineError):
    """Nothing was submitted, and the text says why."""


@dataclass(frozen=True)
class Outcome:
    """How a batch stands. `failed_at` is the place of the statement that failed, if known."""

    status: Status
    error: str = ""
    failed_at: int | None = None
    #: One for each statement of the batch, to ask for its result.
    parts: tuple[str, ...] = ()


class Statements(Protocol):
    """What logic needs of the Data API."""

    def submit(self, name: str, sqls: list[str], token: str, *, transaction: bool = True) -> str:
        """Submit a batch; its statement id. The same token runs once.

        As one transaction, or else each statement for itself, whatever becomes of the others.

        Raises:
            Busy, Refused: nothing runs. Any other error: it may run.
        """

    def describe(self, statement_id: str) -> Outcome | None:
        """How it stands; None if the API does not know it (any more). May raise Busy."""

    def rows(self, part: str) -> list[tuple[Any, ...]] | None:
        """The rows of one statement's result; None if they are gone. May raise Busy."""


class DataApi:
    """The Data API of one workgroup and database."""

    def __init__(self, client: Any, workgroup: str, database: str) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database

    def submit(self, name: str, sqls: list[str], token: str, *, transaction: bool = True) -> str:
        """BatchExecuteStatement, with an event on the account's default bus at its end."""
        try:
            answer = self._client.batch_execute_statement(
                WorkgroupName=self._workgroup,
                Database=self._database,
                Sqls=sqls,
                StatementName=name,
                ClientToken=token,
                WithEvent=True,
                ExecutionMode="TRANSACTION" if transaction else "AUTO_COMMIT",
            )
        except _NOT_SENT as error:
            raise Busy(f"workgroup {self._workgroup} cannot be reached: {error}") from error
        except ClientError as error:
            raise _named(error, self._workgroup) from error
        return str(answer["Id"])

    def describe(self, statement_id: str) -> Outcome | None:
        """DescribeStatement."""
        answer = self._asked(lambda: self._client.describe_statement(Id=statement_id))
        if answer is None:
            return None
        parts = answer.get("SubStatements", [])
        failed = [place for place, part in enumerate(parts) if part.get("Status") == "FAILED"]
        status = _STATUSES.get(answer["Status"], "running")
        error = answer.get("Error") or f"statement {answer['Status'].lower()}"
        if failed and status == "finished":
            # No transaction: what failed did not stop the others.
            status, error = "failed", parts[failed[0]].get("Error", error)
        return Outcome(
            status=status,
            error=error,
            failed_at=failed[0] if failed else None,
            parts=tuple(part["Id"] for part in parts),
        )

    def rows(self, part: str) -> list[tuple[Any, ...]] | None:
        """GetStatementResult, all pages."""
        pages = self._client.get_paginator("get_statement_result").paginate(Id=part)
        records = self._asked(lambda: [record for page in pages for record in page["Records"]])
        return None if records is None else [tuple(map(_value, record)) for record in records]

    def _asked(self, question: Callable[[], _Answer]) -> _Answer | None:
        try:
            return question()
        except _NOT_ANSWERED as error:
            raise Busy(f"workgroup {self._workgroup} does not answer: {error}") from error
        except ClientError as error:
            if _code(error) in _UNKNOWN:
                return None
            raise _named(error, self._workgroup) from error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _named(error: ClientError, workgroup: str) -> Exception:
    code = _code(error)
    text = f"workgroup {workgroup}: {code}: {error.response['Error'].get('Message', '')}"
    if code in _BUSY:
        return Busy(text)
    if code in _REFUSED:
        return Refused(text)
    return error


def _value(field: dict[str, Any]) -> Any:
    """`{"longValue": 3}` is 3, `{"isNull": true}` is None."""
    if field.get("isNull"):
        return None
    return next(iter(field.values()))
