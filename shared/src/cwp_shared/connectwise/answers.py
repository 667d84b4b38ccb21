"""What ConnectWise's answers mean: which one is a page, and what to do about every other.

The table of connectwise-api.md section 4: 401 and a collection's 404 are the keys or the route,
403 a right, 429 and 5xx pass, every other 4xx is ours to mend. Bodies may be JSON of several
shapes, plain text from the cloud's gateway, or a proxy's HTML.
"""

import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from cwp_shared.connectwise.failures import JobFailed, NotFound, ServerFault, Throttled
from cwp_shared.errors import PipelineError, Retriable, Terminal

#: Longest piece of an answer's text that an error repeats.
_LONGEST_WORDS: Final = 300

#: 4xx that pass by themselves: request timeout, too early.
_PASSING: Final = frozenset({408, 425})

#: In a 400: the gateway could not find the company, or clientId is missing or not registered.
_ROUTE_FAULTS: Final = ("cannot route", "clientid")

_KEYS_ADVICE = "check site, company and API keys of the tenant"
_RIGHTS_ADVICE = "give the API member's security role the right to inquire this table"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, its body read (an error's body up to a bound)."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def request_id(self) -> str | None:
        """What ConnectWise's support asks for."""
        return self.headers.get("x-cw-request-id")

    @property
    def server_time(self) -> datetime | None:
        """What the server's clock said (`Date`), UTC; None if it did not say."""
        try:
            moment = email.utils.parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None
        return moment.astimezone(UTC) if moment.tzinfo else None

    def words(self) -> str:
        """What the API says about the error, on one line, bounded."""
        text = _said(self.body) or self.body.decode("utf-8", "replace")
        line = " ".join(text.split())[:_LONGEST_WORDS] or "(empty body)"
        return f"{line} (x-cw-request-id {self.request_id})" if self.request_id else line


def failure_of(answer: Answer, what: str, delay: Callable[[str | None], int]) -> PipelineError:
    """The error that an answer other than 200 is.

    Args:
        answer: the answer.
        what: the request, for a person.
        delay: seconds to wait, from a `Retry-After` header.
    """
    said = f"{what}: HTTP {answer.status}: {answer.words()}"
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(said, delay(answer.headers.get("Retry-After")))
    if answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return ServerFault(said, timed_out=b"timeout" in answer.body.lower())
    if answer.status > HTTPStatus.INTERNAL_SERVER_ERROR or answer.status in _PASSING:
        return Retriable(said)
    return _refusal(answer, what, said)


def _refusal(answer: Answer, what: str, said: str) -> PipelineError:
    """What does not pass by itself."""
    if answer.status == HTTPStatus.FORBIDDEN:
        return JobFailed("permission", f"{said}; {_RIGHTS_ADVICE}")
    if answer.status == HTTPStatus.NOT_FOUND:
        return NotFound(f"{said}; {_KEYS_ADVICE}")
    if _is_about_keys_or_route(answer):
        return JobFailed("credentials", f"{said}; {_KEYS_ADVICE}")
    if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
        return _redirected(answer, what)
    return Terminal(said)


def _is_about_keys_or_route(answer: Answer) -> bool:
    if answer.status == HTTPStatus.BAD_REQUEST:
        text = answer.body.decode("utf-8", "replace").lower()
        return any(words in text for words in _ROUTE_FAULTS)
    return answer.status == HTTPStatus.UNAUTHORIZED


def _redirected(answer: Answer, what: str) -> JobFailed:
    # Never followed: keys go to the checked host only.
    host = urlsplit(answer.headers.get("Location", "")).hostname or "nowhere named"
    return JobFailed(
        "configuration",
        f"{what}: HTTP {answer.status}, redirected to {host}; "
        "set the tenant's site to the API host",
    )


def _said(body: bytes) -> str | None:
    try:
        value: Any = msgspec.json.decode(body)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    details = value.get("errors")
    parts = [value.get("code") or value.get("error"), value.get("message")]
    if isinstance(details, list):
        parts += [item.get("message") for item in details if isinstance(item, dict)]
    return ": ".join(str(part) for part in parts if part) or None
