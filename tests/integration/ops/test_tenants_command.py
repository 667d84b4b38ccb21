"""`cwpipe tenants add`, `check` and `set` from the command line, against moto and a made-up API."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cwp_ops import check_report, main, names
from cwp_ops.cloud_clients import Cloud
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import JobFailed
from cwp_shared.errors import Terminal
from tests.aws_environment import isolate
from tests.integration.scheduler.world import make_table

KEYS = {"CWPIPE_PUBLIC_KEY": "pub-1", "CWPIPE_PRIVATE_KEY": "priv-1", "CWPIPE_CLIENT_ID": "guid"}
ADD = ("add", "acme", "--site", "api-na.myconnectwise.net", "--company", "ACME")
TICKETS, MEMBERS, PHASES = "service_tickets", "system_members", "project_projects_phases"
TABLES = ("--tables", f"{TICKETS},{MEMBERS},{PHASES}")


@dataclass
class Service:
    """A service with 10 rows of everything."""

    takes_keys: bool = True
    forbidden: set[str] = field(default_factory=set)
    unfiltered: set[str] = field(default_factory=set)
    #: Requests a minute that it is asked.
    paces: list[int] = field(default_factory=list)

    def codebase(self, site: str, company: str) -> str | None:  # noqa: ARG002 - as the real one
        return "v2025_1"

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:
        assert account.keys.private_key.get_secret_value() == "priv-1"
        collection = path.removesuffix("/count")
        if not self.takes_keys and collection != "/system/info":
            raise JobFailed("credentials", "HTTP 401; check site, company and API keys")
        if collection in self.forbidden:
            raise JobFailed("permission", "HTTP 403: rows [of /finance] are hidden")
        conditions = params.get("conditions", "")
        if conditions and collection in self.unfiltered:
            raise Terminal("lastUpdated is not a recognized name.")
        rows = 0 if conditions.startswith("lastUpdated >= [2") else 10
        said = {"count": rows} if path != collection else [{"id": 4}]
        return Answer(200, {"Date": "Mon, 23 Nov 2026 07:41:00 GMT"}, json.dumps(said).encode())


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    made = Service()

    def paced(api: Service, per_minute: int) -> Service:
        made.paces.append(per_minute)
        return api

    monkeypatch.setattr(check_report, "ConnectWise", lambda *_: made)
    monkeypatch.setattr(check_report, "Paced", paced)
    return made


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """What a stage has stored: the tenants' items, and the names of secrets."""
    isolate(monkeypatch)
    with mock_aws():
        monkeypatch.setattr(Cloud, "outputs", {"BucketName": "lake"})
        boto3.client("s3").create_bucket(Bucket="lake")
        items = make_table(names.table("TenantServices", "dev"), "tenant_id", "service")
        secrets = boto3.client("secretsmanager")
        yield SimpleNamespace(
            items=items,
            all=lambda: items.scan()["Items"],
            secrets=lambda: [secret["Name"] for secret in secrets.list_secrets()["SecretList"]],
        )


def cwpipe(*arguments: str) -> Any:
    command = ["--stage", "dev", "tenants", *arguments]
    return CliRunner().invoke(main.app, command, env=KEYS)


def said(answer: Any) -> str:
    return " ".join(answer.output.split())


def test_a_tenant_whose_keys_are_refused_is_not_saved(service: Service, stored: Any) -> None:
    service.takes_keys = False
    answer = cwpipe(*ADD)
    assert answer.exit_code == 1
    assert "check site, company and API keys" in str(answer.exception)
    assert (stored.all(), stored.secrets()) == ([], [])
    assert cwpipe(*ADD, "--no-check").exit_code == 0
    assert len(stored.all()) == len(stored.secrets()) == 1


def test_a_table_whose_filter_is_refused_is_saved_as_read_in_full(
    service: Service, stored: Any
) -> None:
    service.unfiltered = {"/service/tickets"}
    answer = cwpipe(*ADD, *TABLES)
    assert answer.exit_code == 0, answer.output
    (item,) = stored.all()
    assert item["full_only"] == [TICKETS]
    assert f"to be read in full each time: {TICKETS}" in said(answer)
    assert "10 of one parent" in said(answer)
    assert service.paces == [300]


def test_a_check_says_what_to_set_and_the_setting_can_be_set(service: Service, stored: Any) -> None:
    assert cwpipe(*ADD, *TABLES).exit_code == 0
    assert cwpipe("set", "acme", "--requests-per-minute", "40").exit_code == 0
    service.unfiltered = {"/service/tickets"}
    answer = cwpipe("check", "acme")
    assert answer.exit_code == 0
    assert service.paces == [300, 40]
    assert f"cwpipe tenants set acme --full-only '{TICKETS}'" in said(answer)
    assert f"read in full: {TICKETS}" in said(cwpipe("set", "acme", "--full-only", TICKETS))
    assert "tenants set" not in said(cwpipe("check", "acme"))
    service.unfiltered = set()
    assert "cwpipe tenants set acme --full-only ''" in said(cwpipe("check", "acme"))
    assert cwpipe("set", "acme", "--full-only", "").exit_code == 0
    assert "full_only" not in stored.all()[0] or stored.all()[0]["full_only"] == []
    wrong = cwpipe("set", "acme", "--full-only", "tickets")
    assert "unknown table 'tickets'; known tables: service_tickets" in str(wrong.exception)


def test_a_table_that_may_not_be_read_is_told_as_the_api_tells_it(
    service: Service, stored: Any
) -> None:
    assert cwpipe(*ADD, *TABLES).exit_code == 0
    service.forbidden = {"/system/members"}
    answer = cwpipe("check", "acme")
    assert answer.exit_code == 1
    assert "HTTP 403: rows [of /finance] are hidden" in said(answer)
    assert "tables that cannot be read: 1" in said(answer)
    item = stored.all()[0]
    stored.items.put_item(Item=item | {"tables": [*item["tables"], "nonsense"]})
    found = json.loads(cwpipe("check", "acme", "--json").stdout)
    assert [one["table"] for one in found["tables"] if one["trouble"]] == [MEMBERS, "nonsense"]


@pytest.mark.usefixtures("service")
def test_settings_that_may_not_be_are_told_by_tenant_and_field(stored: Any) -> None:
    assert cwpipe(*ADD).exit_code == 0
    wrong = {"cadences": {"service_tickets": 0}, "requests_per_minute": 5000}
    stored.items.put_item(Item=stored.all()[0] | wrong)
    reason = str(cwpipe("check", "acme").exception)
    assert reason == (
        "TenantServices item of 'acme' is not valid: "
        "cadences.service_tickets: Input should be greater than or equal to 1; "
        "requests_per_minute: Input should be less than or equal to 1000"
    )
