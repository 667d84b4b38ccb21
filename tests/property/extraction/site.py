"""The sandbox in process: its real application behind the fetcher's real HTTP session.

What travels is what would travel over a socket: status, headers and bytes go through urllib3's own
reading, so a body that ends early is found out as it is on a connection, and a reset is the error
that requests makes of one. An answer is under way for a while, during which others go on.
"""

import asyncio
import io
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter, HTTPAdapter

from cwp_local.sandbox.app import make_app
from cwp_local.sandbox.changes import play
from cwp_local.sandbox.companies import Companies
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.log_summary import LogSummary, figures
from cwp_local.sandbox.models import ChangesAsked
from cwp_local.sandbox.request_log import RequestLog
from cwp_local.sandbox.state import Sandbox
from cwp_local.sandbox.weather.model import Weather
from tests.property.extraction.stage import Invocation, Stage

URL = "http://127.0.0.1:4580"


@dataclass(frozen=True)
class Asked:
    """A request, who made it, and whether it got its answer."""

    invocation: Invocation | None
    target: str
    answered: bool


@dataclass
class Site(BaseAdapter):
    """requests' way to the sandbox, and what happens at the company meanwhile.

    `changes` are played after every `every` requests; None: nothing happens. They show up so much
    later than they say (`late`), as rows do whose transaction was stamped when it began. After
    every `moves` requests the company lives under another codebase; None: it stays.
    """

    stage: Stage
    companies: Companies
    company: Company
    changes: ChangesAsked | None = None
    every: int = 1
    late: timedelta = timedelta()
    moves: int | None = None
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._log = RequestLog(self.stage.clock)
        self._app = make_app(Sandbox(self.companies, self._log, self.stage.clock))

    def summary(self) -> LogSummary:
        """What all requests add up to, those among them that ask where the company lives."""
        entries = self._log.since(0).entries
        return LogSummary.model_validate(
            {
                "company": self.company.name,
                "last": entries[-1].seq,
                "complete": True,
                **figures(entries, retry_within=60),
            }
        )

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Ask the sandbox."""
        with self.stage.effect("request"):
            exchange = _Exchange(self.stage)
            asyncio.run(self._app(_scope(request, exchange), exchange.receive, exchange.send))
            answered = exchange.status == requests.codes.ok and not exchange.broken
            self.asked.append(Asked(self.stage.current, request.path_url, answered))
            if self.changes and len(self.asked) % self.every == 0:
                now = self.company.clock(self.stage.clock)
                play(self.company, self.changes, lambda: now() - self.late)
            if self.moves and len(self.asked) % self.moves == 0:
                self._move(len(self.asked) // self.moves)
        if exchange.aborted:
            raise requests.ConnectionError(ConnectionResetError(104, "Connection reset by peer"))
        return HTTPAdapter().build_response(request, exchange.raw())

    def _move(self, times: int) -> None:
        # A 404 like that of refused keys, as the cloud gives it.
        weather = {"version": f"2026.{times}", "router": False, "old_codebase": 404}
        self.company.forecast.set(Weather.model_validate(weather))

    def close(self) -> None:
        """Nothing is held open."""


class _Exchange:
    """One request and its answer, from the server's side."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._body = io.BytesIO()
        self._headers: dict[str, str] = {}
        self._asked = False
        self.status = 0
        self.aborted = False
        self.broken = False

    async def receive(self) -> dict[str, Any]:
        if self._asked:
            return {"type": "http.disconnect"}
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            # The loop is this thread's own: only this request waits.
            self._stage.sleep(self._stage.rng.uniform(0.02, 0.4))
            self.status = message["status"]
            self._headers = {k.decode(): v.decode() for k, v in message["headers"]}
            return
        self._body.write(message.get("body", b""))
        self.broken = message.get("more_body", False)

    def raw(self) -> urllib3.HTTPResponse:
        self._body.seek(0)
        return urllib3.HTTPResponse(
            self._body,
            headers=self._headers,
            status=self.status,
            preload_content=False,
            enforce_content_length=True,
            request_method="GET",
        )

    # What the sandbox does to a transport that is to break.

    def close(self) -> None:
        self.broken = True

    def abort(self) -> None:
        self.broken = self.aborted = True

    def get_extra_info(self, _: str) -> Any:
        return SimpleNamespace(setsockopt=lambda *_: None)


def _scope(request: requests.PreparedRequest, transport: _Exchange) -> dict[str, Any]:
    parts = urlsplit(request.url or "")
    headers = [(k.lower().encode(), _bytes(v)) for k, v in request.headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": parts.scheme,
        "path": unquote(parts.path),
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "headers": [(b"host", parts.netloc.encode()), *headers],
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", parts.port),
        "root_path": "",
        "state": {"sandbox.transport": transport},
    }


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode()
