"""The last requests, so that tests can ask how politely they were made."""

import threading
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from cwp_local.sandbox.calls import Answer, Call
from cwp_local.sandbox.log_summary import LogSummary, counted, figures
from cwp_local.sandbox.models import LogEntry, LogPage
from cwp_shared.clock import Clock

_KEPT = 20_000
_LONGEST_QUERY = 2_000
#: A retry is one that comes so soon after the failure.
RETRY_WITHIN_S = 60


@dataclass(frozen=True)
class Begun:
    """A request that is under way; `at_once` are those of its company that are, itself included."""

    company: str | None
    started: datetime
    at_once: int


class RequestLog:
    """Bounded; the oldest entries go first. Entries are in the order in which requests ended."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[LogEntry] = deque(maxlen=_KEPT)
        self._last = 0
        self._under_way: Counter[str | None] = Counter()

    def begin(self, company: str | None) -> Begun:
        """Note that a request came; every one ends with `end`."""
        with self._lock:
            self._under_way[company] += 1
            return Begun(company, self._clock(), self._under_way[company])

    def end(self, begun: Begun, call: Call, answer: Answer) -> None:
        """Note that an answer has been handed to its connection, or will never be."""
        ended = self._clock()
        wait = answer.headers.get("Retry-After", "")
        with self._lock:
            self._under_way -= Counter([begun.company])
            self._last += 1
            entry = LogEntry(
                seq=self._last,
                time=ended,
                company=begun.company,
                method=call.method,
                path=call.path,
                query=call.query[:_LONGEST_QUERY],
                status=answer.status,
                ms=round((ended - begun.started) / timedelta(milliseconds=1), 2),
                started=begun.started,
                ended=ended,
                at_once=begun.at_once,
                table=answer.asked.table if answer.asked else None,
                kind=answer.asked.kind if answer.asked else None,
                ends=answer.delivery.ends,
                retry_after=int(wait) if wait.isdecimal() else None,
            )
            self._entries.append(entry)

    def since(self, seq: int) -> LogPage:
        """Entries after `seq`."""
        with self._lock:
            return LogPage(entries=tuple(self._after(seq)), last=self._last)

    def summary(
        self, company: str | None = None, since: int = 0, retry_within: int = RETRY_WITHIN_S
    ) -> LogSummary:
        """What the requests after `since` add up to."""
        with self._lock:
            entries, last = list(self._after(since)), self._last
            forgotten = last - len(self._entries)
        found = figures(counted(entries, company), retry_within)
        return LogSummary.model_validate(
            {"company": company, "last": last, "complete": since >= forgotten, **found}
        )

    def _after(self, seq: int) -> Iterable[LogEntry]:
        first = self._last - len(self._entries)
        return islice(self._entries, max(0, seq - first), None)
