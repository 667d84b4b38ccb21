"""What a request asks to run, and how far it is: a statement and its parts.

A single ExecuteStatement is a statement of one part; a batch has one part per SQL, `id:1`,
`id:2`, ... Statuses: SUBMITTED, PICKED, STARTED, then FINISHED, FAILED or ABORTED.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from cwp_local.redshift.callers import ADMINISTRATOR, Caller
from cwp_local.redshift.results import ResultSet

SUBMITTED: Final = "SUBMITTED"
PICKED: Final = "PICKED"
STARTED: Final = "STARTED"
FINISHED: Final = "FINISHED"
FAILED: Final = "FAILED"
ABORTED: Final = "ABORTED"
ENDED: Final = frozenset({FINISHED, FAILED, ABORTED})

#: How long a finished statement and its result are kept.
KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Submission:
    """A request to run SQL, checked."""

    sqls: tuple[str, ...]
    database: str
    workgroup: str
    is_batch: bool
    name: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    with_event: bool = False
    auto_commit: bool = False
    #: The session that was asked for, and for how long after this it is to be kept.
    session_id: str = ""
    alive_s: int | None = None
    result_format: str = "JSON"

    @property
    def fingerprint(self) -> str:
        """Equal for equal requests."""
        said = [self.sqls, self.database, self.workgroup, self.is_batch, self.name]
        said += [dict(self.parameters), self.with_event, self.auto_commit]
        said += [self.session_id, self.alive_s, self.result_format]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True)
class Outcome:
    """What one SQL gave: rows returned or changed (-1: neither), and the result of a query."""

    rows: int = -1
    result: ResultSet | None = None


@dataclass
class Part:
    """One SQL of a statement."""

    sql: str
    created_at: datetime
    query_id: int
    status: str = SUBMITTED
    error: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    updated_at: datetime | None = None
    duration_ns: int = -1
    #: Whether it has run for longer than a query may.
    is_late: bool = False

    def described(self, part_id: str) -> dict[str, Any]:
        """`SubStatementData`."""
        return {
            "Id": part_id,
            "CreatedAt": self.created_at,
            "Duration": self.duration_ns,
            "HasResultSet": self.outcome.result is not None,
            "QueryString": self.sql,
            "RedshiftQueryId": self.query_id,
            "ResultRows": self.outcome.rows,
            "ResultSize": self.outcome.result.size if self.outcome.result else -1,
            "Status": self.status,
            "UpdatedAt": self.updated_at or self.created_at,
        } | ({"Error": self.error} if self.error else {})


@dataclass
class Statement:
    """A request on its way. Changed only by the history, under its lock."""

    id: str
    submission: Submission
    created_at: datetime
    parts: list[Part]
    status: str = SUBMITTED
    error: str = ""
    updated_at: datetime | None = None
    cancelled: bool = False
    #: The session that it runs in, if that outlives it.
    session_id: str = ""
    owner: Caller = ADMINISTRATOR

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in ENDED

    @property
    def rows(self) -> int:
        """`ResultRows` of a single statement; a batch has none of its own."""
        return -1 if self.submission.is_batch else self.parts[0].outcome.rows

    def part_id(self, place: int) -> str:
        """The id of the part at `place` (from 0)."""
        return f"{self.id}:{place + 1}" if self.submission.is_batch else self.id

    def accepted(self) -> dict[str, Any]:
        """The answer of ExecuteStatement and BatchExecuteStatement."""
        answer: dict[str, Any] = {
            "CreatedAt": self.created_at,
            "Database": self.submission.database,
            "HasResultSet": any(part.outcome.result for part in self.parts),
            "Id": self.id,
            "Status": self.status,
            "WorkgroupName": self.submission.workgroup,
        }
        return answer | ({"SessionId": self.session_id} if self.session_id else {})

    def described(self) -> dict[str, Any]:
        """The answer of DescribeStatement for the whole statement."""
        first = self.parts[0]
        single = not self.submission.is_batch
        result = first.outcome.result if single else None
        durations = [part.duration_ns for part in self.parts if part.duration_ns >= 0]
        answer = self.accepted() | {
            "Duration": sum(durations) if durations else -1,
            "QueryString": first.sql if single else "",
            "RedshiftPid": 1,
            "RedshiftQueryId": first.query_id if single else -1,
            "ResultFormat": self.submission.result_format,
            "ResultRows": self.rows,
            "ResultSize": result.size if result else -1,
            "UpdatedAt": self.updated_at or self.created_at,
        }
        if self.error:
            answer["Error"] = self.error
        if parameters := self.listed_parameters():
            answer["QueryParameters"] = parameters
        if self.submission.is_batch:
            answer["ExecutionMode"] = (
                "AUTO_COMMIT" if self.submission.auto_commit else "TRANSACTION"
            )
            answer["SubStatements"] = [
                part.described(self.part_id(place)) for place, part in enumerate(self.parts)
            ]
        return answer

    def described_part(self, place: int) -> dict[str, Any]:
        """The answer of DescribeStatement for one part of a batch."""
        submission = self.submission
        return self.parts[place].described(self.part_id(place)) | {
            "Database": submission.database,
            "RedshiftPid": 1,
            "WorkgroupName": submission.workgroup,
        }

    def listed(self) -> dict[str, Any]:
        """`StatementData` of ListStatements."""
        submission = self.submission
        entry: dict[str, Any] = {
            "CreatedAt": self.created_at,
            "Id": self.id,
            "IsBatchStatement": submission.is_batch,
            "ResultFormat": submission.result_format,
            "StatementName": submission.name,
            "Status": self.status,
            "UpdatedAt": self.updated_at or self.created_at,
        } | ({"SessionId": self.session_id} if self.session_id else {})
        if parameters := self.listed_parameters():
            entry["QueryParameters"] = parameters
        if submission.is_batch:
            return entry | {"QueryStrings": list(submission.sqls)}
        return entry | {"QueryString": submission.sqls[0]}

    def listed_parameters(self) -> list[dict[str, str]]:
        """The parameters as the API lists them."""
        given = self.submission.parameters
        return [{"name": name, "value": value} for name, value in given.items()]
