"""One thread that runs statements in the order they came."""

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from cwp_local.redshift.execute import Execution
from cwp_local.redshift.faults import Faults, Wait
from cwp_local.redshift.history import History
from cwp_local.redshift.sessions import Sessions
from cwp_local.redshift.statements import ABORTED, FAILED, Statement
from cwp_local.redshift.warehouse import Session, Warehouse

logger = logging.getLogger(__name__)

#: What a statement may still take when the server is asked to stop.
_GRACE_SECONDS = 5.0
_INTERRUPTS = 100
_PAUSE_SECONDS = 0.05


class Worker:
    """Runs what it is given, one statement at a time, each in a session of its own or a kept one.

    A statement that is to wait (a fault) is put back by a timer when its time has come.

    Args:
        on_end: told of each statement after it has ended, in the order they ended.
    """

    def __init__(
        self,
        warehouse: Warehouse,
        history: History,
        execution: Execution,
        faults: Faults,
        sessions: Sessions,
        on_end: Callable[[Statement], None],
    ) -> None:
        self._warehouse = warehouse
        self._sessions = sessions
        self._history = history
        self._execution = execution
        self._faults = faults
        self._on_end = on_end
        self._waiting: queue.SimpleQueue[Statement | None] = queue.SimpleQueue()
        self._running: tuple[Statement, Session] | None = None
        self._postponed_once: set[str] = set()
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="redshift-worker", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def enqueue(self, statement: Statement) -> None:
        """Run it after all that came before."""
        self._waiting.put(statement)

    def cancel(self, statement: Statement) -> None:
        """Keep it from running, or stop it while it runs.

        Raises:
            ApiError: it has ended already.
        """
        if self._history.cancel(statement):
            self._on_end(statement)
            return
        # An interrupt between two of its queries stops nothing, so it is repeated.
        for _ in range(_INTERRUPTS):
            if statement.ended:
                return
            self._interrupt(statement)
            self._history.wait(statement, _PAUSE_SECONDS)

    def stop(self) -> None:
        """Let the running statement end, or interrupt it; what waits is aborted."""
        self._stopping = True
        self._waiting.put(None)
        self._thread.join(_GRACE_SECONDS)
        for _ in range(_INTERRUPTS):
            if not self._thread.is_alive():
                return
            self._interrupt(None)
            self._thread.join(_PAUSE_SECONDS)

    def _interrupt(self, statement: Statement | None) -> None:
        """Interrupt `statement` if it is the one that runs; None: whichever runs."""
        running = self._running
        if running and (statement is None or statement is running[0]):
            # If it has ended meanwhile, its session is closed and this does nothing.
            running[1].interrupt()

    def _work(self) -> None:
        while (statement := self._waiting.get()) is not None:
            if self._stopping:
                self._history.end(statement, ABORTED, "the local Redshift was stopped")
                self._on_end(statement)
            elif not self._postponed(statement) and self._history.pick(statement):
                self._run(statement)
                self._on_end(statement)

    def _postponed(self, statement: Statement) -> bool:
        """Whether it is to wait; once at most, and it stays SUBMITTED meanwhile."""
        if statement.id in self._postponed_once:
            self._postponed_once.remove(statement.id)
            return False
        fault = self._faults.take(Wait, statement.submission.name)
        if fault is None:
            return False
        self._postponed_once.add(statement.id)
        timer = threading.Timer(fault.seconds, self._waiting.put, (statement,))
        timer.daemon = True
        timer.start()
        return True

    def _session(self, statement: Statement) -> AbstractContextManager[Session]:
        if statement.session_id:
            return nullcontext(self._sessions.connection(statement.session_id))
        return self._warehouse.session(statement.submission.database)

    def _run(self, statement: Statement) -> None:
        try:
            with self._session(statement) as session:
                self._running = (statement, session)
                self._execution.run(statement, session)
        except Exception as error:
            # A bug of ours must not end the thread: all later statements would wait for ever.
            logger.exception("statement %s failed inside the local Redshift", statement.id)
            self._history.end(statement, FAILED, f"ERROR: Internal error: {error}")
        finally:
            self._running = None
