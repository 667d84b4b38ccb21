"""Running one statement in one session: its transaction, its parts, its failure."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cwp_local.redshift.copy.command import CopyCommand
from cwp_local.redshift.copy.load import run_copy
from cwp_local.redshift.errors import Interrupted, SqlError
from cwp_local.redshift.faults import Fail, Faults
from cwp_local.redshift.history import History
from cwp_local.redshift.objects import Roles
from cwp_local.redshift.sql.catalog import Context
from cwp_local.redshift.sql.plan import Plan, control_of, plan
from cwp_local.redshift.statements import ABORTED, FAILED, FINISHED, Outcome, Part, Statement
from cwp_local.redshift.system_views import VIEWS
from cwp_local.redshift.warehouse import Session

#: `max_query_execution_time` of our workgroup (shared/resources/warehouse.yml).
QUERY_LIMIT_S: Final = 3_600.0


class Execution:
    """Runs statements and tells the history how they go; a query that takes too long fails."""

    def __init__(
        self,
        history: History,
        roles: Roles,
        faults: Faults,
        query_limit_s: float = QUERY_LIMIT_S,
    ) -> None:
        self._history = history
        self._roles = roles
        self._faults = faults
        self._query_limit_s = query_limit_s
        self._fault: Fail | None = None

    def run(self, statement: Statement, session: Session) -> None:
        """Run all parts: in one transaction, or in AUTO_COMMIT mode in one each."""
        self._history.start(statement)
        self._fault = self._faults.take(Fail, statement.submission.name)
        try:
            if session.is_open or _controls(statement):
                self._within(statement, session)
            elif statement.submission.auto_commit:
                self._one_by_one(statement, session)
            else:
                self._together(statement, session)
        except Interrupted:
            self._history.end(statement, ABORTED)

    def _together(self, statement: Statement, session: Session) -> None:
        """All parts or none; the first failure ends it."""
        session.begin()
        try:
            for place in range(len(statement.parts)):
                self._part(statement, place, session)
            _check_cancelled(statement)
            session.commit()
        except SqlError as error:
            session.rollback()
            self._history.end(statement, FAILED, _whole_error(statement, error))
        except BaseException:
            session.rollback()
            raise
        else:
            self._history.end(statement, FINISHED)

    def _within(self, statement: Statement, session: Session) -> None:
        """In a transaction that the session's statements begin and end themselves."""
        error = ""
        for place in range(len(statement.parts)):
            try:
                self._part(statement, place, session)
            except SqlError as failure:
                error = _whole_error(statement, failure)
                break
        self._history.end(statement, FAILED if error else FINISHED, error)

    def _one_by_one(self, statement: Statement, session: Session) -> None:
        """Each part by itself; one failure does not keep the others from running."""
        first_error = ""
        for place in range(len(statement.parts)):
            session.begin()
            try:
                self._part(statement, place, session)
                session.commit()
            except SqlError as error:
                session.rollback()
                first_error = first_error or _whole_error(statement, error)
            except BaseException:
                session.rollback()
                raise
        self._history.end(statement, FAILED if first_error else FINISHED, first_error)

    def _part(self, statement: Statement, place: int, session: Session) -> None:
        part = statement.parts[place]
        _check_cancelled(statement)
        self._history.start_part(part)
        begun = time.monotonic_ns()
        try:
            self._fail_on_command(statement, place)
            with self._limited(statement, part, session):
                outcome = self._outcome(statement, part, session)
        except SqlError as error:
            self._history.end_part(part, None, f"ERROR: {error}", time.monotonic_ns() - begun)
            raise
        self._history.end_part(part, outcome, duration_ns=time.monotonic_ns() - begun)

    @contextmanager
    def _limited(self, statement: Statement, part: Part, session: Session) -> Iterator[None]:
        def stop() -> None:
            part.is_late = True
            session.interrupt()

        timer = threading.Timer(self._query_limit_s, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Interrupted:
            if statement.cancelled or not part.is_late:
                raise
            raise SqlError(
                f"Query ({part.query_id}) cancelled by WLM abort action of Query Monitoring Rule "
                '"max_query_execution_time"'
            ) from None
        finally:
            timer.cancel()

    def _fail_on_command(self, statement: Statement, place: int) -> None:
        fault = self._fault
        if fault and place == fault.place(len(statement.parts)):
            raise SqlError(fault.text)

    def _outcome(self, statement: Statement, part: Part, session: Session) -> Outcome:
        submission = statement.submission
        if statement.session_id and (control := control_of(part.sql)):
            session.control(control)
            return Outcome()
        in_batch = session.is_open or (submission.is_batch and not submission.auto_commit)
        self._offer_views(part.sql, session)
        context = Context(session, submission.database, in_batch=in_batch)
        steps = plan(part.sql, submission.parameters, context)
        if isinstance(steps, CopyCommand):
            reader = self._roles.reader(steps.role)
            rows = run_copy(steps, context, session, reader, lambda: _check_going(statement, part))
            return Outcome(rows)
        return _run(steps, session)

    def _offer_views(self, sql: str, session: Session) -> None:
        """Fill the views of the history that a statement reads, as things stand now."""
        for name in (name for name in VIEWS if name in sql.lower()):
            statements = self._history.all()
            session.offer(name, self._history.read(lambda: VIEWS[name](statements)))  # noqa: B023 - called at once


def _run(steps: Plan, session: Session) -> Outcome:
    if steps.gives == "nothing":
        for step in steps.statements:
            session.run(step)
        return Outcome()
    for step in steps.statements[:-1]:
        session.run(step)
    last = steps.statements[-1]
    if steps.gives == "count":
        return Outcome(session.count(last))
    result = session.rows(last)
    return Outcome(len(result.records), result)


def _controls(statement: Statement) -> bool:
    """Whether it begins or ends a transaction of its session: a statement by itself."""
    single = statement.session_id and not statement.submission.is_batch
    return bool(single and control_of(statement.parts[0].sql))


def _check_cancelled(statement: Statement) -> None:
    if statement.cancelled:
        raise Interrupted("Query cancelled on user's request")


def _check_going(statement: Statement, part: Part) -> None:
    """An interrupt between two queries of a COPY stops nothing."""
    _check_cancelled(statement)
    if part.is_late:
        raise Interrupted("Query cancelled")


def _whole_error(statement: Statement, error: SqlError) -> str:
    """The statement's own error: of a batch it says which query, counted from 1."""
    if not statement.submission.is_batch:
        return f"ERROR: {error}"
    failed = [place for place, part in enumerate(statement.parts, 1) if part.status == FAILED]
    return f"Query #{failed[-1]} failed with ERROR: {error}" if failed else f"ERROR: {error}"
