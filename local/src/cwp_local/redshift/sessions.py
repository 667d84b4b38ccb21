"""Sessions that outlive their statements: temporary tables and an open transaction stay with them.

A session takes one statement at a time and queues none. It is kept for `SessionKeepAliveSeconds`
after its last statement, for 24 hours at most, and forgotten 24 hours after it was closed.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from cwp_local.redshift.callers import Caller
from cwp_local.redshift.errors import ApiError, not_found, validation
from cwp_local.redshift.statements import KEPT, Statement
from cwp_local.redshift.warehouse import Session, Warehouse

AVAILABLE: Final = "AVAILABLE"
BUSY: Final = "BUSY"
CLOSED: Final = "CLOSED"

_LONGEST = timedelta(hours=24)
_MOST = 500


@dataclass
class Kept:
    """A session. `connection` is there once a statement has run in it, until it is closed."""

    id: str
    database: str
    workgroup: str
    created_at: datetime
    alive_s: int
    owner: Caller
    current: Statement | None = None
    connection: Session | None = None
    closed_at: datetime | None = None

    @property
    def updated_at(self) -> datetime:
        """When something last changed."""
        last = self.current.updated_at if self.current else None
        return self.closed_at or last or self.created_at

    @property
    def ends_at(self) -> datetime:
        """When it is closed, if nothing runs in it until then."""
        kept = self.updated_at + timedelta(seconds=self.alive_s)
        return min(kept, self.created_at + _LONGEST)

    @property
    def status(self) -> str:
        """AVAILABLE, BUSY or CLOSED."""
        if self.closed_at:
            return CLOSED
        return BUSY if self.current and not self.current.ended else AVAILABLE

    def listed(self) -> dict[str, Any]:
        """`SessionData` of ListSessions."""
        entry: dict[str, Any] = {
            "CreatedAt": self.created_at,
            "Database": self.database,
            "SessionAliveSeconds": self.alive_s,
            "SessionId": self.id,
            "SessionTtl": self.ends_at,
            "Status": self.status,
            "UpdatedAt": self.updated_at,
            "WorkgroupName": self.workgroup,
        }
        if self.current and self.status == BUSY:
            entry["CurrentStatementId"] = self.current.id
        return entry


class Sessions:
    """Sessions by id. Used under the history's lock, but for `connection`, the worker's own."""

    def __init__(self, warehouse: Warehouse, clock: Callable[[], datetime]) -> None:
        self._warehouse = warehouse
        self._clock = clock
        self._kept: dict[str, Kept] = {}

    def open(self, database: str, workgroup: str, alive_s: int, owner: Caller) -> Kept:
        """A new session.

        Raises:
            ApiError: `ActiveSessionsExceededException`.
        """
        if sum(kept.status != CLOSED for kept in self.all()) >= _MOST:
            raise ApiError(
                "ActiveSessionsExceededException",
                f"Active sessions exceeded the allowed quota ({_MOST}).",
            )
        kept = Kept(str(uuid.uuid4()), database, workgroup, self._clock(), alive_s, owner)
        self._kept[kept.id] = kept
        return kept

    def claim(self, session_id: str, alive_s: int | None, caller: Caller) -> Kept:
        """The caller's session, for one more statement.

        Raises:
            ApiError: there is none, it is closed, or something runs in it.
        """
        self._close_expired()
        kept = self._kept.get(session_id)
        if kept is None or kept.owner.role != caller.role:
            raise validation(f"Session with Id: {session_id} is invalid.")
        if kept.status != AVAILABLE:
            raise validation("Session is not available.")
        if alive_s is not None:
            kept.alive_s = alive_s
        return kept

    def find(self, session_id: str, caller: Caller) -> Kept:
        """The caller's session, whatever its status.

        Raises:
            ApiError: `ResourceNotFoundException`.
        """
        self._close_expired()
        kept = self._kept.get(session_id)
        if kept is None or kept.owner.role != caller.role:
            raise not_found("Session does not exist.", session_id)
        return kept

    def all(self) -> list[Kept]:
        """Every session, newest first."""
        self._close_expired()
        return list(reversed(self._kept.values()))

    def of(self, caller: Caller) -> list[Kept]:
        """The caller's sessions, newest first."""
        return [kept for kept in self.all() if kept.owner.role == caller.role]

    def connection(self, session_id: str) -> Session:
        """The connection of a session in which a statement is to run."""
        kept = self._kept[session_id]
        if kept.connection is None:
            kept.connection = self._warehouse.session(kept.database)
        return kept.connection

    def close(self) -> None:
        """Close them all; their temporary tables and what they did not commit are gone."""
        for kept in self._kept.values():
            self._close(kept, self._clock())

    def _close_expired(self) -> None:
        now = self._clock()
        for kept in self._kept.values():
            if kept.status == AVAILABLE and now >= kept.ends_at and kept.current:
                self._close(kept, kept.ends_at)
        self._kept = {
            key: kept
            for key, kept in self._kept.items()
            if kept.closed_at is None or now - kept.closed_at < KEPT
        }

    @staticmethod
    def _close(kept: Kept, at: datetime) -> None:
        kept.closed_at = kept.closed_at or at
        if kept.connection:
            kept.connection.__exit__(None, None, None)
            kept.connection = None
