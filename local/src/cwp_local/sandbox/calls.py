"""One HTTP request and its answer as plain data, so that all logic runs without a server.

Whoever cannot answer raises `Refused` with the answer to give instead. Error bodies have the
shapes that live services were seen to send.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec

#: A JSON object.
Row = dict[str, Any]

_encode = msgspec.json.Encoder().encode

#: The media type of the API's bodies; `; version=2025.1` is added as they are sent.
JSON_TYPE = "application/vnd.connectwise.com+json"


@dataclass(frozen=True)
class Call:
    """A request. Header names are lower case; `base_url` is how the client reached us."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = "http://127.0.0.1:4580"

    def parameters(self) -> list[tuple[str, str]]:
        """The query's parameters in order, decoded, names as sent."""
        return parse_qsl(self.query, keep_blank_values=True)

    def parameter(self, name: str, default: str = "") -> str:
        """One parameter, its name in any case; the last one counts."""
        wanted = name.lower()
        found = [value for key, value in self.parameters() if key.lower() == wanted]
        return found[-1] if found else default

    def json(self) -> Any:
        """The body.

        Raises:
            Refused: 400, if it is not JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise refused(400, "InvalidObject", "The body is not valid JSON") from None


@dataclass(frozen=True)
class Asked:
    """What a request wants: a page, a count or one row of a table, or to write to it."""

    table: str
    kind: Literal["page", "count", "row", "write"]
    page_size: int = 0


@dataclass(frozen=True)
class Delivery:
    """How an answer travels: after `delay_s` seconds, and whole unless the connection breaks."""

    delay_s: float = 0.0
    ends: Literal["whole", "reset", "truncated"] = "whole"


@dataclass(frozen=True)
class Answer:
    """A response. `asked` is known once the caller and the endpoint are."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON_TYPE
    delivery: Delivery = Delivery()
    asked: Asked | None = None


class Refused(Exception):
    """The request ends here, with this answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.status} {answer.body[:200]!r}")
        self.answer = answer


def json_text(value: Any) -> str:
    """Compact JSON, as the API sends it."""
    return _encode(value).decode()


def json_answer(value: Any, status: int = 200) -> Answer:
    """An answer with a JSON body."""
    return Answer(status, _encode(value))


def refused(status: int, code: str, message: str) -> Refused:
    """The usual error body, `{"code", "message"}`."""
    return Refused(json_answer({"code": code, "message": message}, status))


def no_endpoint() -> Refused:
    """404 for a path that means nothing."""
    return refused(404, "ConnectWiseApi", "The endpoint does not exist.")


def invalid(resource: str, errors: Sequence[tuple[str, str, str]]) -> Refused:
    """400 for a row that cannot be taken; errors are (code, field, message)."""
    details = [
        {"code": code, "message": message, "resource": resource, "field": name}
        for code, name, message in errors
    ]
    body = {
        "code": "InvalidObject",
        "message": f"{resource} object is invalid",
        "errors": details,
    }
    return Refused(json_answer(body, 400))
