"""Whatever is wrong with what comes in ends as a clear message, and harms nobody else."""

import json
import time
from typing import Any

import pytest

from cwp_local.sandbox.models import NotJson
from tests.e2e.conftest import Cloud

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

QUEUES = (
    "scheduler-requests",
    "scheduler-progress",
    "fetcher-jobs",
    "writer-pages",
    "transformer-files",
    "loader-commits",
    "loader-statements",
)


def dead_letters(cloud: Cloud, queue: str, seconds: int = 60) -> list[dict[str, Any]]:
    """Take what is in a queue's dead-letter queue, waiting for the first."""
    sqs = cloud.aws("sqs")
    url = sqs.get_queue_url(QueueName=f"connectwise-{queue}-dlq-local")["QueueUrl"]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found: list[dict[str, Any]] = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        if found:
            return found
        time.sleep(0.5)
    raise AssertionError(f"no dead letter in {queue} after {seconds} s")


@pytest.mark.parametrize("queue", QUEUES)
def test_malformed_message_is_dead_lettered_with_its_reason(cloud: Cloud, queue: str) -> None:
    sqs = cloud.aws("sqs")
    url = sqs.get_queue_url(QueueName=f"connectwise-{queue}-local")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"no": "such thing"')
    (letter,) = dead_letters(cloud, queue)
    assert letter["Body"] == '{"no": "such thing"'
    attributes = letter["MessageAttributes"]
    assert attributes["ErrorType"]["StringValue"] == "Terminal"
    assert len(attributes["Reason"]["StringValue"]) > 20


def test_wrong_credentials_fail_the_run_and_status_says_why(cloud: Cloud) -> None:
    access = cloud.sandbox.make_company("e2e-locked", seed=1, tickets=20)
    cloud.cwpipe(
        "tenants", "add", "e2e-locked", "--site", access.site, "--company", "e2e-locked",
        "--tables", "service_tickets", "--no-check",
        CWPIPE_PUBLIC_KEY="wrong-public",
        CWPIPE_PRIVATE_KEY="wrong-private",
        CWPIPE_CLIENT_ID=access.client_id.get_secret_value(),
    )  # fmt: skip
    said = cloud.cwpipe("sync", "e2e-locked", expect=1)
    status = cloud.cwpipe("status", "e2e-locked")
    for text in (said, status):
        assert "401" in text
        assert "API keys" in text
        assert "wrong-private" not in text


def test_page_that_is_not_json_fails_its_table_only(cloud: Cloud) -> None:
    cloud.add_tenant("e2e-foggy", 40, 5, "service_tickets", "company_contacts")
    cloud.sandbox.set_weather("e2e-foggy", not_json=NotJson(table="company_contacts", times=1000))
    cloud.cwpipe("sync", "e2e-foggy", expect=1)
    status = cloud.cwpipe("status", "e2e-foggy")
    assert "quarantine" in status
    (count,) = cloud.query('select count(*) as n from "e2e-foggy".tickets where is_current')
    assert int(count["n"]) == 40
    cloud.sandbox.set_weather("e2e-foggy")
    dead_letters(cloud, "fetcher-jobs")
    cloud.cwpipe("sync", "e2e-foggy")


def test_unknown_table_is_refused_with_the_known_ones(cloud: Cloud) -> None:
    said = cloud.cwpipe("sync", "e2e-foggy", "--table", "service_ticket", expect=1)
    assert "service_tickets" in said
    detail = {"tenant_id": "e2e-foggy", "tables": ["service_ticket"]}
    cloud.aws("events").put_events(
        Entries=[
            {
                "EventBusName": "connectwise-local",
                "Source": "somebody",
                "DetailType": "SyncRequested",
                "Detail": json.dumps(detail),
            }
        ]
    )
    (letter,) = dead_letters(cloud, "scheduler-requests")
    reason = letter["MessageAttributes"]["Reason"]["StringValue"]
    assert reason.startswith("unknown table 'service_ticket'; known tables: service_tickets")


@pytest.mark.parametrize("name", ["Not Valid", "public", "../x"])
def test_invalid_tenant_id_is_refused(cloud: Cloud, name: str) -> None:
    said = cloud.cwpipe("tenants", "add", name, "--sandbox", expect=1)
    assert name in said
