"""Filters that a service takes but does not apply, those that it refuses, and what passes."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from cwp_ops.errors import OperatorError
from cwp_ops.tenant_check import Access, Filter, Paced, findings
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import ServerFault, Throttled
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.tenants import ApiKeys

SECRET = SecretStr("made-up")
KEYS = ApiKeys(public_key=SECRET, private_key=SECRET, client_id=SECRET)
ACCESS = Access(Account("acme", "https://api-na.myconnectwise.net", "Acme", "v1", KEYS), None)


REFUSED = Terminal("lastUpdated is not a recognized name.")


class Service:
    """A service with 100 tickets; `filtered` is what /count says under each condition."""

    def __init__(self, *filtered: int | Exception, changed: str | None = None) -> None:
        self.filtered = list(filtered)
        self.row: dict[str, Any] = {"id": 1}
        if changed:
            self.row["_info"] = {"lastUpdated": changed}
        self.asked: list[str] = []

    def codebase(self, site: str, company: str) -> str | None:
        self.asked.append(f"{company} at {site}")
        return "v1"

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:  # noqa: ARG002 - as the real one
        self.asked.append(params.get("conditions", path))
        if not path.endswith("/count"):
            return self._answer([self.row])
        if not params:
            return self._answer({"count": 100})
        count = self.filtered.pop(0)
        if isinstance(count, Exception):
            raise count
        return self._answer({"count": count})

    def _answer(self, value: Any) -> Answer:
        return Answer(200, {}, json.dumps(value).encode())


@pytest.mark.parametrize(
    ("filtered", "found"),
    [
        ((100, 0), "works"),
        ((97, 0), "works"),
        ((100, 100), "ignored"),
        ((12, 0), "ignored"),
        ((REFUSED,), "refused"),
        ((100, REFUSED), "refused"),
    ],
)
def test_what_the_filter_does(filtered: tuple[int | Exception, ...], found: Filter) -> None:
    (finding,) = findings(Service(*filtered), ACCESS, ["service_tickets"])
    assert finding.filter == found
    assert finding.needs_full == (found != "works")
    assert finding.rows == 100


@pytest.mark.parametrize(("count", "found"), [(1, "works"), (0, "shifted")])
def test_a_row_must_be_found_at_the_time_that_it_says(count: int, found: Filter) -> None:
    service = Service(100, 0, count, changed="2026-11-23T07:40:59Z")
    (finding,) = findings(service, ACCESS, ["service_tickets"])
    assert finding.filter == found
    assert finding.needs_full == (found != "works")
    assert service.asked[-1] == (
        "id = 1 and lastUpdated >= [2026-11-23T07:40:59Z] and lastUpdated <= [2026-11-23T07:41:00Z]"
    )


@pytest.mark.parametrize(
    "passing", [Retriable("HTTP 503"), ServerFault("HTTP 500", timed_out=False)]
)
def test_what_passes_by_itself_says_nothing_of_the_filter(passing: Exception) -> None:
    (finding,) = findings(Service(100, passing), ACCESS, ["service_tickets"])
    assert (finding.trouble, finding.filter, finding.needs_full) == (str(passing), None, False)


def test_a_service_that_wants_to_be_left_alone_is() -> None:
    service = Service(Throttled("HTTP 429: too many", 40))
    with pytest.raises(OperatorError, match="too many; check again in 40 s"):
        list(findings(service, ACCESS, ["service_tickets", "time_entries"]))
    assert len(service.asked) == 3


def test_a_service_is_asked_no_faster_than_the_tenant_allows() -> None:
    slept: list[float] = []
    service = Service(100, 0)
    paced = Paced(service, 40, slept.append)
    assert paced.codebase("site", "Acme") == "v1"
    list(findings(paced, ACCESS, ["service_tickets"]))
    assert slept == [1.5] * len(service.asked)
