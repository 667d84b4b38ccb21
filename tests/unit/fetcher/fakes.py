"""Hand-written stand-ins for the fetcher's collaborators, and builders of its inputs."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from cwp_fetcher.landing import PageFacts
from cwp_fetcher.pace import Pace
from cwp_fetcher.query import Params
from cwp_fetcher.visit import Visit
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import JobFailed, NotFound, ServerFault
from cwp_shared.events import Event, PageJob
from cwp_shared.letters import History
from cwp_shared.page_jobs import NEVER_FAILED
from cwp_shared.tables import SourceTable
from cwp_shared.tenants import TenantConfig
from tests.unit.shared.connectwise.fakes import account

UPPER = datetime(2026, 11, 23, 7, 40, 55, 123456, tzinfo=UTC)
TICKETS = "/service/tickets"
TABLE = SourceTable(path=TICKETS, incremental=True, page_size=3, cadence_minutes=15)
KEY = "acme/landing/connectwise/service_tickets/run-1/w000-p00000.json.gz"
CONFIG = TenantConfig(tenant_id="acme", site="api-na.myconnectwise.net", company="ACME")

Said = TypeVar("Said")


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
    delays: list[int] = field(default_factory=list)
    histories: list[History] = field(default_factory=list)

    def send(
        self, jobs: Iterable[PageJob], delay_seconds: int = 0, history: History = NEVER_FAILED
    ) -> None:
        for one in jobs:
            self.sent.append(one)
            self.delays.append(delay_seconds)
            self.histories.append(history)


@dataclass
class FakeLanding:
    """Landed pages; `first` is what somebody else lands just before us."""

    pages: dict[str, tuple[bytes, PageFacts]] = field(default_factory=dict)
    first: tuple[bytes, PageFacts] | None = None

    def find(self, key: str) -> PageFacts | None:
        return self.pages[key][1] if key in self.pages else None

    def put(self, key: str, body: bytes, facts: PageFacts) -> PageFacts:
        if self.first is not None:
            self.pages.setdefault(key, self.first)
        return self.pages.setdefault(key, (body, facts))[1]


@dataclass
class FakeQuarantine:
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, key: str, reason: dict[str, Any]) -> None:
        self.notes[key] = reason


@dataclass
class FakeAccounts:
    """`renewals` are what reading afresh gives, in turn; without any, nothing has changed.

    `asked` is how often the site was asked where the company lives.
    """

    account: Account = field(default_factory=account)
    renewals: list[Account] = field(default_factory=list)
    settings: TenantConfig = CONFIG
    error: JobFailed | None = None
    #: Where the company lives.
    is_known: bool = True
    asked: int = 0
    doubted: Account | None = None

    def config(self, tenant_id: str) -> TenantConfig:
        if self.error:
            raise self.error
        assert tenant_id == self.account.tenant_id
        return self.settings

    def of(self, config: TenantConfig) -> Account:
        assert config == self.settings
        self.asked += not self.is_known
        self.is_known = True
        return self.account

    def knows(self, config: TenantConfig) -> bool:
        assert config == self.settings
        return self.is_known

    def doubt(self, account: Account) -> bool:
        assert account == self.account
        known, self.doubted = self.doubted, account
        if known == account:
            self.doubted = None
            return False
        self.is_known = False
        if self.renewals:
            self.account = self.renewals.pop(0)
        return True

    def settle(self, account: Account) -> None:
        assert account.tenant_id == self.account.tenant_id
        self.doubted = None


@dataclass
class FakeTime:
    """A clock that only sleeping moves."""

    now_s: float = 1_800_000_000.0
    slept: list[float] = field(default_factory=list)

    def now(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds


@dataclass
class FakePaces:
    """What PaceTable does when nobody else is there."""

    paces: dict[str, Pace] = field(default_factory=dict)

    def change(self, tenant_id: str, change: Callable[[Pace], tuple[Pace, Said]]) -> Said:
        self.paces[tenant_id], said = change(self.paces.get(tenant_id, Pace()))
        return said


@dataclass
class FakeApi:
    """Collections of ids by path, filtered and ordered as a query says.

    `bad` rows make every page that has them a 500; with `ids_show`, not if only ids are asked for.
    `errors` are raised by the next requests, in turn; `script` answers before anything else.
    """

    rows: dict[str, set[int]] = field(default_factory=dict)
    bad: dict[str, set[int]] = field(default_factory=dict)
    ids_show: bool = True
    errors: list[Exception | None] = field(default_factory=list)
    script: Callable[[str, Params], bytes | None] = lambda _path, _params: None
    asked: list[tuple[str, Params]] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    date: str = "Mon, 23 Nov 2026 07:41:00 GMT"

    @classmethod
    def tickets(cls, *ids: int, **more: Any) -> "FakeApi":
        return cls(rows={TICKETS: set(ids)}, **more)

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:
        self.accounts.append(account)
        return self.ask(path, params)

    def ask(self, path: str, params: Mapping[str, str]) -> Answer:
        self.asked.append((path, dict(params)))
        if self.errors and (error := self.errors.pop(0)):
            raise error
        answer = self.script(path, dict(params))
        answer = self._answer(path, params) if answer is None else answer
        return Answer(200, {"Date": self.date}, answer)

    def _answer(self, path: str, params: Mapping[str, str]) -> bytes:
        collection = path.removesuffix("/count")
        if collection not in self.rows:
            raise NotFound(f"GET {path}: HTTP 404")
        ids = _filtered(self.rows[collection], params.get("conditions", ""))
        if path != collection:
            return json.dumps({"count": len(ids)}).encode()
        shown = sorted(ids, reverse=params["orderBy"] == "id desc")[: int(params["pageSize"])]
        only_ids = params.get("fields") == "id"
        if self.bad.get(collection, set()) & set(shown) and not (only_ids and self.ids_show):
            raise ServerFault(f"GET {path}: HTTP 500: not a valid Boolean", timed_out=False)
        return json.dumps([{"id": id_} for id_ in shown]).encode() if only_ids else body(*shown)


def _filtered(ids: set[int], conditions: str) -> set[int]:
    tests: dict[str, Callable[[int, int], bool]] = {
        ">": lambda id_, than: id_ > than,
        "<=": lambda id_, than: id_ <= than,
        "=": lambda id_, than: id_ == than,
    }
    wanted = re.findall(r"\bid (>|<=|=) (\d+)", conditions)
    return {id_ for id_ in ids if all(tests[way](id_, int(than)) for way, than in wanted)}


def make_visit(
    api: FakeApi,
    accounts: FakeAccounts | None = None,
    paces: FakePaces | None = None,
    time: FakeTime | None = None,
) -> Visit:
    time = time or FakeTime()
    book = accounts or FakeAccounts()
    return Visit("acme", book, api, paces or FakePaces(), time.now, time.sleep)


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

    def head_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise client_error("404")
        return {"Metadata": self.objects[request["Key"]]["Metadata"]}
