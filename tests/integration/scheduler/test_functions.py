"""Both functions as Lambda calls them: environment, queues, partial batch responses."""

from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from cwp_scheduler import bootstrap, handler
from cwp_shared import aws
from cwp_shared.events import PageJob
from cwp_shared.tenants import TenantConfig
from tests.aws_environment import isolate
from tests.integration.scheduler.world import TABLE, envelope, make_table, surveyed, written
from tests.lambda_queue import BUS, Queue, WatchedBus

CACHES = (aws.client, aws.table, bootstrap.settings, bootstrap.planner, bootstrap.tracker)


@dataclass
class Cloud:
    requests: Queue
    progress: Queue
    dead: Queue
    jobs: Queue
    bus: WatchedBus

    def job(self) -> PageJob:
        (message,) = self.jobs.take()
        return PageJob.model_validate_json(message["Body"])


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    isolate(monkeypatch)
    with mock_aws():
        for cached in CACHES:
            cached.cache_clear()
        cloud = Cloud(
            requests=Queue.make("requests"),
            progress=Queue.make("progress"),
            dead=Queue.make("dead"),
            jobs=Queue.make("jobs"),
            bus=WatchedBus.make(),
        )
        make_table("SyncRuns", "pk", "sk")
        make_table("LastUpdated", "tenant_id", "table")
        tenant = TenantConfig(
            tenant_id="acme", site="api-na.myconnectwise.net", company="ACME", tables=(TABLE,)
        )
        make_table("TenantServices", "tenant_id", "service").put_item(Item=tenant.to_item())
        boto3.client("s3").create_bucket(Bucket="lake")
        environment = {
            "STAGE": "local",
            "BUS_NAME": BUS,
            "BUCKET_NAME": "lake",
            "QUEUE_URL": cloud.requests.url,
            "DLQ_URL": cloud.dead.url,
            "PAGE_JOBS_QUEUE_URL": cloud.jobs.url,
            "TENANT_SERVICES_TABLE": "TenantServices",
            "LAST_UPDATED_TABLE": "LastUpdated",
            "SYNC_RUNS_TABLE": "SyncRuns",
            "METRIC_DETAIL": "stage",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield cloud
    for cached in CACHES:
        cached.cache_clear()


def test_from_the_tick_to_the_end_of_a_run(cloud: Cloud) -> None:
    cloud.requests.send('{"tick": true}')
    for _ in ("the schedule's", "the tenant's"):
        assert cloud.requests.deliver(handler.plan) == []
    survey = cloud.job()
    cloud.progress.send(envelope(surveyed(survey)))
    cloud.progress.deliver(handler.track)
    page = cloud.job()
    for event in (written(page, 5), written(page.next_page(5, 5), 0)):
        cloud.progress.send(envelope(event))
    assert cloud.progress.deliver(handler.track) == []
    ((kind, detail),) = cloud.bus.take()
    assert (kind, detail["run_id"], detail["rows"]) == ("RunCompleted", survey.run_id, 5)


def test_message_that_means_nothing_is_put_aside_with_its_reason(cloud: Cloud) -> None:
    cloud.requests.send("{}")
    assert cloud.requests.deliver(handler.plan) == []
    (letter,) = cloud.dead.sqs.receive_message(
        QueueUrl=cloud.dead.url, MessageAttributeNames=["All"]
    )["Messages"]
    assert "EventBridge envelope" in letter["MessageAttributes"]["Reason"]["StringValue"]
