"""Hand-written stand-ins for HTTP, and an account with keys that must never be seen."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import requests
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from cwp_shared.connectwise.account import Account
from cwp_shared.tenants import ApiKeys

PUBLIC, PRIVATE, CLIENT = "pub-Zk3jq9", "prv-8sHw2x", "c1d2e3f4-0000-4000-8000-0123456789ab"
SECRETS = (PUBLIC, PRIVATE, CLIENT)


def keys(public: str = PUBLIC) -> ApiKeys:
    return ApiKeys(
        public_key=SecretStr(public), private_key=SecretStr(PRIVATE), client_id=SecretStr(CLIENT)
    )


def account(public: str = PUBLIC, codebase: str = "v2025_1") -> Account:
    return Account("acme", "https://api-na.myconnectwise.net", "ACME", codebase, keys(public))


@dataclass
class FakeResponse:
    """As much of requests.Response as the transport uses."""

    status_code: int = 200
    content: bytes = b""
    headers: Any = field(default_factory=CaseInsensitiveDict)
    broken: Exception | None = None
    closed: bool = False

    def iter_content(self, size: int) -> Iterator[bytes]:
        for start in range(0, len(self.content), size):
            yield self.content[start : start + size]
        if self.broken:
            raise self.broken

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closed = True


def response(status: int = 200, content: bytes = b"", **headers: str) -> FakeResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return FakeResponse(status, content, CaseInsensitiveDict(named))


@dataclass
class FakeSession:
    """A session that gives its answers in turn and keeps what it was asked."""

    answers: list[FakeResponse | Exception] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def get(self, url: str, **request: Any) -> FakeResponse:
        self.asked.append({"url": url} | request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def sent(self, index: int = -1) -> requests.PreparedRequest:
        """A request as requests would have put it on the wire."""
        asked = self.asked[index]
        return requests.Request(
            "GET", asked["url"], asked["headers"], params=asked["params"], auth=asked["auth"]
        ).prepare()
