"""The scheduler as a test drives it: real tables, queues and buckets under moto."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import boto3

from cwp_scheduler.ending import Ender
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.plan import Planner
from cwp_scheduler.records import RunRecords
from cwp_scheduler.standing import TableStanding
from cwp_scheduler.sync_runs import RunStore
from cwp_scheduler.tenants import TenantStore
from cwp_scheduler.ticks import TickQueue
from cwp_scheduler.track import Tracker
from cwp_shared.events import (
    Event,
    JobReceipt,
    PageFailed,
    PageJob,
    PagesWritten,
    ReasonClass,
    SyncRequested,
    TableSurveyed,
)
from cwp_shared.keys import run_record
from cwp_shared.page_jobs import JobQueue
from cwp_shared.run_record import RunRecord
from cwp_shared.tenants import TenantConfig

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = "service_tickets"


@dataclass
class RecordedBus:
    events: list[Event] = field(default_factory=list)

    def publish(self, events: Iterable[Event]) -> None:
        self.events.extend(events)

    def take(self) -> list[Event]:
        taken, self.events[:] = list(self.events), []
        return taken


@dataclass
class World:
    """One tenant, `acme`, unless a test adds more."""

    planner: Planner
    tracker: Tracker
    bus: RecordedBus
    sqs: Any
    jobs_url: str
    ticks_url: str
    s3: Any
    tenant_items: Any

    @classmethod
    def make(cls, **settings: Any) -> "World":
        sqs, s3, bus = boto3.client("sqs"), boto3.client("s3"), RecordedBus()
        jobs_url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        ticks_url = sqs.create_queue(QueueName="requests")["QueueUrl"]
        s3.create_bucket(Bucket="lake")
        runs = RunStore(make_table("SyncRuns", "pk", "sk"), "LastUpdated")
        standings = StandingStore(make_table("LastUpdated", "tenant_id", "table"))
        tenants = make_table("TenantServices", "tenant_id", "service")
        jobs, records = JobQueue(sqs, jobs_url), RunRecords(s3, "lake")
        ender = Ender(runs, standings, records, bus, lambda: NOW)
        ticks, clock = TickQueue(sqs, ticks_url), lambda: NOW
        world = cls(
            planner=Planner(TenantStore(tenants), runs, standings, jobs, ticks, clock),
            tracker=Tracker(runs, standings, jobs, ender, clock),
            bus=bus,
            sqs=sqs,
            jobs_url=jobs_url,
            ticks_url=ticks_url,
            s3=s3,
            tenant_items=tenants,
        )
        world.add_tenant("acme", **({"tables": (TABLE,)} | settings))
        return world

    def add_tenant(self, name: str, **settings: Any) -> None:
        tenant = TenantConfig(
            tenant_id=name, site="api-na.myconnectwise.net", company="ACME", **settings
        )
        self.tenant_items.put_item(Item=tenant.to_item())

    def jobs(self) -> list[PageJob]:
        """Take all jobs off the queue."""
        return [PageJob.model_validate_json(body) for body in self._take(self.jobs_url)]

    def tick(self) -> None:
        """The schedule's tick and the ticks of all tenants."""
        self.planner.handle('{"tick": true}')
        for body in self._take(self.ticks_url):
            self.planner.handle(body)

    def request(self, **wanted: Any) -> None:
        self.planner.handle(envelope(SyncRequested(tenant_id="acme", **wanted)))

    def tell(self, *events: Event) -> None:
        for event in events:
            self.tracker.handle(envelope(event))

    def at(self, moment: datetime) -> None:
        def clock() -> datetime:
            return moment

        self.planner = replace(self.planner, clock=clock)
        ender = replace(self.tracker.ender, clock=clock)
        self.tracker = replace(self.tracker, ender=ender, clock=clock)

    def reset(self) -> None:
        """As if nothing had happened yet."""
        stores = (
            (self.planner.runs._table, "pk", "sk"),
            (self.planner.standings._table, "tenant_id", "table"),
        )
        for table, *key in stores:
            for item in table.scan()["Items"]:
                table.delete_item(Key={name: item[name] for name in key})
        self.jobs()
        self.bus.take()

    def standing(self, table: str = TABLE) -> TableStanding:
        return self.planner.standings.of("acme").of(table)

    def record(self, run_id: str, table: str = TABLE) -> RunRecord:
        found = self.s3.get_object(Bucket="lake", Key=run_record("acme", table, run_id))
        return RunRecord.model_validate_json(found["Body"].read())

    def _take(self, url: str) -> list[str]:
        bodies: list[str] = []
        request = {"QueueUrl": url, "MaxNumberOfMessages": 10}
        while messages := self.sqs.receive_message(**request).get("Messages"):
            for message in messages:
                bodies.append(message["Body"])
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return bodies


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


def written(job: PageJob, rows: int, **more: Any) -> PagesWritten:
    """What the writer says of a page; a page without rows is its window's last."""
    receipt: dict[str, Any] = {
        "last_id": job.after_id + rows if rows else None,
        "is_last": rows == 0,
        "counted": job.rows_before if rows == 0 else None,
    }
    raw_key = f"acme/raw/connectwise/{job.table}/{job.window}T{job.page}Z.parquet"
    return PagesWritten(
        tenant_id=job.tenant_id,
        run_id=job.run_id,
        table=job.table,
        jobs=(
            JobReceipt(
                job_id=job.job_id,
                window=job.window,
                page=job.page,
                rows=rows,
                **receipt | more,
            ),
        ),
        raw_key=raw_key if rows else None,
        rows=rows,
    )


def surveyed(job: PageJob, count: int = 5, **more: Any) -> TableSurveyed:
    return TableSurveyed(
        tenant_id=job.tenant_id,
        run_id=job.run_id,
        table=job.table,
        count=count,
        lowest_id=1 if count else None,
        highest_id=count or None,
        **more,
    )


def failed(job: PageJob, reason_class: ReasonClass, reason: str = "no") -> PageFailed:
    return PageFailed(
        tenant_id=job.tenant_id,
        run_id=job.run_id,
        table=job.table,
        job_id=job.job_id,
        reason_class=reason_class,
        reason=reason,
    )


def finish(world: World, rows: int = 5, **last_page: Any) -> str:
    """Do the one run whose first job waits; its id."""
    (job,) = world.jobs()
    if job.kind == "survey":
        world.tell(surveyed(job))
        (job,) = world.jobs()
    world.tell(written(job, rows))
    world.tell(written(job.next_page(job.after_id + rows, rows), 0, **last_page))
    return job.run_id
