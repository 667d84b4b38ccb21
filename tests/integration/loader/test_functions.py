"""Both functions with real queues, state and bucket (moto); the Data API is the unit tests' fake.

Messages go from queue to function as Lambda's event source mapping would bring them.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from moto import mock_aws

from cwp_loader import bootstrap, handler
from cwp_shared import aws
from tests.aws_environment import REGION, isolate
from tests.counted import counted, values
from tests.integration.loader.state_table import load_state_items, tenant_items
from tests.unit.loader.fakes import ROLE, WAREHOUSE_COLUMNS, FakeStatements, commit

EMPTY = (0, 0, 0, None, 0)


class Context(LambdaContext):
    def __init__(self) -> None:
        self._function_name = "connectwise-loader-local-settle"
        self._memory_limit_in_mb = 256
        self._invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:f"
        self._aws_request_id = "request"


@dataclass
class Cloud:
    sqs: Any
    s3: Any
    items: Any
    tenants: Any
    urls: dict[str, str]
    statements: FakeStatements

    def deliver(self, queue: str) -> list[Any]:
        """One batch from a queue to its function; what it reported as failed."""
        function = handler.gather if queue == "commits" else handler.settle
        messages = self.sqs.receive_message(
            QueueUrl=self.urls[queue], MaxNumberOfMessages=10, AttributeNames=["All"]
        ).get("Messages", [])
        records = [_record(message) for message in messages]
        answer = function({"Records": records}, Context())
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self.sqs.delete_message(
                    QueueUrl=self.urls[queue], ReceiptHandle=message["ReceiptHandle"]
                )
        return list(answer["batchItemFailures"])

    def send(self, queue: str, body: object) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=self.urls[queue], MessageBody=text)

    def statement_ends(self, statement_id: str) -> None:
        """The Data API's event, as the default bus brings it."""
        detail = {
            "statementId": statement_id,
            "statementName": str(self.statements.submitted[-1].name),
            "state": "FINISHED",
        }
        kind = "Redshift Data Statement Status Change"
        self.send("statements", {"detail-type": kind, "detail": detail})
        self.deliver("statements")

    def head(self) -> dict[str, Any]:
        key = {"pk": "acme#tickets", "sk": "HEAD"}
        return dict(self.items.get_item(Key=key).get("Item", {}))

    def dead_letters(self) -> list[str]:
        """The reasons."""
        messages = self.sqs.receive_message(
            QueueUrl=self.urls["dlq"], MessageAttributeNames=["All"], MaxNumberOfMessages=10
        ).get("Messages", [])
        return [message["MessageAttributes"]["Reason"]["StringValue"] for message in messages]


def _record(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "eventSource": "aws:sqs",
    }


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    isolate(monkeypatch)
    caches = (aws.client, aws.table, bootstrap.gathering, bootstrap.settling)
    for cached in caches:
        cached.cache_clear()
    with mock_aws():
        sqs, s3 = boto3.client("sqs"), boto3.client("s3")
        urls = {
            name: sqs.create_queue(QueueName=name)["QueueUrl"]
            for name in ("commits", "statements", "dlq")
        }
        s3.create_bucket(Bucket="lake")
        boto3.client("events").create_event_bus(Name="connectwise-local")
        environment = {
            "STAGE": "local",
            "BUS_NAME": "connectwise-local",
            "BUCKET_NAME": "lake",
            "DLQ_URL": urls["dlq"],
            "STATEMENTS_QUEUE_URL": urls["statements"],
            "LOAD_STATE_TABLE": "LoadState-local",
            "WORKGROUP_NAME": "connectwise-local",
            "DATABASE": "dev",
            "COPY_ROLE_ARN": ROLE,
            "TENANT_SERVICES_TABLE": "TenantServices-local",
            "LOAD_WINDOW_SECONDS": "0",
            "AWS_REGION": REGION,
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        statements = FakeStatements()
        monkeypatch.setattr(bootstrap, "DataApi", lambda *_: statements)
        items = load_state_items("LoadState-local")
        tenants = tenant_items("TenantServices-local")
        monkeypatch.setenv("QUEUE_URL", urls["commits"])
        bootstrap.gathering()
        monkeypatch.setenv("QUEUE_URL", urls["statements"])
        bootstrap.settling()
        yield Cloud(sqs, s3, items, tenants, urls, statements)
    for cached in caches:
        cached.cache_clear()


def announce(cloud: Cloud, *sequences: int) -> None:
    for sequence in sequences:
        event = commit(sequence)
        detail = event.model_dump(mode="json")
        cloud.send("commits", {"detail-type": event.detail_type, "detail": detail})
    cloud.deliver("commits")


def test_commits_travel_into_the_warehouse(cloud: Cloud) -> None:
    announce(cloud, 2, 1)
    cloud.deliver("statements")
    cloud.statement_ends(cloud.statements.finish(position=EMPTY))
    cloud.statement_ends(cloud.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))

    load = cloud.statements.submitted[-1]
    assert load.name.kind == "load"
    key = f"acme/canonical/tickets/manifests/{load.name.load_id}.json"
    assert f"s3://lake/{key}" in load.sqls[2]
    manifest = json.loads(cloud.s3.get_object(Bucket="lake", Key=key)["Body"].read())
    assert [entry["url"] for entry in manifest["entries"]] == [
        f"s3://lake/{commit(1).key}",
        f"s3://lake/{commit(2).key}",
    ]

    cloud.statement_ends(cloud.statements.finish())
    head = cloud.head()
    assert (head["phase"], head["loaded_sequence"], head["highest_sequence"]) == ("idle", 2, 2)
    assert head["rows_loaded"] == 6
    assert "last_error" not in head
    assert cloud.items.scan()["Count"] == 1
    assert cloud.dead_letters() == []


def test_a_tenants_window_is_waited_for(cloud: Cloud) -> None:
    settings = {"site": "na.myconnectwise.net", "company": "acme", "load_minutes": 1440}
    cloud.tenants.put_item(Item={"tenant_id": "acme", "service": "connectwise", **settings})
    announce(cloud, 1)
    assert cloud.head()["due_at"] % 86_400 == 0


def test_a_sweep_wakes_the_table_that_waits(cloud: Cloud) -> None:
    announce(cloud, 1)
    cloud.sqs.purge_queue(QueueUrl=cloud.urls["statements"])
    cloud.send("statements", {"sweep": True})
    cloud.deliver("statements")
    cloud.deliver("statements")
    assert [statement.name.kind for statement in cloud.statements.submitted] == ["prepare"]


def test_a_sweep_counts_the_tables_that_need_somebody(
    cloud: Cloud, capsys: pytest.CaptureFixture[str]
) -> None:
    def told() -> dict[str, float]:
        capsys.readouterr()
        cloud.send("statements", {"sweep": True})
        cloud.deliver("statements")
        (line,) = counted(capsys.readouterr().out)
        return values(line)

    announce(cloud, 1)
    assert told() == {"TablesHeldUp": 0, "TablesIncomplete": 0}
    # Nothing moves before somebody comes.
    head = cloud.head() | {"work": None, "retry_at": "2099-01-01T00:00:00Z"}
    cloud.items.put_item(Item={**head, "phase": "blocked", "set_aside": 2})
    cloud.items.put_item(Item={**head, "pk": "acme#companies", "set_aside": 1})
    assert told() == {"TablesHeldUp": 1, "TablesIncomplete": 2}


@pytest.mark.parametrize(
    ("queue", "body", "reason"),
    [
        ("commits", "not JSON", "not an EventBridge envelope"),
        ("commits", {"detail-type": "Other", "detail": {}}, "no consumer here"),
        (
            "commits",
            {"detail-type": "CanonicalCommitted", "detail": {"tenant_id": "acme"}},
            "not a valid CanonicalCommitted",
        ),
        ("statements", "not JSON", "not JSON"),
        ("statements", {"hello": 1}, "neither"),
    ],
)
def test_malformed_messages_are_dead_letters_with_their_reason(
    cloud: Cloud, queue: str, body: object, reason: str
) -> None:
    cloud.send(queue, body)
    assert cloud.deliver(queue) == []
    (said,) = cloud.dead_letters()
    assert reason in said


def test_statements_of_others_are_ignored(cloud: Cloud) -> None:
    kind = "Redshift Data Statement Status Change"
    detail = {"statementId": "x", "statementName": "somebody's", "state": "FINISHED"}
    cloud.send("statements", {"detail-type": kind, "detail": detail})
    assert cloud.deliver("statements") == []
    assert cloud.dead_letters() == []
    assert cloud.head() == {}


def test_a_warehouse_that_cannot_be_asked_brings_the_message_back(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(cloud, 1)
    cloud.deliver("statements")
    statement_id = cloud.statements.finish(position=EMPTY)

    def away(_: str) -> None:
        raise ConnectionError("connection refused")

    monkeypatch.setattr(cloud.statements, "describe", away)
    name = str(cloud.statements.submitted[-1].name)
    kind = "Redshift Data Statement Status Change"
    detail = {"statementId": statement_id, "statementName": name}
    cloud.send("statements", {"detail-type": kind, "detail": detail})
    assert len(cloud.deliver("statements")) == 1
    assert cloud.head()["phase"] == "preparing"
