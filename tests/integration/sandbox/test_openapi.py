"""schemathesis against the sandbox's own description: whatever is sent, no 5xx, no odd answer."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cwp_local.sandbox.openapi import description
from tests.integration.sandbox.conftest import session_for
from tests.integration.sandbox.processes import Running

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

schema = schemathesis.openapi.from_dict(description())


@pytest.fixture(scope="module")
def written(server: Running) -> Iterator[requests.Session]:
    """A session of a company of its own, which the tests may fill with anything."""
    access = server.control.make_company("Written", seed=9, tickets=60)
    with session_for(access) as session:
        yield session


@schema.parametrize()
@settings(
    max_examples=2,
    derandomize=True,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
def test_operations(
    case: schemathesis.Case[Any], server: Running, written: requests.Session
) -> None:
    base_url = f"{server.control.base_url}/v4_6_release/apis/3.0"
    case.call_and_validate(base_url=base_url, session=written, checks=CHECKS)


def test_the_description_is_served(server: Running) -> None:
    answer = requests.get(f"{server.control.base_url}/_sandbox/openapi.json", timeout=10)
    served = answer.json()
    assert answer.headers["Content-Type"] == "application/json"
    assert served["servers"] == [{"url": f"{server.control.base_url}/v4_6_release/apis/3.0"}]
    assert served["paths"].keys() == description()["paths"].keys()


def test_a_slash_at_the_end_changes_nothing(server: Running, written: requests.Session) -> None:
    base_url = server.control.base_url
    for path in ("/system/info", "/login/companyinfo/written", "/v2025_1/apis/3.0/time/sheets"):
        answers = [written.get(f"{base_url}{path}{end}", timeout=10) for end in ("", "/")]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].content == answers[1].content != b"null"
