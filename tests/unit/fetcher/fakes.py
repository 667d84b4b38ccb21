"""Hand-written stand-ins for the fetcher's collaborators, and builders of its inputs."""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

import requests
from botocore.exceptions import ClientError
from pydantic import SecretStr
from requests.structures import CaseInsensitiveDict

from cwp_fetcher.account import Account
from cwp_fetcher.failures import JobFailed
from cwp_shared.events import Event, PageJob
from cwp_shared.tables import SourceTable
from cwp_shared.tenants import ApiKeys

PUBLIC, PRIVATE, CLIENT = "pub-Zk3jq9", "prv-8sHw2x", "c1d2e3f4-0000-4000-8000-0123456789ab"
SECRETS = (PUBLIC, PRIVATE, CLIENT)
UPPER = datetime(2026, 11, 23, 7, 40, 55, 123456, tzinfo=UTC)
TABLE = SourceTable(path="/service/tickets", incremental=True, page_size=3)
KEY = "acme/landing/connectwise/service_tickets/run-1/w000-p00000.json.gz"


def keys(public: str = PUBLIC) -> ApiKeys:
    return ApiKeys(
        public_key=SecretStr(public), private_key=SecretStr(PRIVATE), client_id=SecretStr(CLIENT)
    )


def account(public: str = PUBLIC, codebase: str = "v2025_1") -> Account:
    return Account("acme", "https://api-na.myconnectwise.net", "ACME", codebase, keys(public))


def job(**changes: Any) -> PageJob:
    """The first page of an incremental run of service_tickets."""
    values: dict[str, Any] = {
        "tenant_id": "acme",
        "kind": "page",
        "run_id": "run-1",
        "table": "service_tickets",
        "mode": "incremental",
        "lower": None,
        "upper": UPPER,
    }
    return PageJob(**(values | changes))


def body(*ids: int) -> bytes:
    return json.dumps([{"id": id_, "summary": f"ticket {id_}"} for id_ in ids]).encode()


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


@dataclass
class FakeBus:
    events: list[Any] = field(default_factory=list)
    error: Exception | None = None

    def publish(self, events: Iterable[Event]) -> None:
        if self.error:
            raise self.error
        self.events.extend(events)


@dataclass
class FakeJobs:
    sent: list[PageJob] = field(default_factory=list)

    def send(self, job: PageJob) -> None:
        self.sent.append(job)


@dataclass
class FakeLanding:
    """Landed bodies; `first` is what somebody else lands just before us."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    first: bytes | None = None

    def get(self, key: str) -> bytes | None:
        return self.bodies.get(key)

    def put(self, key: str, body: bytes) -> bytes:
        if self.first is not None:
            self.bodies.setdefault(key, self.first)
        return self.bodies.setdefault(key, body)


@dataclass
class FakeAccounts:
    """`renewals` are what reading afresh gives, in turn; without any, nothing has changed."""

    account: Account = field(default_factory=account)
    renewals: list[Account] = field(default_factory=list)
    error: JobFailed | None = None

    def current(self, tenant_id: str) -> Account:
        if self.error:
            raise self.error
        assert tenant_id == self.account.tenant_id
        return self.account

    def renewed(self, account: Account) -> Account:
        assert account == self.account
        if self.renewals:
            self.account = self.renewals.pop(0)
        return self.account


@dataclass
class FakeApi:
    """A collection of tickets: ids in any order, filtered and ordered as the query says."""

    ids: set[int] = field(default_factory=set)
    errors: list[Exception] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    answer: Callable[[str, dict[str, str]], bytes] | None = None

    def get(self, account: Account, path: str, params: dict[str, str]) -> bytes:
        self.asked.append((path, params))
        self.accounts.append(account)
        if self.errors:
            raise self.errors.pop(0)
        if self.answer:
            return self.answer(path, params)
        return self._page(path, params)

    def _page(self, path: str, params: dict[str, str]) -> bytes:
        conditions = params.get("conditions", "")
        above = re.search(r"id > (\d+)", conditions)
        below = re.search(r"id <= (\d+)", conditions)
        ids = sorted(
            id_
            for id_ in self.ids
            if (not above or id_ > int(above[1])) and (not below or id_ <= int(below[1]))
        )
        if path.endswith("/count"):
            return json.dumps({"count": len(ids)}).encode()
        if params["orderBy"] == "id desc":
            ids.reverse()
        return body(*ids[: int(params["pageSize"])])


def client_error(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Any")


class FakeS3:
    """S3 with conditional puts; `refusals` are raised by the next puts, in turn."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.refusals: list[ClientError] = []

    def put_object(self, **request: Any) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        if request.get("IfNoneMatch") == "*" and request["Key"] in self.objects:
            raise client_error("PreconditionFailed")
        self.objects[request["Key"]] = request

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise client_error("NoSuchKey")
        content = self.objects[request["Key"]]["Body"]

        class Body:
            def read(self) -> bytes:
                return bytes(content)

        return {"Body": Body()}
