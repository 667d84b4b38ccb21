"""The six calls of the Data API, over the history and the worker. Bodies are checked already."""

import uuid
from collections.abc import Callable
from typing import Any

from cwp_local.redshift.errors import ApiError, not_found, validation
from cwp_local.redshift.faults import Faults, Refuse
from cwp_local.redshift.history import History
from cwp_local.redshift.sql import parameters
from cwp_local.redshift.statements import FINISHED, Statement, Submission
from cwp_local.redshift.worker import Worker

Body = dict[str, Any]

#: 100 KB of SQL in one statement.
LONGEST_STATEMENT = 100 * 1024
_STATEMENTS_PER_PAGE = 100
#: What is documented, and not here: said at once instead of ignored.
_NOT_HERE = ("ClusterIdentifier", "DbUser", "SessionId", "SessionKeepAliveSeconds")


class Operations:
    """The calls, by name."""

    def __init__(self, history: History, worker: Worker, faults: Faults) -> None:
        self._history = history
        self._worker = worker
        self._faults = faults
        self.calls: dict[str, Callable[[Body], Body]] = {
            "BatchExecuteStatement": self.batch_execute_statement,
            "CancelStatement": self.cancel_statement,
            "DescribeStatement": self.describe_statement,
            "ExecuteStatement": self.execute_statement,
            "GetStatementResult": self.get_statement_result,
            "ListStatements": self.list_statements,
        }

    def execute_statement(self, body: Body) -> Body:
        """Run one statement, in a transaction of its own."""
        return self._submit(body, (body["Sql"],), is_batch=False)

    def batch_execute_statement(self, body: Body) -> Body:
        """Run up to 40 statements in order, in one transaction unless AUTO_COMMIT."""
        return self._submit(body, tuple(body["Sqls"]), is_batch=True)

    def _submit(self, body: Body, sqls: tuple[str, ...], *, is_batch: bool) -> Body:
        submission = _submission(body, sqls, is_batch=is_batch)
        if refusal := self._faults.take(Refuse, submission.name):
            raise ApiError(refusal.error, "refused on command", StatementId=str(uuid.uuid4()))
        statement, new = self._history.submit(submission, body.get("ClientToken", ""))
        if new:
            self._worker.enqueue(statement)
        self._wait(statement, body)
        return self._read(statement.accepted)

    def describe_statement(self, body: Body) -> Body:
        """How a statement, or one part of a batch, stands."""
        statement, place = self._history.find(body["Id"])
        self._wait(statement, body)
        if place is None:
            return self._read(statement.described)
        return self._read(lambda: statement.described_part(place))

    def get_statement_result(self, body: Body) -> Body:
        """One page of a result; of a batch, ask for its parts."""
        statement, place = self._history.find(body["Id"])
        self._wait(statement, body)
        single = not statement.submission.is_batch
        part = statement.parts[place or 0] if single or place is not None else None
        if part is None or statement.status != FINISHED or part.outcome.result is None:
            raise not_found(
                "Query does not have result. Please check query status with DescribeStatement.",
                body["Id"],
            )
        return part.outcome.result.page(body.get("NextToken"))

    def list_statements(self, body: Body) -> Body:
        """Statements by name and status, newest first; FINISHED ones unless asked otherwise."""
        status = body.get("Status", FINISHED)
        found = [
            statement
            for statement in self._history.all()
            if status in {"ALL", statement.status} and _matches(statement.submission, body)
        ]
        start = _start(body.get("NextToken"), len(found))
        end = start + (body.get("MaxResults") or _STATEMENTS_PER_PAGE)
        answer = self._read(lambda: {"Statements": [s.listed() for s in found[start:end]]})
        return answer | ({"NextToken": str(end)} if end < len(found) else {})

    def cancel_statement(self, body: Body) -> Body:
        """Stop a statement that has not ended."""
        statement, place = self._history.find(body["Id"])
        if place is not None:
            raise validation(f"Cancel the batch itself: {statement.id}")
        self._worker.cancel(statement)
        return {"Status": True}

    def _wait(self, statement: Statement, body: Body) -> None:
        if seconds := body.get("WaitTimeSeconds"):
            self._history.wait(statement, seconds)

    def _read(self, look: Callable[[], Body]) -> Body:
        answer: Body = self._history.read(look)
        return answer


def _submission(body: Body, sqls: tuple[str, ...], *, is_batch: bool) -> Submission:
    if present := [name for name in _NOT_HERE if body.get(name)]:
        raise validation(f"{present[0]} is not supported by the local Redshift: it is serverless")
    for needed in ("WorkgroupName", "Database"):
        if not body.get(needed):
            raise validation(f"{needed} is required to run SQL on a serverless workgroup")
    if body.get("ResultFormat", "JSON") != "JSON":
        raise validation("ResultFormat CSV is not supported by the local Redshift")
    for sql in sqls:
        if not sql.strip():
            raise validation("An SQL statement must not be empty")
        if len(sql.encode()) > LONGEST_STATEMENT:
            raise validation(f"An SQL statement is longer than {LONGEST_STATEMENT} bytes")
    given = {entry["name"]: entry["value"] for entry in body.get("Parameters", [])}
    parameters.check(sqls, given)
    return Submission(
        sqls=sqls,
        database=body["Database"],
        workgroup=body["WorkgroupName"],
        is_batch=is_batch,
        name=body.get("StatementName", ""),
        parameters=given,
        with_event=body.get("WithEvent", False),
        auto_commit=body.get("ExecutionMode") == "AUTO_COMMIT",
        secret_arn=body.get("SecretArn", ""),
    )


def _matches(submission: Submission, body: Body) -> bool:
    return (
        submission.name.startswith(body.get("StatementName", ""))
        and body.get("WorkgroupName", submission.workgroup) == submission.workgroup
        and body.get("Database", submission.database) == submission.database
    )


def _start(token: str | None, entries: int) -> int:
    if not token:
        return 0
    if not token.isdecimal() or int(token) > entries:
        raise validation("Invalid NextToken")
    return int(token)
