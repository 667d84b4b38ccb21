"""The writer's function against moto: landed pages in, raw files and events out."""

import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
import pytest
from moto import mock_aws

from cwp_shared import aws
from cwp_shared.events import PageFetched
from cwp_shared.inbox import MAX_RECEIVES
from cwp_shared.keys import parse_raw
from cwp_writer import bootstrap
from cwp_writer.handler import write
from tests.aws_environment import isolate
from tests.lambda_queue import BUS, Queue, WatchedBus
from tests.unit.writer.fakes import envelope, page


@dataclass
class World:
    pages: Queue
    dead_letters: Queue
    bus: WatchedBus
    s3: Any

    def land(self, *args: Any, **kw: Any) -> PageFetched:
        event, body = page(*args, **kw)
        self.s3.put_object(Bucket="lake", Key=event.landing_key, Body=gzip.compress(body))
        return event

    def send(self, *events: PageFetched) -> None:
        for event in events:
            self.pages.send(envelope(event))

    def deliver(self, receives: int | None = None) -> list[dict[str, Any]]:
        return self.pages.deliver(write, receives)

    def raw_keys(self) -> list[str]:
        listed = self.s3.list_objects_v2(Bucket="lake").get("Contents", [])
        return [entry["Key"] for entry in listed if "/raw/" in entry["Key"]]

    def rows(self, key: str) -> list[dict[str, Any]]:
        content = self.s3.get_object(Bucket="lake", Key=key)["Body"].read()
        rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
        return rows


@pytest.fixture(scope="module", autouse=True)
def _clients() -> Iterator[None]:
    """Clients are slow to build: the tests of this module share them, nobody else does."""
    aws.client.cache_clear()
    yield
    aws.client.cache_clear()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with mock_aws():
        built = World(
            pages=Queue.make("pages"),
            dead_letters=Queue.make("pages-dlq"),
            bus=WatchedBus.make(),
            s3=aws.client("s3"),
        )
        built.s3.create_bucket(Bucket="lake")
        environment = {
            "STAGE": "local",
            "BUS_NAME": BUS,
            "BUCKET_NAME": "lake",
            "QUEUE_URL": built.pages.url,
            "DLQ_URL": built.dead_letters.url,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        cached = (bootstrap.settings, bootstrap.writer, bootstrap.processor)
        for build in cached:
            build.cache_clear()
        yield built
        for build in cached:
            build.cache_clear()


def test_a_batch_becomes_one_file_and_one_event(world: World) -> None:
    rows = [{"id": 1, "company": {"id": 5, "_info": {}}, "types": [1]}, {"id": 2, "closed": True}]
    first, second = world.land(rows, 0, 0), world.land([{"id": 3}], 0, 1)
    world.send(second, first, first, world.land([], 0, 2))
    assert world.deliver() == []
    (key,) = world.raw_keys()
    assert (parse_raw(key).tenant_id, parse_raw(key).table) == ("acme", "service_tickets")
    stored = world.rows(key)
    assert [(row["id"], row["_cwp_page"], row["_cwp_row"]) for row in stored] == [
        (1, 0, 0),
        (2, 0, 1),
        (3, 1, 0),
    ]
    assert (stored[0]["company__id"], stored[0]["types"], stored[1]["closed"]) == (5, "[1]", True)
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["raw_key"], detail["rows"]) == ("PagesWritten", key, 3)
    assert [job["job_id"] for job in detail["jobs"]] == [
        "w000-p00000",
        "w000-p00001",
        "w000-p00002",
    ]
    assert world.dead_letters.take() == []


def test_a_missing_page_costs_its_own_message_only_and_its_run_is_told(world: World) -> None:
    lost, _ = page([{"id": 9}], 0, 1)
    world.send(world.land([{"id": 1}]), lost)
    assert world.deliver() == []
    told = dict(world.bus.take())
    assert [job["page"] for job in told["PagesWritten"]["jobs"]] == [0]
    assert told["PageRejected"]["job_id"] == lost.job_id
    assert lost.landing_key in told["PageRejected"]["reason"]
    (dead,) = world.dead_letters.take()
    assert lost.landing_key in dead["MessageAttributes"]["Reason"]["StringValue"]


def test_malformed_messages_are_dead_letters_with_their_reason(world: World) -> None:
    world.pages.send("not json")
    world.send(world.land([{"id": 1}]))
    assert world.deliver() == []
    assert len(world.bus.take()) == 1
    (dead,) = world.dead_letters.take()
    assert "EventBridge envelope" in dead["MessageAttributes"]["Reason"]["StringValue"]


def test_a_batch_delivered_again_makes_another_file_with_the_same_rows(world: World) -> None:
    event = world.land([{"id": 1}])
    world.send(event)
    world.deliver()
    world.send(event)
    world.deliver()
    one, other = world.raw_keys()
    assert world.rows(one) == world.rows(other)
    first, second = (detail for _, detail in world.bus.take())
    assert first["jobs"] == second["jobs"]
    assert {first["raw_key"], second["raw_key"]} == {one, other}


def test_without_the_bucket_messages_come_back_and_are_given_up_on_last(world: World) -> None:
    event = world.land([{"id": 1}])
    world.s3.delete_object(Bucket="lake", Key=event.landing_key)
    world.s3.delete_bucket(Bucket="lake")
    world.send(event)
    assert len(world.deliver()) == 1
    assert world.dead_letters.take() == []
    world.send(event)
    assert world.deliver(receives=MAX_RECEIVES) == []
    (dead,) = world.dead_letters.take()
    assert "NoSuchBucket" in dead["MessageAttributes"]["Reason"]["StringValue"]
    ((kind, detail),) = world.bus.take()
    assert (kind, detail["run_id"]) == ("PageRejected", event.run_id)


def test_a_sweep_lands_beside_raw_and_not_in_it(world: World) -> None:
    world.send(world.land([{"id": 1}, {"id": 5}], mode="reconcile", is_last=True, counted=2))
    assert world.deliver() == []
    ((_, detail),) = world.bus.take()
    assert detail["raw_key"].startswith("acme/sweeps/connectwise/service_tickets/")
    assert detail["jobs"][0]["counted"] == 2
    assert world.raw_keys() == []
    found = world.rows(detail["raw_key"])
    assert [(row["id"], row["_cwp_row"]) for row in found] == [(1, 0), (5, 1)]
