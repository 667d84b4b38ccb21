"""Filters that a service takes but does not apply, and those that it refuses."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import SecretStr

from cwp_ops.tenant_check import Access, Filter, findings
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer
from cwp_shared.errors import Terminal
from cwp_shared.tenants import ApiKeys

SECRET = SecretStr("made-up")
KEYS = ApiKeys(public_key=SECRET, private_key=SECRET, client_id=SECRET)
ACCESS = Access(Account("acme", "https://api-na.myconnectwise.net", "Acme", "v1", KEYS), None)


class Service:
    """A service with 100 tickets; `filtered` is what /count says under each condition."""

    def __init__(self, *filtered: int | None) -> None:
        self.filtered = list(filtered)

    def codebase(self, site: str, company: str) -> str | None:
        raise NotImplementedError

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:  # noqa: ARG002 - as the real one
        if not path.endswith("/count"):
            return self._answer([{"id": 1}])
        if not params:
            return self._answer({"count": 100})
        count = self.filtered.pop(0)
        if count is None:
            raise Terminal("lastUpdated is not a recognized name.")
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
        ((None,), "refused"),
    ],
)
def test_what_the_filter_does(filtered: tuple[int | None, ...], found: Filter) -> None:
    (finding,) = findings(Service(*filtered), ACCESS, ["service_tickets"])
    assert finding.filter == found
    assert finding.needs_full == (found != "works")
    assert finding.rows == 100
