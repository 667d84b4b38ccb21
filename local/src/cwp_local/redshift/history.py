"""All statements since the start, in memory: who is next, how each ended, for 24 hours.

Every change goes through here, under one lock, and wakes those who wait for a statement to end.
A restart forgets the history, as it forgets what was queued: a caller whose statement is unknown
must find out from the warehouse itself whether it ran.
"""

import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from cwp_local.redshift.errors import ApiError, not_found, validation
from cwp_local.redshift.statements import (
    ABORTED,
    ENDED,
    FAILED,
    FINISHED,
    KEPT,
    PICKED,
    STARTED,
    SUBMITTED,
    Outcome,
    Part,
    Statement,
    Submission,
)

#: How long a client token stands for its first request.
TOKENS_KEPT = timedelta(hours=8)
_MOST_ACTIVE = 500


class History:
    """Statements by id.

    Args:
        clock: the time, aware, UTC.
        most_active: submissions beyond so many unfinished statements are refused.
    """

    def __init__(self, clock: Callable[[], datetime], most_active: int = _MOST_ACTIVE) -> None:
        self._clock = clock
        self._most_active = most_active
        self._changed = threading.Condition()
        self._statements: dict[str, Statement] = {}
        self._tokens: dict[str, tuple[str, str, datetime]] = {}
        self._query_ids = count(1)

    def submit(
        self,
        submission: Submission,
        token: str,
        bind: Callable[[Statement], None] = lambda _: None,
    ) -> tuple[Statement, bool]:
        """Take a request; the statement, and whether it is new.

        A new one is bound to its session by `bind`, which may refuse it.

        Raises:
            ApiError: too many are active, or the token stands for another request.
        """
        with self._changed:
            now = self._clock()
            self._forget(now)
            if earlier := self._tokens.get(token):
                statement_id, fingerprint, _ = earlier
                if fingerprint != submission.fingerprint:
                    raise validation(f"ClientToken {token} was used for another request")
                return self._statements[statement_id], False
            if self._active() >= self._most_active:
                raise ApiError(
                    "ActiveStatementsExceededException",
                    f"Active statements exceeded the allowed quota ({self._most_active}).",
                )
            statement = self._new(submission, now)
            bind(statement)
            self._statements[statement.id] = statement
            if token:
                self._tokens[token] = (statement.id, submission.fingerprint, now)
            return statement, True

    def _new(self, submission: Submission, now: datetime) -> Statement:
        parts = [Part(sql, now, next(self._query_ids)) for sql in submission.sqls]
        return Statement(str(uuid.uuid4()), submission, now, parts)

    def _active(self) -> int:
        return sum(not statement.ended for statement in self._statements.values())

    def _forget(self, now: datetime) -> None:
        """Drop what was kept long enough."""
        self._statements = {
            key: statement
            for key, statement in self._statements.items()
            if not statement.ended or now - (statement.updated_at or now) < KEPT
        }
        self._tokens = {
            token: entry
            for token, entry in self._tokens.items()
            if now - entry[2] < TOKENS_KEPT and entry[0] in self._statements
        }

    def find(self, statement_id: str) -> tuple[Statement, int | None]:
        """The statement, and which of its parts `statement_id` names (`id:2` is 1).

        Raises:
            ApiError: `ResourceNotFoundException`.
        """
        key, _, number = statement_id.partition(":")
        with self._changed:
            self._forget(self._clock())
            statement = self._statements.get(key)
            place = int(number) - 1 if number else None
            if statement is None or (place is not None and not self._has(statement, place)):
                raise not_found("Query does not exist.", statement_id)
            return statement, place

    @staticmethod
    def _has(statement: Statement, place: int) -> bool:
        return statement.submission.is_batch and 0 <= place < len(statement.parts)

    def read(self, look: Callable[[], Any]) -> Any:
        """What `look` sees while nothing changes."""
        with self._changed:
            return look()

    def all(self) -> list[Statement]:
        """Every statement, newest first."""
        with self._changed:
            self._forget(self._clock())
            return list(reversed(self._statements.values()))

    def wait(self, statement: Statement, seconds: float) -> None:
        """Return when the statement has ended, or after `seconds`."""
        with self._changed:
            self._changed.wait_for(lambda: statement.ended, timeout=seconds)

    def pick(self, statement: Statement) -> bool:
        """Take it to be run; False if it was cancelled before."""
        with self._changed:
            if statement.ended:
                return False
            self._set(statement, PICKED)
            return True

    def start(self, statement: Statement) -> None:
        """It runs now."""
        with self._changed:
            self._set(statement, STARTED)

    def start_part(self, part: Part) -> None:
        """One of its SQLs runs now."""
        with self._changed:
            part.status, part.updated_at = STARTED, self._clock()

    def end_part(
        self, part: Part, outcome: Outcome | None, error: str = "", duration_ns: int = -1
    ) -> None:
        """One of its SQLs has ended; without an outcome it failed."""
        with self._changed:
            part.status = FINISHED if outcome else FAILED
            part.outcome = outcome or Outcome()
            part.error, part.duration_ns, part.updated_at = error, duration_ns, self._clock()

    def end(self, statement: Statement, status: str, error: str = "") -> None:
        """The statement has ended; parts that never ran are ABORTED."""
        with self._changed:
            for part in statement.parts:
                if part.status not in ENDED:
                    part.status, part.updated_at = ABORTED, self._clock()
            statement.error = error
            self._set(statement, status)

    def cancel(self, statement: Statement) -> bool:
        """Ask for the end of a statement; True if it ended at once, because it had not begun.

        Raises:
            ApiError: it has ended already.
        """
        with self._changed:
            if statement.ended:
                raise validation(
                    f"Could not cancel a query that is already in {statement.status} state "
                    f"with ID: {statement.id}"
                )
            statement.cancelled = True
            if statement.status != SUBMITTED:
                return False
            self.end(statement, ABORTED)
            return True

    def _set(self, statement: Statement, status: str) -> None:
        statement.status, statement.updated_at = status, self._clock()
        self._changed.notify_all()
