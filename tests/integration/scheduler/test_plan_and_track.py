"""The scheduler's functions against moto: real tables, queues and bus calls, no emulator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cwp_scheduler.jobs import JobQueue
from cwp_scheduler.plan import Planner
from cwp_scheduler.stores import RunRecords, RunStore, TenantStore, WatermarkStore
from cwp_scheduler.track import Tracker
from cwp_shared.errors import Terminal
from cwp_shared.events import (
    Event,
    JobReceipt,
    PageFailed,
    PageJob,
    PagesWritten,
    RunCompleted,
    RunFailed,
    SyncRequested,
    TableSurveyed,
)
from cwp_shared.keys import run_record
from cwp_shared.tenants import TenantConfig
from tests.aws_environment import isolate

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = "service_tickets"


class RecordedBus:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: Any) -> None:
        self.events.extend(events)


@dataclass
class World:
    planner: Planner
    tracker: Tracker
    bus: RecordedBus
    sqs: Any
    queue_url: str
    s3: Any
    tenant_items: Any

    def jobs(self) -> list[PageJob]:
        """Take all jobs off the queue."""
        found: list[PageJob] = []
        while messages := self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                found.append(PageJob.model_validate_json(message["Body"]))
                self.sqs.delete_message(
                    QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    def request(self, **wanted: Any) -> None:
        self.planner.handle(envelope(SyncRequested(tenant_id="acme", **wanted)))

    def tell(self, event: Event) -> None:
        self.tracker.handle(envelope(event))

    def at(self, moment: datetime) -> None:
        self.planner = replace(self.planner, clock=lambda: moment)
        self.tracker = replace(self.tracker, clock=lambda: moment)


def envelope(event: Event) -> str:
    return json.dumps(
        {
            "source": event.source,
            "detail-type": event.detail_type,
            "detail": event.model_dump(mode="json"),
        }
    )


def make_table(name: str, key: str, sort: str) -> Any:
    return boto3.resource("dynamodb").create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": key, "AttributeType": "S"},
            {"AttributeName": sort, "AttributeType": "S"},
        ],
        KeySchema=[
            {"AttributeName": key, "KeyType": "HASH"},
            {"AttributeName": sort, "KeyType": "RANGE"},
        ],
    )


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with mock_aws():
        sqs, s3, bus = boto3.client("sqs"), boto3.client("s3"), RecordedBus()
        queue_url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        s3.create_bucket(Bucket="lake")
        runs = RunStore(make_table("SyncRuns", "pk", "sk"))
        watermarks = WatermarkStore(make_table("LastUpdated", "tenant_id", "table"))
        tenant_items = make_table("TenantServices", "tenant_id", "service")
        tenant_items.put_item(
            Item=TenantConfig(
                tenant_id="acme", site="api-na.myconnectwise.net", company="ACME", tables=(TABLE,)
            ).to_item()
        )
        jobs = JobQueue(sqs, queue_url)
        yield World(
            Planner(TenantStore(tenant_items), runs, watermarks, jobs, lambda: NOW),
            Tracker(runs, watermarks, RunRecords(s3, "lake"), jobs, bus, lambda: NOW),
            bus,
            sqs,
            queue_url,
            s3,
            tenant_items,
        )


def written(run_id: str, page: int, rows: int, window: int = 0) -> PagesWritten:
    return PagesWritten(
        tenant_id="acme",
        run_id=run_id,
        table=TABLE,
        jobs=(
            JobReceipt(
                job_id=f"w{window:03d}-p{page:05d}",
                window=window,
                page=page,
                rows=rows,
                last_id=rows or None,
                is_last=rows == 0,
            ),
        ),
        raw_key=f"acme/raw/connectwise/{TABLE}/2026030{page}T.parquet" if rows else None,
        rows=rows,
    )


def surveyed(run_id: str, count: int = 5) -> TableSurveyed:
    return TableSurveyed(
        tenant_id="acme",
        run_id=run_id,
        table=TABLE,
        count=count,
        lowest_id=1,
        highest_id=count,
    )


def finish_full_run(world: World) -> str:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey.run_id))
    world.jobs()
    world.tell(written(survey.run_id, 0, 5))
    world.tell(written(survey.run_id, 1, 0))
    return survey.run_id


def test_full_run_moves_the_watermark_only_after_its_last_page(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    assert (survey.kind, survey.mode, survey.lower) == ("survey", "full", None)
    world.tell(surveyed(survey.run_id))
    (page,) = world.jobs()
    assert (page.kind, page.job_id) == ("page", "w000-p00000")
    world.tell(written(survey.run_id, 0, 5))
    assert world.planner.watermarks.get("acme", TABLE) is None
    world.tell(written(survey.run_id, 1, 0))
    assert world.planner.watermarks.get("acme", TABLE) == survey.upper
    (completed,) = world.bus.events
    assert isinstance(completed, RunCompleted)
    assert (completed.rows, completed.pages, len(completed.raw_keys)) == (5, 2, 1)
    record = world.s3.get_object(Bucket="lake", Key=run_record("acme", TABLE, survey.run_id))
    assert RunCompleted.model_validate_json(record["Body"].read()) == completed


def test_next_run_is_incremental_from_the_watermark(world: World) -> None:
    finish_full_run(world)
    world.at(NOW + timedelta(hours=1))
    world.request()
    (page,) = world.jobs()
    assert (page.kind, page.mode) == ("page", "incremental")
    assert page.lower == NOW - timedelta(minutes=5)
    assert page.upper == NOW + timedelta(hours=1)


def test_second_request_starts_no_second_run(world: World) -> None:
    world.request()
    world.request()
    assert len(world.jobs()) == 1


def test_stalled_run_is_picked_up_on_request(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey.run_id))
    world.tell(written(survey.run_id, 0, 5))
    world.jobs()
    world.at(NOW + timedelta(seconds=61))
    world.request()
    (job,) = world.jobs()
    assert (job.run_id, job.page, job.after_id) == (survey.run_id, 1, 5)


def test_messages_delivered_twice_change_nothing(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    for _ in range(2):
        world.tell(surveyed(survey.run_id))
    world.tell(written(survey.run_id, 1, 0))
    for _ in range(3):
        world.tell(written(survey.run_id, 0, 5))
    completed = [e for e in world.bus.events if isinstance(e, RunCompleted)]
    assert [e.rows for e in completed] == [5]
    assert world.planner.runs.find_open("acme", TABLE) is None


def test_run_that_died_before_it_was_closed_is_ended_by_any_copy_of_its_messages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey.run_id))
    world.tell(written(survey.run_id, 0, 5))

    def die(*_: object) -> None:
        raise RuntimeError("function timed out")

    monkeypatch.setattr(world.bus, "publish", die)
    with pytest.raises(RuntimeError):
        world.tell(written(survey.run_id, 1, 0))
    assert world.planner.runs.find_open("acme", TABLE)
    monkeypatch.undo()
    isolate(monkeypatch)
    world.tell(written(survey.run_id, 1, 0))
    assert world.planner.runs.find_open("acme", TABLE) is None
    assert [type(e) for e in world.bus.events] == [RunCompleted]


def test_failed_page_fails_the_run_and_leaves_the_watermark(world: World) -> None:
    world.request()
    (survey,) = world.jobs()
    failure = PageFailed(
        tenant_id="acme",
        run_id=survey.run_id,
        table=TABLE,
        job_id="survey",
        reason_class="credentials",
        reason="401: keys refused",
    )
    world.tell(failure)
    world.tell(failure)
    (failed,) = world.bus.events
    assert isinstance(failed, RunFailed)
    assert failed.reason == "401: keys refused"
    assert world.planner.watermarks.get("acme", TABLE) is None
    world.request()
    assert [job.run_id != survey.run_id for job in world.jobs()] == [True]


def test_unknown_table_is_refused_but_the_others_go_on(world: World) -> None:
    with pytest.raises(Terminal, match="unknown table 'service_ticket'; known tables: service_t"):
        world.request(tables=("service_ticket", TABLE))
    assert [job.table for job in world.jobs()] == [TABLE]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("not json", "not an EventBridge envelope"),
        ('{"detail-type": "Other", "detail": {}}', "no consumer here for detail-type 'Other'"),
        ('{"detail-type": "SyncRequested", "detail": {"tenant_id": "A/../b"}}', "tenant_id"),
        ('{"detail-type": "SyncRequested", "detail": {"tenant_id": "nobody"}}', "'nobody' is not"),
        (
            '{"detail-type": "SyncRequested", "detail": {"tenant_id": "a", "mode": "reconcile"}}',
            "not available yet",
        ),
    ],
)
def test_bad_requests_say_what_is_wrong(world: World, body: str, reason: str) -> None:
    with pytest.raises(Terminal, match=reason):
        world.planner.handle(body)


def test_event_of_an_unknown_run_says_so(world: World) -> None:
    with pytest.raises(Terminal, match="SyncRuns does not have"):
        world.tell(written("20260101T000000000000Z-none", 0, 5))


def test_tick_opens_what_is_due_and_a_bad_tenant_hides_no_other(world: World) -> None:
    world.tenant_items.put_item(Item={"tenant_id": "Bad Id", "service": "connectwise"})
    world.planner.handle('{"tick": true}')
    assert [job.tenant_id for job in world.jobs()] == ["acme"]


@pytest.mark.parametrize(("minutes", "due"), [(14, 0), (15, 1)])
def test_table_is_due_again_after_its_cadence(world: World, minutes: int, due: int) -> None:
    finish_full_run(world)
    world.at(NOW + timedelta(minutes=minutes))
    world.planner.handle('{"tick": true}')
    assert len(world.jobs()) == due
