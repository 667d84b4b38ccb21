"""What happens without anybody watching: the schedule, lost jobs, a row that does not fit."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.expected import api_rows

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

LONG_AGO = "2020-01-01T00:00:00+00:00"


def wait_for(what: Callable[[], Any], seconds: int = 60) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, f"nothing after {seconds} s"
        time.sleep(0.3)
    return found


def add_tenant(cloud: Cloud, name: str, table: str) -> None:
    cloud.add_tenant(name, 30, 7, table)


def watermark(cloud: Cloud, tenant: str, table: str) -> Any:
    key = {"tenant_id": {"S": tenant}, "table": {"S": table}}
    found = cloud.aws("dynamodb").get_item(TableName="LastUpdated-local", Key=key)
    return found.get("Item", {}).get("watermark")


def request_sync(cloud: Cloud, tenant: str) -> None:
    entry = {
        "EventBusName": "connectwise-local",
        "Source": "connectwise.operator",
        "DetailType": "SyncRequested",
        "Detail": json.dumps({"tenant_id": tenant}),
    }
    cloud.aws("events").put_events(Entries=[entry])


def test_tick_backfills_a_new_tenant(cloud: Cloud) -> None:
    add_tenant(cloud, "e2e-due", "company_companies")
    sqs = cloud.aws("sqs")
    url = sqs.get_queue_url(QueueName="connectwise-scheduler-requests-local")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"tick": true}')
    wait_for(lambda: watermark(cloud, "e2e-due", "company_companies"))


def test_run_whose_jobs_were_lost_is_picked_up(cloud: Cloud) -> None:
    add_tenant(cloud, "e2e-lost", "company_contacts")
    functions, sqs, items = (cloud.aws(name) for name in ("lambda", "sqs", "dynamodb"))
    fetch = "connectwise-fetcher-local-fetch"
    (mapping,) = functions.list_event_source_mappings(FunctionName=fetch)["EventSourceMappings"]
    jobs, requests = (
        sqs.get_queue_url(QueueName=f"connectwise-{name}-local")["QueueUrl"]
        for name in ("fetcher-jobs", "scheduler-requests")
    )
    owner = {"S": "e2e-lost#company_contacts"}

    def lock() -> Any:
        key = {"pk": owner, "sk": {"S": "OPEN"}}
        return items.get_item(TableName="SyncRuns-local", Key=key).get("Item")

    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        request_sync(cloud, "e2e-lost")
        run_id = wait_for(lock)["run_id"]["S"]
        # The jobs are sent once the run is open, and before its request is done with.
        wait_for(lambda: not unfinished(sqs, requests) and unfinished(sqs, jobs))
        sqs.purge_queue(QueueUrl=jobs)
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    items.update_item(
        TableName="SyncRuns-local",
        Key={"pk": owner, "sk": {"S": f"RUN#{run_id}"}},
        UpdateExpression="SET touched_at = :t",
        ExpressionAttributeValues={":t": {"S": LONG_AGO}},
    )
    request_sync(cloud, "e2e-lost")
    wait_for(lambda: watermark(cloud, "e2e-lost", "company_contacts"))


def unfinished(sqs: Any, url: str) -> int:
    """Messages of the queue that wait or are being handled."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(found[name]) for name in names)


def test_row_that_does_not_fit_is_set_aside_alone(cloud: Cloud) -> None:
    add_tenant(cloud, "e2e-odd", "service_tickets")
    access = cloud.sandbox.make_company("e2e-odd", seed=7, tickets=30)
    tickets = [row["id"] for row in api_rows(access, "/service/tickets")]
    cloud.sandbox.patch_row("e2e-odd", "service_tickets", tickets[0], {"budgetHours": "many"})
    cloud.cwpipe("sync", "e2e-odd")
    loaded = cloud.query('select ticket_id from "e2e-odd".tickets where is_current')
    assert {int(row["ticket_id"]) for row in loaded} == {*tickets[1:]}
    s3 = cloud.aws("s3")
    bucket = "connectwise-local-000000000000"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="e2e-odd/quarantine/")["Contents"]
    texts = [s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read().decode() for o in listed]
    assert any("budget_hours" in text and "many" in text for text in texts)


def test_row_set_aside_is_shown_and_taken_once_a_mapping_can(cloud: Cloud) -> None:
    tenant, prefix = "e2e-odd", "e2e-odd/quarantine/service_tickets/"
    (aside,) = map(json.loads, cloud.cwpipe("quarantine", "show", tenant).splitlines())
    assert (aside["reason"], aside["record"]["budgetHours"]) == (
        "budget_hours: many does not fit decimal(18,4)",
        "many",
    )
    said = cloud.cwpipe("quarantine", "replay", tenant, expect=1)
    assert "the mapping is still version" in said

    cloud.sandbox.patch_row(tenant, "service_tickets", aside["record"]["id"], {"budgetHours": 2})
    cloud.cwpipe("sync", tenant)
    s3, bucket = cloud.aws("s3"), "connectwise-local-000000000000"
    raw = s3.list_objects_v2(Bucket=bucket, Prefix=f"{tenant}/raw/")["Contents"][-1]["Key"]
    name = f"{prefix}tickets-{raw.rsplit('/', 1)[1].removesuffix('.parquet')}.jsonl"
    # As an older mapping would have left it, to which the row that fits now was too much.
    older = json.dumps({**aside, "raw_key": raw, "raw_row": 0, "mapping_version": 0})
    s3.put_object(Bucket=bucket, Key=name, Body=f"{older}\n".encode())
    said = cloud.cwpipe("quarantine", "replay", tenant, expect=1)
    assert f"{raw}: 1 taken, 0 left" in said
    left = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    assert name not in {found["Key"] for found in left}
    (row,) = cloud.query(
        f'select budget_hours from "{tenant}".tickets where ticket_id = {aside["record"]["id"]}'
    )
    assert float(row["budget_hours"]) == 2
