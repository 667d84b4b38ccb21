"""What operators do every week, with the command, on the running cloud."""

import json
from typing import Any

import pytest

from tests.e2e.conftest import Cloud
from tests.e2e.test_unattended import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def ask_for(cloud: Cloud, tenant_id: str) -> None:
    entry = {
        "EventBusName": "connectwise-local",
        "Source": "somebody",
        "DetailType": "SyncRequested",
        "Detail": json.dumps({"tenant_id": tenant_id}),
    }
    cloud.aws("events").put_events(Entries=[entry])


def told(cloud: Cloud, *arguments: str) -> Any:
    """The answer in JSON; what is said beside it comes after."""
    answer, _ = json.JSONDecoder().raw_decode(cloud.cwpipe(*arguments, "--json"))
    return answer


def letters(cloud: Cloud, queue: str) -> Any:
    (found,) = json.loads(cloud.cwpipe("dlq", "list", queue, "--json"))
    return found


def test_poisoned_message_is_seen_mended_replayed_and_its_rows_arrive(cloud: Cloud) -> None:
    queue, tenant = "scheduler-requests", "e2e-late"
    ask_for(cloud, tenant)
    found = wait_for(lambda: letters(cloud, queue)["reasons"])
    reason = next(one for one in found if tenant in one["reason"])
    assert tenant in cloud.cwpipe("dlq", "show", reason["example"])

    # Nothing was mended yet: it comes back, and says what it failed of before.
    cloud.cwpipe("dlq", "replay", queue, "--tenant", tenant)
    again = wait_for(lambda: letters(cloud, queue)["reasons"])
    shown = json.loads(cloud.cwpipe("dlq", "show", again[0]["example"], "--json"))
    assert shown["failures"] == 2
    assert [failure["reason"] for failure in shown["history"]] == [reason["reason"]] * 2

    cloud.add_tenant(tenant, 30, 7, "company_companies")
    would = json.loads(cloud.cwpipe("dlq", "replay", "--tenant", tenant, "--dry-run", "--json"))
    assert [one["chosen"] for one in would if one["chosen"]] == [1]
    cloud.cwpipe("dlq", "replay", queue, "--tenant", tenant)

    def rows() -> Any:
        status = json.loads(cloud.cwpipe("status", tenant, "--json"))
        return status["tenants"][0]["tables"][0]["rows"]

    assert wait_for(rows) > 0
    (run,) = json.loads(cloud.cwpipe("runs", "list", tenant, "--json"))
    assert (run["status"], run["rows"]) == ("completed", rows())
    (one,) = cloud.query(f'select min(company_id) as id from "{tenant}".companies')
    traced = json.loads(
        cloud.cwpipe("trace", tenant, "company_companies", str(one["id"]), "--json")
    )
    (seen,) = traced["sightings"]
    assert (seen["run_id"], seen["raw_key"]) == (run["run_id"], run["raw_keys"][0])
    assert seen["landing_key"].startswith(f"{tenant}/landing/connectwise/company_companies/")
    assert [commit["raw_key"] for commit in traced["commits"]] == run["raw_keys"]
    assert [version["is_current"] for version in traced["versions"]["companies"]] == [True]
    assert len(traced["loads"]) == 1
    assert letters(cloud, queue)["depth"] == 0


def test_sweep_is_followed_to_its_end(cloud: Cloud) -> None:
    (swept,) = told(cloud, "reconcile", "e2e-late")
    assert (swept["status"], swept["deleted"]) == ("compared", 0)
    assert swept["ids"] > 0


def test_tenant_is_removed_with_all_it_has(cloud: Cloud) -> None:
    assert "disable" in cloud.cwpipe("tenants", "remove", "e2e-late", "--yes", expect=1)
    cloud.cwpipe("tenants", "disable", "e2e-late")
    said = told(cloud, "tenants", "remove", "e2e-late", "--yes")
    assert "schema e2e-late of the warehouse, with every table" in said["deleted"]
    assert "no tenant" in cloud.cwpipe("tenants", "show", "e2e-late", expect=1)


def test_dropped_letter_lies_in_s3(cloud: Cloud) -> None:
    sqs = cloud.aws("sqs")
    url = sqs.get_queue_url(QueueName="connectwise-writer-pages-local")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"no": "event"}')
    wait_for(lambda: letters(cloud, "writer-pages")["depth"])
    (key,) = json.loads(cloud.cwpipe("dlq", "drop", "writer-pages", "--yes", "--json"))
    (stack,) = cloud.aws("cloudformation").describe_stacks(StackName="connectwise-shared-local")[
        "Stacks"
    ]
    bucket = next(o["OutputValue"] for o in stack["Outputs"] if o["OutputKey"] == "BucketName")
    kept = json.loads(cloud.aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert kept["body"] == '{"no": "event"}'
    assert letters(cloud, "writer-pages")["depth"] == 0
