"""What operators do every week, with the command, on the running cloud."""

import json
import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from scripts.stacks import SERVICES
from typer.testing import CliRunner

from cwp_ops.logs import events
from cwp_ops.main import app
from cwp_ops.names import log_group
from cwp_shared.clock import utc_now
from tests.counted import counted, data_points, values
from tests.cwpipe_line import documented, take
from tests.e2e.conftest import Cloud
from tests.e2e.test_unattended import wait_for
from tests.insights import Query
from tests.rendering import ROOT

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


VERSIONS = 'select count(*) as rows, max(sequence) as last from "e2e-late".companies'


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
    (load,) = traced["loads"]
    # A statement is its role's own, so nobody else can ask for it; but the loader told of it.
    assert any(load["statement_id"] in line for line in cloud.log_lines())
    assert letters(cloud, queue)["depth"] == 0


def test_the_documented_query_follows_a_page_through_all_services(cloud: Cloud) -> None:
    (run,) = json.loads(cloud.cwpipe("runs", "list", "e2e-late", "--json"))
    query = Query.documented(acme="e2e-late", RUN=run["run_id"], KEY=run["raw_keys"][0])
    found = query.run(cloud.log_lines())
    services = ["fetcher", "loader", "scheduler", "transformer", "writer"]
    assert sorted({line["service"] for line in found}) == services
    told = {name for line in found for name in line}
    # Nothing went wrong, so no line has an error.
    assert {name for name in query.names if not name.startswith("@")} - told == {"error"}


def test_what_was_done_is_counted_and_watched(cloud: Cloud) -> None:
    lines = told(cloud, "costs")["lines"]
    drivers = {line["driver"]: line["quantity"] for line in lines}
    assert drivers["fetcher fetch, calls"] >= 1
    assert drivers["transformer transform, time"] > 0
    assert drivers["awake"] > 0
    assert drivers["raw/, held"] > 0
    seen = told(cloud, "watch", "e2e-late")
    (tenant,) = seen["tenants"]
    assert (tenant["tables"], tenant["complete"], tenant["troubles"]) == (1, 1, [])
    assert tenant["behind"] > 0
    assert {step["queue"]: step["calls"] for step in seen["steps"]}["writer-pages"] >= 1


def test_archived_events_are_replayed_and_change_nothing(cloud: Cloud) -> None:
    def pages_handled() -> int:
        written = Query.parse(
            'fields message\n| filter service = "writer"\n| filter tenant_id = "e2e-late"\n'
            '| filter message = "record handled"'
        )
        return len(written.run(cloud.log_lines()))

    (run,) = json.loads(cloud.cwpipe("runs", "list", "e2e-late", "--json"))
    (versions,), handled = cloud.query(VERSIONS), pages_handled()
    # Only of this run: the embedded cloud gives the events to all rules.
    span = ("--from", run["opened_at"], "--to", run["ended_at"])
    done = told(cloud, "events", "replay", "writer-page-fetched", *span, "--yes")
    assert done["replay"]["state"] == "COMPLETED"
    wait_for(lambda: pages_handled() > handled)
    wait_for(
        lambda: not any(q["waiting"] + q["in_flight"] for q in told(cloud, "status")["queues"])
    )
    assert cloud.query(VERSIONS) == [versions]
    assert not any(queue["dead"] for queue in told(cloud, "status")["queues"])


def test_sweep_is_followed_to_its_end(cloud: Cloud) -> None:
    (swept,) = told(cloud, "reconcile", "e2e-late")
    assert (swept["status"], swept["deleted"]) == ("compared", 0)
    assert swept["ids"] > 0


#: Commands that only look.
LOOKING = (
    ("dlq", "list"),
    ("logs",),
    ("quarantine", "list"),
    ("quarantine", "show"),
    ("runs", "list"),
    ("status",),
    ("tenants", "check"),
    ("tenants", "show"),
    ("watermark", "show"),
)
#: Commands that do something, in an order in which each can; what the last two leave is as it was.
DOING = (
    ("dlq", "drop"),
    ("dlq", "replay"),
    ("quarantine", "replay"),
    ("resume",),
    ("sync",),
    ("reconcile",),
    ("tenants", "disable"),
    ("tenants", "enable"),
)
#: The names that the pages use, and what stands for them here.
NAMES = {
    "acme": "e2e-late",
    "service_tickets": "company_companies",
    "tickets": "companies",
    "<table>": "companies",
}
RUNBOOKS = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
HANDBOOK = [ROOT / "docs" / "operating.md", *RUNBOOKS]
MENTIONED = {"runs list", "tenants check", "quarantine list", "logs", "resume", "sync", "reconcile"}


def commands(pages: list[Path], *wanted: tuple[str, ...]) -> list[str]:
    """What pages say to type of some commands, for a tenant that is there, by command."""
    found: dict[tuple[str, ...], set[str]] = {}
    for _, line in documented(pages):
        words = [NAMES.get(word, word) for word in shlex.split(line, comments=True)]
        if not {"NAME", "RUN"} & {*words}:
            found.setdefault(take(line), set()).add(shlex.join(words[1:]))
    # A command that is only mentioned has nothing behind its name.
    return [line for name in wanted for line in sorted(found.get(name, set()) - MENTIONED)]


def typed(cloud: Cloud, command: str) -> None:
    answer = CliRunner().invoke(app, shlex.split(command), env=cloud.environ, input="y\n" * 3)
    assert answer.exit_code == 0, f"cwpipe {command}:\n{answer.output}\n{answer.exception}"


def test_what_the_handbook_says_to_look_at_can_be_looked_at(cloud: Cloud) -> None:
    looking = commands(HANDBOOK, *LOOKING)
    assert {"status", "dlq list", "logs fetcher-fetch --errors"} <= {*looking}
    for command in looking:
        typed(cloud, command)


def test_what_the_runbooks_say_to_do_can_be_done(cloud: Cloud) -> None:
    doing = commands(RUNBOOKS, *DOING)
    assert {"dlq replay", "resume e2e-late", "sync e2e-late", "tenants enable e2e-late"} <= {*doing}
    for command in doing:
        typed(cloud, command)
    assert not any(queue["dead"] for queue in told(cloud, "status")["queues"])


def mailbox(cloud: Cloud) -> str:
    """A queue that is told what the alarm topic tells."""
    region, name = "us-east-1:000000000000", "e2e-people"
    topic, queue = f"arn:aws:sns:{region}:connectwise-alarms-local", f"arn:aws:sqs:{region}:{name}"
    may_send = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = {"Version": "2012-10-17", "Statement": [may_send]}
    made = cloud.aws("sqs").create_queue(QueueName=name, Attributes={"Policy": json.dumps(policy)})
    cloud.aws("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue)
    return str(made["QueueUrl"])


def mail(cloud: Cloud, url: str) -> Any:
    """The next alarm that people are told of."""
    (message,) = wait_for(
        lambda: cloud.aws("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages")
    )
    cloud.aws("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return json.loads(json.loads(message["Body"])["Message"])


def tick_counts(cloud: Cloud, tenant: str, late: int) -> dict[str, Any]:
    """The line that a tick of the tenant puts, once it counts so many late tables."""
    queue = cloud.aws("sqs").get_queue_url(QueueName="connectwise-scheduler-requests-local")
    logs, since = cloud.aws("logs"), utc_now()

    def line() -> dict[str, Any] | None:
        found = events(logs, log_group("scheduler-plan", "local"), since, term="LateTables")
        lines = counted("\n".join(text for _, text in found))
        return next((one for one in lines if one["tenant_id"] == tenant), None)

    cloud.aws("sqs").send_message(
        QueueUrl=queue["QueueUrl"], MessageBody=json.dumps({"tick": True, "tenant_id": tenant})
    )
    put: dict[str, Any] = wait_for(line)
    assert values(put)["LateTables"] == late
    return put


def put_as_cloudwatch_does(cloud: Cloud, line: dict[str, Any], at: float) -> None:
    """The emulator reads no metrics out of log lines; it judges alarms when metrics are put."""
    for point in data_points(line):
        namespace = point.pop("Namespace")
        cloud.aws("cloudwatch").put_metric_data(
            Namespace=namespace, MetricData=[{**point, "Timestamp": at}]
        )


def test_late_table_tells_people_what_to_type_and_ends_when_it_caught_up(cloud: Cloud) -> None:
    tenant, table, alarm = (
        "e2e-late",
        "company_companies",
        "connectwise-scheduler-late-tables-local",
    )
    box = mailbox(cloud)
    cloud.cwpipe("watermark", "set", tenant, table, "2020-01-01T00:00:00Z", "--yes")
    late = tick_counts(cloud, tenant, late=1)
    (found,) = cloud.aws("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
    # As if the tick had come so long ago that its period is over in ten seconds.
    put_as_cloudwatch_does(cloud, late, time.time() - found["Period"] + 10)

    told = mail(cloud, box)
    assert (told["AlarmName"], told["NewStateValue"]) == (alarm, "ALARM")
    command = re.findall(r"First command: cwpipe --stage local (.+)", told["AlarmDescription"])
    assert "late: complete up to 2020-01-01" in cloud.cwpipe(*shlex.split(command[0]))

    cloud.cwpipe("sync", tenant)
    fresh = tick_counts(cloud, tenant, late=0)

    def is_over() -> bool:
        put_as_cloudwatch_does(cloud, fresh, time.time())
        (now,) = cloud.aws("cloudwatch").describe_alarms(AlarmNames=[alarm])["MetricAlarms"]
        return bool(now["StateValue"] == "OK")

    wait_for(is_over)
    assert mail(cloud, box)["NewStateValue"] == "OK"
    assert "late: " not in cloud.cwpipe("status", tenant)


def test_dashboard_shows_the_alarms_that_are_there(cloud: Cloud) -> None:
    cloudwatch = cloud.aws("cloudwatch")
    body = json.loads(cloudwatch.get_dashboard(DashboardName="connectwise-local")["DashboardBody"])
    (shown,) = (one["properties"]["alarms"] for one in body["widgets"] if one["type"] == "alarm")
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix="connectwise-")
    there = {one["AlarmName"]: one["AlarmArn"] for page in pages for one in page["MetricAlarms"]}
    # Consumers that others deploy have alarms of their own.
    own = [arn for name, arn in there.items() if name.split("-")[1] in SERVICES]
    assert sorted(shown) == sorted(own)


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
