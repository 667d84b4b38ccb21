"""How politely requests were made: counted from the log, so that tests can assert it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from cwp_local.sandbox.model_base import Model
from cwp_local.sandbox.models import LogEntry
from cwp_shared.clock import UtcTime, iso_seconds

_MINUTE = timedelta(minutes=1)
_FIRST_REFUSAL = 400


class LogSummary(Model):
    """Requests to the API, those of one company if one was asked for.

    `minutes` counts by UTC minute; `most_in_a_minute` is of any 60 seconds. `most_at_once` counts
    requests whose answers were under way together, to the last byte handed to the connection.
    `pages` were served whole; `tables` counts requests by table. A retry is a request like
    one that had failed at most `retry_within` seconds before; an early one began while a
    Retry-After of its company was running. `complete` is false if the log has forgotten some.
    """

    company: str | None
    last: int
    complete: bool
    requests: int
    failed: int
    pages: int
    most_at_once: int
    most_in_a_minute: int
    minutes: Mapping[str, int]
    statuses: Mapping[str, int]
    tables: Mapping[str, int]
    retries: int
    early: int
    first: UtcTime | None
    latest: UtcTime | None


def counted(entries: Iterable[LogEntry], company: str | None) -> list[LogEntry]:
    """The entries that a summary is of; what steers the sandbox is no request to the API."""
    wanted = company and company.lower()
    return [
        entry
        for entry in entries
        if not entry.path.startswith("/_sandbox")
        and (wanted is None or (entry.company or "").lower() == wanted)
    ]


def figures(entries: Sequence[LogEntry], retry_within: int) -> dict[str, object]:
    """The figures of a summary; entries in the order in which they ended."""
    started = sorted(entry.started for entry in entries)
    return {
        "requests": len(entries),
        "failed": sum(map(_failed, entries)),
        "pages": sum(entry.kind == "page" and not _failed(entry) for entry in entries),
        "most_at_once": _most_at_once(entries),
        "most_in_a_minute": _most_within(started, _MINUTE),
        "minutes": Counter(f"{iso_seconds(at)[:16]}Z" for at in started),
        "statuses": _sorted(Counter(_outcome(entry) for entry in entries)),
        "tables": _sorted(Counter(entry.table for entry in entries if entry.table)),
        "retries": _retries(entries, timedelta(seconds=retry_within)),
        "early": _early(entries),
        "first": started[0] if started else None,
        "latest": started[-1] if started else None,
    }


def _failed(entry: LogEntry) -> bool:
    return entry.status >= _FIRST_REFUSAL or entry.ends != "whole"


def _outcome(entry: LogEntry) -> str:
    return str(entry.status) if entry.ends == "whole" else entry.ends


def _sorted(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items()))


def _most_at_once(entries: Iterable[LogEntry]) -> int:
    # Of two at the same instant the end comes first: one request after another is one at once.
    steps = sorted([(entry.started, 1) for entry in entries] + [(e.ended, -1) for e in entries])
    most = at_once = 0
    for _, step in steps:
        at_once += step
        most = max(most, at_once)
    return most


def _most_within(started: Sequence[datetime], span: timedelta) -> int:
    most = first = 0
    for place, at in enumerate(started):
        while started[first] <= at - span:
            first += 1
        most = max(most, place - first + 1)
    return most


def _retries(entries: Iterable[LogEntry], within: timedelta) -> int:
    failed: dict[tuple[str | None, str, str, str], datetime] = {}
    retries = 0
    for entry in sorted(entries, key=lambda entry: entry.started):
        key = (entry.company, entry.method, entry.path, entry.query)
        if key in failed and entry.started - failed[key] <= within:
            retries += 1
        if _failed(entry):
            failed[key] = entry.ended
        else:
            failed.pop(key, None)
    return retries


def _early(entries: Iterable[LogEntry]) -> int:
    until: dict[str | None, datetime] = {}
    early = 0
    for entry in sorted(entries, key=lambda entry: entry.started):
        early += entry.company in until and entry.started < until[entry.company]
        if entry.retry_after is not None:
            until[entry.company] = entry.ended + timedelta(seconds=entry.retry_after)
    return early
