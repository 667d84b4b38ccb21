"""What is asked of the sandbox: each question is a request that is put many times, differently.

Every answer is checked before its time counts; reading JSON is not part of the time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from time import perf_counter
from typing import Any

import requests

from benchmarks.common.results import Line, duration, line
from cwp_local.sandbox.models import CompanyAccess

_API = "/v4_6_release/apis/3.0"
_PAGE = 1000
_TIMEOUT_SECONDS = 600


class WrongAnswerError(Exception):
    """The sandbox answered, but not what was asked."""


@dataclass(frozen=True)
class Ask:
    """One request: its path, its parameters, and what every row of the answer must fulfil."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=dict)
    holds: Callable[[dict[str, Any]], bool] = lambda _: True


@dataclass(frozen=True)
class Question:
    """A kind of request; `times` is a share of the usual number of times.

    `make` makes one, given what was answered to the one before.
    """

    name: str
    make: Callable[[Random, Any], Ask]
    times: float = 1.0


class Client:
    """One connection to the sandbox, as a company's client."""

    def __init__(self, access: CompanyAccess) -> None:
        self._site = access.site
        self._session = requests.Session()
        user = f"{access.company}+{access.public_key.get_secret_value()}"
        self._session.auth = (user, access.private_key.get_secret_value())
        self._session.headers["clientId"] = access.client_id.get_secret_value()

    def ask(self, ask: Ask) -> tuple[float, Any]:
        """Wall seconds until all of the answer was there, and what it says.

        Raises:
            WrongAnswerError: an error, or rows that were not asked for.
        """
        began = perf_counter()
        answer = self._session.get(
            f"{self._site}{_API}{ask.path}",
            params=dict(ask.params),
            headers=dict(ask.headers),
            timeout=_TIMEOUT_SECONDS,
        )
        seconds = perf_counter() - began
        if not answer.ok:
            raise WrongAnswerError(f"{ask}: {answer.status_code} {answer.text[:300]}")
        content = answer.json()
        _check(ask, content)
        return seconds, content


def measured(
    client: Client, question: Question, times: int, cpu_seconds: Callable[[], float]
) -> Line:
    """Put a question several times; the median and p95 of its seconds.

    `cpu_seconds` tells what processor time the sandbox has used: where others work on the same
    machine, that is the steadier figure.
    """
    rng = Random(question.name)  # noqa: S311 - the same questions each time
    count = max(1, round(times * question.times))
    _, content = client.ask(question.make(rng, None))
    answers, used = [], cpu_seconds()
    for _ in range(count):
        seconds, content = client.ask(question.make(rng, content))
        answers.append((seconds, len(content) if isinstance(content, list) else None))
    sizes = [size for _, size in answers if size is not None]
    rows = round(sum(sizes) / len(sizes)) if sizes else None
    used = (cpu_seconds() - used) / count
    note = f"{count} times, {duration(used)} of CPU" + ("" if rows is None else f", {rows:,} rows")
    return line(question.name, [seconds for seconds, _ in answers], rows=rows, note=note)


def questions(last_ids: Mapping[str, int], newest: datetime) -> Iterator[Question]:
    """All that is asked.

    Args:
        last_ids: the highest id of the collections asked for, by path.
        newest: nothing in the data is newer.
    """
    for path in ("/service/tickets", "/time/entries"):
        yield Question(f"{path}: page by keyset", _keyset(path, last_ids[path]))
        yield Question(f"{path}: page, forward-only", _forward(path, last_ids[path]))
    tickets, last = "/service/tickets", last_ids["/service/tickets"]
    for days in (1, 30, 365):
        name = f"{tickets}: page by keyset, {days} days of lastUpdated"
        yield Question(name, _window(tickets, newest, days))
    yield Question(f"{tickets}: count of 1 day", _count(tickets, newest, 1))
    yield Question(f"{tickets}: count of 365 days", _count(tickets, newest, 365))
    yield Question(f"{tickets}: count of all", lambda *_: Ask(f"{tickets}/count", {}))
    yield Question(f"{tickets}: page by number", _numbered(tickets, last), times=0.5)
    yield Question(f"{tickets}: five fields of a page", _fields(tickets, last), times=0.5)
    yield Question(f"{tickets}: page by an unindexed field", _searched(tickets, last), times=0.2)
    name = f"{tickets}: count by an unindexed field"
    yield Question(name, lambda *_: _counted_slowly(tickets), times=0.03)


def _keyset(path: str, last: int) -> Callable[[Random, Any], Ask]:
    def make(rng: Random, _: Any) -> Ask:
        after = int(rng.random() * last)
        params = {"conditions": f"id > {after}", "orderBy": "id", "pageSize": str(_PAGE)}
        return Ask(path, params, holds=lambda row: row["id"] > after)

    return make


def _forward(path: str, last: int) -> Callable[[Random, Any], Ask]:
    def make(rng: Random, _: Any) -> Ask:
        after = int(rng.random() * last)
        params = {"pageId": str(after), "pageSize": str(_PAGE)}
        headers = {"pagination-type": "forward-only"}
        return Ask(path, params, headers, lambda row: row["id"] > after)

    return make


def _span(rng: Random, newest: datetime, days: int) -> tuple[str, str]:
    end = newest - timedelta(days=rng.random() * 300)
    return _text(end - timedelta(days=days)), _text(end)


def _window(path: str, newest: datetime, days: int) -> Callable[[Random, Any], Ask]:
    """Walks through windows: the next page of one, or the first of another."""
    window: tuple[str, str] = ("", "")

    def make(rng: Random, content: Any) -> Ask:
        nonlocal window
        after = content[-1]["id"] if content and len(content) == _PAGE else 0
        if not after:
            window = _span(rng, newest, days)
        start, end = window
        conditions = f"lastUpdated > [{start}] and lastUpdated <= [{end}] and id > {after}"
        params = {"conditions": conditions, "orderBy": "id", "pageSize": str(_PAGE)}
        return Ask(path, params, holds=lambda row: start < row["_info"]["lastUpdated"] <= end)

    return make


def _count(path: str, newest: datetime, days: int) -> Callable[[Random, Any], Ask]:
    def make(rng: Random, _: Any) -> Ask:
        start, end = _span(rng, newest, days)
        conditions = f"lastUpdated > [{start}] and lastUpdated <= [{end}]"
        return Ask(f"{path}/count", {"conditions": conditions})

    return make


def _numbered(path: str, last: int) -> Callable[[Random, Any], Ask]:
    def make(rng: Random, _: Any) -> Ask:
        page = 1 + int(rng.random() * last / _PAGE / 2)
        return Ask(path, {"page": str(page), "pageSize": str(_PAGE)})

    return make


def _fields(path: str, last: int) -> Callable[[Random, Any], Ask]:
    def make(rng: Random, _: Any) -> Ask:
        ask = _keyset(path, last)(rng, None)
        fields = "id,summary,board/name,status/name,company/identifier"
        return Ask(path, {**ask.params, "fields": fields}, holds=lambda row: len(row) > 1)

    return make


def _searched(path: str, last: int) -> Callable[[Random, Any], Ask]:
    def make(rng: Random, _: Any) -> Ask:
        after = int(rng.random() * last / 2)
        conditions = f'summary contains "Nguyen" and id > {after}'
        params = {"conditions": conditions, "orderBy": "id", "pageSize": str(_PAGE)}
        return Ask(path, params, holds=lambda row: "nguyen" in row["summary"].lower())

    return make


def _counted_slowly(path: str) -> Ask:
    return Ask(f"{path}/count", {"conditions": 'status/name = "Closed" and budgetHours > 1'})


def _check(ask: Ask, content: Any) -> None:
    if not isinstance(content, list):
        if not isinstance(content.get("count"), int):
            raise WrongAnswerError(f"{ask}: {content}")
        return
    ids = [row["id"] for row in content]
    if ids != sorted(set(ids)) or len(ids) > _PAGE:
        raise WrongAnswerError(f"{ask}: ids out of order, double, or too many")
    wrong = [row["id"] for row in content if not ask.holds(row)]
    if wrong:
        raise WrongAnswerError(f"{ask}: row {wrong[0]} was not asked for")


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
