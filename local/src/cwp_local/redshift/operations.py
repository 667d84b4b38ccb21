"""The calls of the Data API, over the history and the worker. Bodies are checked already."""

import uuid
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any

from cwp_local.redshift.callers import ADMINISTRATOR, Caller
from cwp_local.redshift.errors import ApiError, not_found, validation
from cwp_local.redshift.faults import Faults, Refuse
from cwp_local.redshift.history import History
from cwp_local.redshift.listings import Listings
from cwp_local.redshift.results import ResultSet
from cwp_local.redshift.sessions import AVAILABLE, BUSY, Sessions
from cwp_local.redshift.sql import parameters
from cwp_local.redshift.statements import FINISHED, Statement, Submission
from cwp_local.redshift.warehouse import Warehouse
from cwp_local.redshift.worker import Worker

Body = dict[str, Any]

#: 100 KB of SQL in one statement.
LONGEST_STATEMENT = 100 * 1024
_STATEMENTS_PER_PAGE = 100
_ENTRIES_PER_PAGE = 1_000
#: What is documented, and not here: said at once instead of ignored.
_NOT_HERE = {
    "ClusterIdentifier": "it is serverless",
    "DbUser": "it is serverless",
    "SecretArn": "it has no passwords",
}
#: What a session has of its own.
_OF_SESSION = ("WorkgroupName", "Database")


class Operations:
    """The calls, by name, as `caller` makes them: he has his own statements and sessions only."""

    def __init__(
        self,
        history: History,
        worker: Worker,
        faults: Faults,
        sessions: Sessions,
        warehouse: Warehouse,
        caller: Caller = ADMINISTRATOR,
    ) -> None:
        self._caller = caller
        self._history = history
        self._worker = worker
        self._faults = faults
        self._sessions = sessions
        self._listings = Listings(warehouse)
        self.calls: dict[str, Callable[[Body], Body]] = {
            "BatchExecuteStatement": self.batch_execute_statement,
            "CancelStatement": self.cancel_statement,
            "DescribeStatement": self.describe_statement,
            "DescribeTable": self.describe_table,
            "ExecuteStatement": self.execute_statement,
            "GetStatementResult": self.get_statement_result,
            "GetStatementResultV2": self.get_statement_result_v2,
            "ListDatabases": self.list_databases,
            "ListSchemas": self.list_schemas,
            "ListSessions": self.list_sessions,
            "ListStatements": self.list_statements,
            "ListTables": self.list_tables,
        }

    def by(self, caller: Caller) -> "Operations":
        """The same, as another caller makes them."""
        changed = copy(self)
        changed._caller = caller  # noqa: SLF001 - of this class
        changed.calls = {name: getattr(changed, call.__name__) for name, call in self.calls.items()}
        return changed

    def _found(self, statement_id: str) -> tuple[Statement, int | None]:
        statement, place = self._history.find(statement_id)
        if statement.owner.role != self._caller.role:
            raise not_found("Query does not exist.", statement_id)
        return statement, place

    def execute_statement(self, body: Body) -> Body:
        """Run one statement, in a transaction of its own."""
        return self._submit(body, (body["Sql"],), is_batch=False)

    def batch_execute_statement(self, body: Body) -> Body:
        """Run up to 40 statements in order, in one transaction unless AUTO_COMMIT."""
        return self._submit(body, tuple(body["Sqls"]), is_batch=True)

    def _submit(self, body: Body, sqls: tuple[str, ...], *, is_batch: bool) -> Body:
        submission = self._submission(body, sqls, is_batch=is_batch)
        if refusal := self._faults.take(Refuse, submission.name):
            raise ApiError(refusal.error, "refused on command", StatementId=str(uuid.uuid4()))
        token = body.get("ClientToken", "")
        statement, new = self._history.submit(submission, token, self._bind)
        if new:
            self._worker.enqueue(statement)
        self._wait(statement, body)
        return self._read(statement.accepted)

    def describe_statement(self, body: Body) -> Body:
        """How a statement, or one part of a batch, stands."""
        statement, place = self._found(body["Id"])
        self._wait(statement, body)
        if place is None:
            return self._read(statement.described)
        return self._read(lambda: statement.described_part(place))

    def _submission(self, body: Body, sqls: tuple[str, ...], *, is_batch: bool) -> Submission:
        if session_id := body.get("SessionId"):
            if given := [name for name in _OF_SESSION if body.get(name)]:
                raise validation(f"{given[0]} cannot be given with SessionId, which has its own")
            kept = self._history.read(lambda: self._sessions.claim(session_id, None, self._caller))
            body = body | {"WorkgroupName": kept.workgroup, "Database": kept.database}
        return _submission(body, sqls, is_batch=is_batch)

    def _bind(self, statement: Statement) -> None:
        """Have it run in the session it names, or in a new one that is to be kept."""
        submission, statement.owner = statement.submission, self._caller
        if submission.session_id:
            kept = self._sessions.claim(submission.session_id, submission.alive_s, self._caller)
        elif submission.alive_s is not None:
            kept = self._sessions.open(
                submission.database, submission.workgroup, submission.alive_s, self._caller
            )
        else:
            return
        kept.current, statement.session_id = statement, kept.id

    def get_statement_result(self, body: Body) -> Body:
        """One page of a result; of a batch, ask for its parts."""
        return self._result(body, "JSON").page(body.get("NextToken"))

    def get_statement_result_v2(self, body: Body) -> Body:
        """One page of a result in CSV, if that was asked for."""
        return self._result(body, "CSV").csv_page(body.get("NextToken"))

    def _result(self, body: Body, wanted: str) -> ResultSet:
        statement, place = self._found(body["Id"])
        self._wait(statement, body)
        single = not statement.submission.is_batch
        part = statement.parts[place or 0] if single or place is not None else None
        if part is None or statement.status != FINISHED or part.outcome.result is None:
            raise not_found(
                "Query does not have result. Please check query status with DescribeStatement.",
                body["Id"],
            )
        kept = statement.submission.result_format
        if kept != wanted:
            call = "GetStatementResultV2" if kept == "CSV" else "GetStatementResult"
            raise validation(f"The result is kept as {kept}; use {call}")
        return part.outcome.result

    def list_statements(self, body: Body) -> Body:
        """Statements by name and status, newest first; FINISHED ones unless asked otherwise."""
        _check_here(body)
        status = body.get("Status", FINISHED)
        found = [
            statement
            for statement in self._history.all()
            if status in {"ALL", statement.status}
            and statement.owner.role == self._caller.role
            and _matches(statement.submission, body)
        ]
        page = _page("Statements", found, body, _STATEMENTS_PER_PAGE)
        chosen = page["Statements"]
        return page | self._read(lambda: {"Statements": [one.listed() for one in chosen]})

    def list_sessions(self, body: Body) -> Body:
        """The sessions that are not closed, or those of a status; newest first."""
        _check_here(body)
        others = [name for name in ("Status", "WorkgroupName", "Database") if body.get(name)]
        if session_id := body.get("SessionId"):
            if others:
                raise validation(f"{others[0]} cannot be given with SessionId")
            return self._read(
                lambda: {"Sessions": [self._sessions.find(session_id, self._caller).listed()]}
            )
        wanted = {body["Status"]} if body.get("Status") else {AVAILABLE, BUSY}
        listed = self._read(
            lambda: {"all": [kept.listed() for kept in self._sessions.of(self._caller)]}
        )
        found = [
            entry
            for entry in listed["all"]
            if entry["Status"] in wanted
            and all(body.get(name, entry[name]) == entry[name] for name in _OF_SESSION)
        ]
        return _page("Sessions", found, body, _STATEMENTS_PER_PAGE)

    def list_databases(self, body: Body) -> Body:
        """The database that is asked, for there is one warehouse."""
        return _page("Databases", [_database(body)], body)

    def list_schemas(self, body: Body) -> Body:
        """Schemas by pattern."""
        _database(body)
        return _page("Schemas", self._listings.schemas(body.get("SchemaPattern")), body)

    def list_tables(self, body: Body) -> Body:
        """Tables and views by patterns."""
        _database(body)
        tables = self._listings.tables(body.get("SchemaPattern"), body.get("TablePattern"))
        return _page("Tables", tables, body)

    def describe_table(self, body: Body) -> Body:
        """The columns of a table."""
        _database(body)
        if not body.get("Table"):
            raise validation("Table is required")
        columns = self._listings.columns(body.get("Schema"), body["Table"])
        return _page("ColumnList", columns, body) | {"TableName": body["Table"]}

    def cancel_statement(self, body: Body) -> Body:
        """Stop a statement that has not ended."""
        statement, place = self._found(body["Id"])
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


def _check_here(body: Body) -> None:
    for name, reason in _NOT_HERE.items():
        if body.get(name):
            raise validation(f"{name} is not supported by the local Redshift: {reason}")
    if body.get("RoleLevel") is False:
        raise validation("RoleLevel false is not supported by the local Redshift: it has one role")


def _database(body: Body) -> str:
    """The database that a request is about, in the one workgroup there is."""
    _check_here(body)
    for needed in ("WorkgroupName", "Database"):
        if not body.get(needed):
            raise validation(f"{needed} is required to run SQL on a serverless workgroup")
    database: str = body["Database"]
    if body.get("ConnectedDatabase", database) != database:
        raise validation("ConnectedDatabase is not supported by the local Redshift: it has one")
    return database


def _page(name: str, found: Sequence[Any], body: Body, usual: int = _ENTRIES_PER_PAGE) -> Body:
    start = _start(body.get("NextToken"), len(found))
    end = start + (body.get("MaxResults") or usual)
    return {name: list(found[start:end])} | ({"NextToken": str(end)} if end < len(found) else {})


def _submission(body: Body, sqls: tuple[str, ...], *, is_batch: bool) -> Submission:
    _database(body)
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
        session_id=body.get("SessionId", ""),
        alive_s=body.get("SessionKeepAliveSeconds"),
        result_format=body.get("ResultFormat", "JSON"),
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
