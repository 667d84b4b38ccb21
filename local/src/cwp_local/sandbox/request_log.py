"""The last requests, so that tests can ask how politely they were made."""

import threading
from collections import deque
from itertools import islice

from cwp_local.sandbox.models import LogEntry, LogPage
from cwp_shared.clock import Clock

_KEPT = 20_000
_LONGEST_QUERY = 2_000


class RequestLog:
    """Bounded; the oldest entries go first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=_KEPT)
        self._last = 0

    def add(
        self,
        *,
        company: str | None,
        method: str,
        path: str,
        query: str,
        status: int,
        ms: float,
    ) -> None:
        """Note a request that was answered just now."""
        with self._lock:
            self._last += 1
            entry = LogEntry(
                seq=self._last,
                time=self._clock(),
                company=company,
                method=method,
                path=path,
                query=query[:_LONGEST_QUERY],
                status=status,
                ms=round(ms, 2),
            )
            self._entries.append(entry)

    def since(self, seq: int) -> LogPage:
        """Entries after `seq`."""
        with self._lock:
            first = self._last - len(self._entries)
            entries = tuple(islice(self._entries, max(0, seq - first), None))
            return LogPage(entries=entries, last=self._last)
