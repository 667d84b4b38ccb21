"""Whatever is wrong with what comes in ends as a clear message, and harms nobody else."""

import gzip
import hashlib
import json
import time
from pathlib import Path
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


SAMPLES = Path(__file__).resolve().parents[1] / "contract" / "samples"


def forge(cloud: Cloud, kind: str, source: str, **changes: Any) -> None:
    """Publish an event of the pipeline's own, as somebody with rights on the bus could."""
    detail = json.loads((SAMPLES / f"{kind}.v1.json").read_text()) | changes
    entry = {"EventBusName": "connectwise-local", "Source": f"connectwise.{source}"}
    cloud.aws("events").put_events(
        Entries=[entry | {"DetailType": kind, "Detail": json.dumps(detail)}]
    )


def keys_under(cloud: Cloud, prefix: str) -> list[str]:
    found = cloud.aws("s3").list_objects_v2(Bucket="connectwise-local-000000000000", Prefix=prefix)
    return [entry["Key"] for entry in found.get("Contents", ())]


def test_forged_events_bring_no_rows_of_one_tenant_to_another(cloud: Cloud) -> None:
    """All that they say is true, but for whose it is."""
    foggy = "e2e-foggy"
    cloud.add_tenant("e2e-rival", 5, 6, "service_tickets")
    before = keys_under(cloud, "e2e-rival/")
    (landed, *_) = keys_under(cloud, f"{foggy}/landing/connectwise/service_tickets/")
    (raw, *_) = keys_under(cloud, f"{foggy}/raw/connectwise/service_tickets/")
    (canonical, *_) = keys_under(cloud, f"{foggy}/canonical/tickets/")
    run_id, job = landed.split("/")[-2], landed.split("/")[-1].removesuffix(".json.gz")
    packed = cloud.aws("s3").get_object(Bucket="connectwise-local-000000000000", Key=landed)
    page = {
        "tenant_id": "e2e-rival",
        "table": "service_tickets",
        "run_id": run_id,
        "sha256": hashlib.sha256(gzip.decompress(packed["Body"].read())).hexdigest(),
    }
    forge(cloud, "PageFetched", "fetcher", **page, job_id=job, landing_key=landed)
    (letter,) = dead_letters(cloud, "writer-pages")
    reason = letter["MessageAttributes"]["Reason"]["StringValue"]
    assert "landing_key is no key under the message's own tenant_id" in reason
    way = f"../../../../../{landed.removesuffix('.json.gz')}"
    forge(
        cloud, "PageFetched", "fetcher", **page, job_id=way,
        landing_key=f"e2e-rival/landing/connectwise/service_tickets/{run_id}/{way}.json.gz",
    )  # fmt: skip
    (letter,) = dead_letters(cloud, "writer-pages")
    assert "job_id" in letter["MessageAttributes"]["Reason"]["StringValue"]
    rival = {"tenant_id": "e2e-rival", "table": "service_tickets"}
    forge(cloud, "RunCompleted", "scheduler", **rival, mode="reconcile", raw_keys=[raw])
    (letter,) = dead_letters(cloud, "writer-sweeps")
    assert "raw_keys is no key" in letter["MessageAttributes"]["Reason"]["StringValue"]
    commit = {"tenant_id": "e2e-rival", "canonical_table": "tickets", "sequence": 1}
    forge(cloud, "CanonicalCommitted", "transformer", **commit, key=canonical)
    (letter,) = dead_letters(cloud, "loader-commits")
    assert "key is no key" in letter["MessageAttributes"]["Reason"]["StringValue"]
    assert keys_under(cloud, "e2e-rival/") == before
    (schemas,) = cloud.query(
        "select count(*) as n from information_schema.tables where table_schema = 'e2e-rival'"
    )
    assert int(schemas["n"]) == 0


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
