"""The fetcher's function against moto and a ConnectWise site on the loopback interface."""

import gzip
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from cwp_fetcher import bootstrap
from cwp_fetcher.handler import fetch
from cwp_shared import aws
from cwp_shared.events import PageJob
from cwp_shared.inbox import MAX_RECEIVES
from cwp_shared.letters import Failure, History, values_of
from cwp_shared.tenants import TenantConfig
from tests.aws_environment import isolate
from tests.integration.fetcher.site import API, TICKETS, Site, serve
from tests.integration.fetcher.state_table import make_state_table
from tests.lambda_queue import BUS, Queue, WatchedBus

UPPER = datetime(2026, 11, 23, 7, 40, tzinfo=UTC)
SECRETS = {"public_key": "pub-Zk3jq9", "private_key": "prv-8sHw2x", "client_id": "cli-77aa01"}


@dataclass
class World:
    site: Site
    jobs: Queue
    dead_letters: Queue
    bus: WatchedBus
    s3: Any
    secrets: Any
    tenants: Any
    said: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def send(self, given: PageJob | str) -> None:
        self.jobs.send(given if isinstance(given, str) else given.model_dump_json())

    def deliver(self, receives: int | None = None) -> list[dict[str, Any]]:
        return self.jobs.deliver(fetch, receives)

    def walk(self) -> list[dict[str, Any]]:
        """Deliver until a window is closed; its pages."""
        pages: list[dict[str, Any]] = []
        while not pages or not pages[-1]["is_last"]:
            assert self.deliver() == []
            self.said += self.bus.take()
            pages = [detail for kind, detail in self.said if kind == "PageFetched"]
        return pages

    def ids(self, pages: list[dict[str, Any]]) -> list[int]:
        landed = [gzip.decompress(self.body(page["landing_key"])) for page in pages]
        return [row["id"] for text in landed for row in json.loads(text)]

    def body(self, key: str) -> bytes:
        content: bytes = self.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        return content


def job(**changes: Any) -> PageJob:
    values: dict[str, Any] = {
        "tenant_id": "acme",
        "kind": "page",
        "run_id": "run-1",
        "table": "service_tickets",
        "mode": "full",
        "lower": None,
        "upper": UPPER,
    }
    return PageJob(**(values | changes))


@pytest.fixture(scope="module", autouse=True)
def _clients() -> Iterator[None]:
    """Clients are slow to build: the tests of this module share them, nobody else does."""
    aws.client.cache_clear()
    aws.table.cache_clear()
    yield
    aws.client.cache_clear()
    aws.table.cache_clear()


@pytest.fixture
def _bootstrap() -> Iterator[None]:
    yield
    bootstrap.session().close()
    for cached in (
        bootstrap.settings,
        bootstrap.session,
        bootstrap.api,
        bootstrap.accounts,
        bootstrap.fetcher,
        bootstrap.processor,
    ):
        cached.cache_clear()


def _tenants(site: Site) -> Any:
    aws.client("dynamodb").create_table(
        TableName="TenantServices-local",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": "tenant_id", "AttributeType": "S"},
            {"AttributeName": "service", "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": "tenant_id", "KeyType": "HASH"},
            {"AttributeName": "service", "KeyType": "RANGE"},
        ],
    )
    table = aws.table("TenantServices-local")
    acme = TenantConfig(tenant_id="acme", site=site.url, company="ACME")
    table.put_item(Item=acme.to_item())
    return table


@pytest.fixture
def world(_bootstrap: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with serve(Site()) as site, mock_aws():
        built = World(
            site=site,
            jobs=Queue.make("jobs"),
            dead_letters=Queue.make("jobs-dlq"),
            bus=WatchedBus.make(),
            s3=aws.client("s3"),
            secrets=aws.client("secretsmanager"),
            tenants=_tenants(site),
        )
        built.s3.create_bucket(Bucket="lake")
        built.secrets.create_secret(Name="connectwise/local/acme", SecretString=json.dumps(SECRETS))
        environment = {
            "STAGE": "local",
            "BUS_NAME": BUS,
            "BUCKET_NAME": "lake",
            "QUEUE_URL": built.jobs.url,
            "DLQ_URL": built.dead_letters.url,
            "TENANT_SERVICES_TABLE": "TenantServices-local",
            "FETCHER_STATE_TABLE": make_state_table(),
            "ALLOWED_HOSTS": "",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield built


def test_a_window_is_walked_until_the_count_agrees(world: World) -> None:
    world.site.ids = set(range(1, 2501))
    world.send(job(high_id=2400))
    pages = world.walk()
    assert [page["rows"] for page in pages] == [1000, 1000, 400]
    assert [page["counted"] for page in pages] == [None, None, 2400]
    assert world.ids(pages) == list(range(1, 2401))
    # companyinfo, three pages and the count, nothing twice
    assert len(world.site.asked) == 5
    assert world.jobs.take() == []
    assert world.dead_letters.take() == []
    now = datetime.now(UTC)
    for page in pages:
        assert abs(datetime.fromisoformat(page["server_time"]) - now) < timedelta(minutes=1)


def test_one_connection_serves_all_requests_of_a_container(world: World) -> None:
    world.site.ids, world.site.bad = set(range(1, 2100)), {1700}
    world.send(job())
    assert len(world.walk()) == 3
    assert len(world.site.asked) > 10
    assert len(world.site.ports) == 1


def test_bad_rows_are_set_aside_and_all_others_land(world: World) -> None:
    world.site.ids = set(range(1, 61))
    world.site.bad = {7, 8, 60}
    world.send(job())
    pages = world.walk()
    assert world.ids(pages) == [id_ for id_ in range(1, 61) if id_ not in world.site.bad]
    assert sum(page["quarantined"] for page in pages) == 3
    told = [detail for kind, detail in world.said if kind == "PageQuarantined"]
    assert [detail["row_ids"] for detail in told] == [[7], [8], [60]]
    note = json.loads(world.body("acme/quarantine/service_tickets/run-1/w000-p00000-7.json"))
    assert note["row_id"] == 7
    assert "not a valid Boolean" in note["reason"]


def test_a_codebase_that_changes_in_the_middle_of_a_run_is_followed(world: World) -> None:
    world.site.ids = set(range(1, 1200))
    world.send(job())
    assert world.deliver() == []
    world.site.codebase = "v2026_1"
    pages = world.walk()
    assert world.ids(pages) == list(range(1, 1200))
    assert [path.split("?")[0] for path in world.site.asked[2:]] == [
        API,
        "/login/companyinfo/ACME",
        f"/v2026_1{TICKETS}",
        f"/v2026_1{TICKETS}/count",
    ]


def test_requests_carry_the_tenants_keys(world: World) -> None:
    world.send(job())
    world.deliver()
    about_company, about_tickets, _about_count = world.site.headers
    assert "Authorization" not in about_company
    assert about_tickets["Authorization"].startswith("Basic ")
    assert about_tickets["clientId"] == SECRETS["client_id"]
    assert "version=" in about_tickets["Accept"]


def test_a_survey_is_answered(world: World) -> None:
    world.site.ids = {11, 40, 900}
    world.send(job(kind="survey"))
    assert world.deliver() == []
    ((kind, detail),) = world.bus.take()
    assert kind == "TableSurveyed"
    assert (detail["count"], detail["lowest_id"], detail["highest_id"]) == (3, 11, 900)


def test_a_job_delivered_twice_is_fetched_once(world: World) -> None:
    world.site.ids = {1, 2}
    world.send(job())
    world.send(job())
    assert world.deliver() == []
    first, second = world.bus.take()
    assert first == second
    assert sum(f"{API}?" in path for path in world.site.asked) == 1


def test_a_tag_lets_the_landed_page_expire(world: World) -> None:
    world.send(job())
    world.deliver()
    ((_, detail),) = world.bus.take()
    tags = world.s3.get_object_tagging(Bucket="lake", Key=detail["landing_key"])["TagSet"]
    assert tags == [{"Key": "kind", "Value": "landing"}]


def test_refused_keys_end_the_job_with_a_reason_and_no_key_in_the_log(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    said = b'{"code":"Unauthorized","message":"keys pub-Zk3jq9 prv-8sHw2x are unknown"}'
    world.site.script = lambda path, _: (401, {}, said) if path == API else None
    world.send(job())
    assert world.deliver() == []
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["reason_class"]) == ("PageFailed", "credentials")
    assert "Unauthorized" in detail["reason"]
    log = "".join(capsys.readouterr())
    assert not [value for value in SECRETS.values() if value in log + detail["reason"]]
    assert world.dead_letters.take() == []


def test_rotated_keys_are_picked_up_at_once(world: World) -> None:
    world.send(job())
    world.deliver()
    new = SECRETS | {"client_id": "cli-new001"}
    world.secrets.put_secret_value(SecretId="connectwise/local/acme", SecretString=json.dumps(new))
    world.site.script = lambda path, _: (
        (401, {}, b"{}")
        if path == API and world.site.headers[-1]["clientId"] != "cli-new001"
        else None
    )
    world.send(job(window=1))
    assert world.deliver() == []
    assert [kind for kind, _ in world.bus.take()] == ["PageFetched", "PageFetched"]


def test_a_disabled_tenant_is_not_asked_for(world: World) -> None:
    world.tenants.update_item(
        Key={"tenant_id": "acme", "service": "connectwise"},
        UpdateExpression="SET enabled = :no",
        ExpressionAttributeValues={":no": False},
    )
    world.send(job())
    assert world.deliver() == []
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["reason_class"]) == ("PageFailed", "configuration")
    assert world.site.asked == []


def test_a_tenant_without_keys_is_told_which_secret_is_missing(world: World) -> None:
    world.secrets.delete_secret(SecretId="connectwise/local/acme", ForceDeleteWithoutRecovery=True)
    world.send(job())
    assert world.deliver() == []
    ((_, detail),) = world.bus.take()
    assert detail["reason_class"] == "configuration"
    assert "connectwise/local/acme" in detail["reason"]


def test_a_redirect_is_not_followed_so_keys_stay_with_their_host(world: World) -> None:
    with serve(Site()) as other:
        headers = {"Location": f"{other.url}{API}"}
        world.site.script = lambda path, _: (302, headers, b"") if path == API else None
        world.send(job())
        assert world.deliver() == []
        assert other.asked == []
    ((_, detail),) = world.bus.take()
    assert detail["reason_class"] == "configuration"


def test_a_name_that_leads_to_this_machine_is_told_and_not_asked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a DNS entry does that somebody else has in their hands."""
    port = int(world.site.url.rpartition(":")[2])
    real = socket.getaddrinfo

    def lead_here(host: Any, *rest: Any, **more: Any) -> Any:
        return real("127.0.0.1" if host == "psa.example.com" else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lead_here)
    monkeypatch.setenv("ALLOWED_HOSTS", f"psa.example.com:{port}")
    acme = TenantConfig(tenant_id="acme", site=f"psa.example.com:{port}", company="ACME")
    world.tenants.put_item(Item=acme.to_item())
    world.send(job())
    assert world.deliver() == []
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["reason_class"]) == ("PageFailed", "configuration")
    assert "psa.example.com leads to 127.0.0.1" in detail["reason"]
    assert world.site.asked == []


@pytest.mark.parametrize(
    "codebase",
    ["https://evil.example/", "//evil.example/", "../..", "v1/../..", "@evil.example", "v1?x=", "",
     "v1#", "v1\\evil", "v1%2f..", "\u0430pis", "v1\n"],
)  # fmt: skip
def test_companyinfo_leads_no_request_to_another_host(world: World, codebase: str) -> None:
    world.site.codebase = codebase
    world.site.script = lambda path, _: (
        None if path.startswith("/login/companyinfo/") else (200, {}, b"[]")
    )
    world.send(job())
    world.deliver(receives=MAX_RECEIVES)
    ((_, detail),) = world.bus.take()
    assert "no usable Codebase" in detail["reason"]
    assert world.site.asked == ["/login/companyinfo/ACME"]
    assert not any("Authorization" in headers for headers in world.site.headers)


def cut_off(path: str, _query: dict[str, str]) -> tuple[int, dict[str, str], bytes] | None:
    return (200, {"Content-Length": "100"}, b'[{"id": 1}]') if path == API else None


def test_what_passes_is_tried_again_and_then_given_up_on(world: World) -> None:
    world.site.script = cut_off
    world.send(job())
    assert len(world.deliver()) == 1
    assert (world.bus.take(), world.dead_letters.take(), world.jobs.take()) == ([], [], [])

    world.send(job())
    assert world.deliver(receives=MAX_RECEIVES) == []
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["reason_class"]) == ("PageFailed", "exhausted")
    (dead,) = world.dead_letters.take()
    assert PageJob.model_validate_json(dead["Body"]) == job()


def busy(path: str, _query: dict[str, str]) -> tuple[int, dict[str, str], bytes] | None:
    said = b'{"error":"ConnectWiseAPI","message":"Too many requests."}'
    return (429, {"Retry-After": "60"}, said) if path == API else None


def test_a_throttled_job_waits_in_the_queue_and_uses_up_no_try(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[dict[str, Any]] = []
    sqs = aws.client("sqs")
    real = sqs.send_message

    def send(**request: Any) -> Any:
        sent.append(request)
        return real(**request)

    monkeypatch.setattr(sqs, "send_message", send)
    world.site.script = busy
    world.send(job())
    assert world.deliver(receives=MAX_RECEIVES) == []
    (entry,) = [request for request in sent if "DelaySeconds" in request]
    # What was asked for, spread by half a floor, and by half of that all again.
    assert 60 <= entry["DelaySeconds"] <= 1.5 * (60 + 15) + 1
    assert PageJob.model_validate_json(entry["MessageBody"]) == job(waits=1)
    assert (world.bus.take(), world.dead_letters.take(), world.jobs.take()) == ([], [], [])
    # The whole tenant waits, not this job alone.
    world.send(job(window=1))
    assert world.deliver() == []
    assert sum(API in path for path in world.site.asked) == 1


def test_a_replayed_job_that_is_throttled_keeps_what_it_failed_of_before(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.site.script = busy
    resent: list[dict[str, Any]] = []
    monkeypatch.setattr(aws.client("sqs"), "send_message", lambda **request: resent.append(request))
    history = History().after(Failure("500 from the API", "ServerFault", "2026-11-23T07:00:00Z"))
    world.jobs.sqs.send_message_batch(
        QueueUrl=world.jobs.url,
        Entries=[
            {
                "Id": "0",
                "MessageBody": job().model_dump_json(),
                "MessageAttributes": history.attributes(),
            }
        ],
    )
    assert world.deliver() == []
    (entry,) = resent
    assert PageJob.model_validate_json(entry["MessageBody"]).waits == 1
    assert History.read(values_of(entry["MessageAttributes"], "StringValue")) == history


def test_a_page_that_stays_bad_is_quarantined_with_its_reason(world: World) -> None:
    world.site.script = lambda path, _: (200, {}, b"<html>") if path == API else None
    world.send(job())
    assert len(world.deliver()) == 1
    assert world.s3.list_objects_v2(Bucket="lake")["KeyCount"] == 0

    world.send(job())
    assert world.deliver(receives=MAX_RECEIVES) == []
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["reason_class"]) == ("PageFailed", "bad_page")
    key = "acme/quarantine/service_tickets/run-1/w000-p00000.body"
    assert key in detail["reason"]
    assert world.body(key) == b"<html>"
    assert "not a page" in json.loads(world.body(f"{key}.reason.json"))["reason"]
    (dead,) = world.dead_letters.take()
    assert "not a page" in dead["MessageAttributes"]["Reason"]["StringValue"]


def test_a_refused_request_goes_to_the_dead_letters_at_once(world: World) -> None:
    said = b'{"code":"ApiFindCondition","message":"lastUpdated is not a recognized name."}'
    world.site.script = lambda path, _: (400, {}, said) if path == API else None
    world.send(job())
    assert world.deliver() == []
    ((_, detail),) = world.bus.take()
    assert detail["reason_class"] == "refused"
    (dead,) = world.dead_letters.take()
    assert "ApiFindCondition" in dead["MessageAttributes"]["Reason"]["StringValue"]


@pytest.mark.parametrize("body", ["not json", "{}", '{"tenant_id":"../etc","kind":"page"}'])
def test_a_malformed_message_goes_to_the_dead_letters_and_says_what_is_wrong(
    world: World, body: str
) -> None:
    world.send(body)
    assert world.deliver() == []
    (dead,) = world.dead_letters.take()
    assert dead["Body"] == body
    assert "not a valid PageJob" in dead["MessageAttributes"]["Reason"]["StringValue"]
    assert world.bus.take() == []


def test_a_bad_job_does_not_spoil_its_batch(world: World) -> None:
    world.site.ids = {1}
    world.send("not json")
    world.send(job())
    assert world.deliver() == []
    assert [kind for kind, _ in world.bus.take()] == ["PageFetched"]
    assert len(world.dead_letters.take()) == 1
