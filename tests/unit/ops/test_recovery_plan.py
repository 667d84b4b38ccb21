import json
from datetime import UTC, datetime
from typing import Any

from cwp_ops import recovery_plan as plan
from cwp_shared.events import CommitsRequested, RunCompleted

COMMIT = "acme/state/tickets/commits/000000000007.json"


def record(table: str, run_id: str, upper: str) -> str:
    return RunCompleted(
        tenant_id="acme",
        run_id=run_id,
        table=table,
        mode="incremental",
        lower=None,
        upper=datetime.fromisoformat(upper),
        pages=1,
        rows=1,
        raw_keys=(),
    ).model_dump_json()


def test_the_newest_upper_of_each_table_is_its_watermark() -> None:
    records = [
        record("service_tickets", "r2", "2026-11-23T09:00:00Z"),
        record("service_tickets", "r3", "2026-11-23T08:00:00Z"),
        record("time_entries", "r1", "2026-11-23T07:00:00Z"),
    ]
    assert plan.watermark_items(records) == [
        {
            "tenant_id": "acme",
            "table": "service_tickets",
            "watermark": "2026-11-23T09:00:00Z",
            "run_id": "r2",
        },
        {
            "tenant_id": "acme",
            "table": "time_entries",
            "watermark": "2026-11-23T07:00:00Z",
            "run_id": "r1",
        },
    ]


def ended(run_id: str, upper: str, **more: Any) -> str:
    known = {
        "tenant_id": "acme",
        "table": "service_tickets",
        "run_id": run_id,
        "mode": "incremental",
        "status": "completed",
        "lower": None,
        "upper": upper,
        "watermark": upper,
    }
    return json.dumps(known | more)


def test_only_runs_that_moved_the_watermark_count_and_as_far_as_they_did() -> None:
    records = [
        ended("r1", "2026-11-23T07:00:00Z"),
        ended("r2", "2026-11-23T08:00:00Z", watermark="2026-11-23T07:30:00Z"),
        ended("r3", "2026-11-23T09:00:00Z", watermark=None),
        ended("r4", "2026-11-23T10:00:00Z", watermark=None, status="failed", reason="401"),
        ended("r5", "2026-11-23T11:00:00Z", watermark=None, mode="reconcile"),
        ended("r6", "2026-11-23T12:00:00Z", watermark=None, mode="reconcile", status="failed"),
    ]
    assert plan.watermark_items(records) == [
        {
            "tenant_id": "acme",
            "table": "service_tickets",
            "watermark": "2026-11-23T07:30:00Z",
            "run_id": "r2",
            "reconciled_at": "2026-11-23T11:00:00Z",
        }
    ]


def test_a_damaged_record_makes_the_watermark_older_not_wrong() -> None:
    records = ["{", "{}", record("service_tickets", "r1", "2026-11-23T07:00:00Z")]
    (item,) = plan.watermark_items(records)
    assert item["watermark"] == "2026-11-23T07:00:00Z"


def test_keys_are_told_apart() -> None:
    assert plan.commit_object(COMMIT) == plan.CommitObject("acme", "tickets", COMMIT)
    assert plan.commit_object("acme/state/tickets/index/1.parquet") is None
    assert plan.is_run_record("acme/runs/connectwise/service_tickets/r1.json")
    assert not plan.is_run_record("acme/tenant.json")
    assert plan.is_raw("acme/raw/connectwise/service_tickets/20261123T0Z.parquet")
    assert not plan.is_raw("acme/landing/connectwise/service_tickets/r/j.json.gz")


def test_each_history_is_asked_for_what_the_warehouse_lacks() -> None:
    commits = [
        plan.CommitObject("acme", "tickets", "1"),
        plan.CommitObject("acme", "tickets", "2"),
        plan.CommitObject("acme", "contacts", "1"),
    ]
    assert plan.commit_requests(commits, {("acme", "tickets"): 4}) == [
        CommitsRequested(tenant_id="acme", canonical_table="contacts", after_sequence=0),
        CommitsRequested(tenant_id="acme", canonical_table="tickets", after_sequence=4),
    ]


def test_raw_files_of_no_commit_are_sent_again_oldest_first() -> None:
    raw = [f"acme/raw/connectwise/{t}.parquet" for t in ("b/20Z", "a/30Z", "a/10Z", "a/40Z")]
    committed = plan.committed_raw_keys([json.dumps({"raw_keys": [raw[1]]}), "{}"])
    assert plan.uncommitted(raw, committed) == [raw[2], raw[0], raw[3]]


def test_the_envelope_is_what_s3_sends() -> None:
    text = plan.object_created("bucket", "acme/raw/x", 7, datetime(2026, 11, 23, tzinfo=UTC))
    envelope = json.loads(text)
    assert envelope["detail-type"] == "Object Created"
    assert envelope["source"] == "aws.s3"
    assert envelope["detail"]["bucket"] == {"name": "bucket"}
    assert envelope["detail"]["object"] == {"key": "acme/raw/x", "size": 7}
