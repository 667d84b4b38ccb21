"""`cwpipe dlq` from the command line against moto's SQS: the options that choose letters."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cwp_ops import main
from cwp_ops.cloud_clients import Cloud
from cwp_ops.names import queues
from cwp_shared.letters import Failure, History
from tests.aws_environment import isolate

JOBS = "connectwise-fetcher-jobs-dlq-dev"


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    isolate(monkeypatch)
    with mock_aws():
        made = boto3.client("sqs")
        for queue in queues("dev"):
            for name in (queue.name, queue.dead_letters):
                made.create_queue(QueueName=name)
        for tenant_id, reason in (("acme", "throttled"), ("acme", "no keys"), ("beta", "no keys")):
            history = History().after(Failure(reason, "Terminal", "2026-11-23T07:00:00+00:00"))
            made.send_message(
                QueueUrl=made.get_queue_url(QueueName=JOBS)["QueueUrl"],
                MessageBody=json.dumps({"tenant_id": tenant_id, "table": "service_tickets"}),
                MessageAttributes=history.attributes(),  # type: ignore[arg-type]
            )
        yield made


def replay(*arguments: str) -> Any:
    said = CliRunner().invoke(main.app, ["--stage", "dev", "dlq", "replay", *arguments, "--json"])
    assert said.exit_code == 0, said.output
    return json.loads(said.stdout)


@pytest.mark.parametrize(("answer", "code", "dropped"), [("n", 1, 0), ("y", 0, 2)])
def test_dropping_asks_first_and_keeps_copies(
    sqs: Any, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, dropped: int
) -> None:
    monkeypatch.setattr(Cloud, "outputs", {"BucketName": "lake"})
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="lake")
    command = ["--stage", "dev", "dlq", "drop", "--tenant", "acme", "--json"]
    said = CliRunner().invoke(main.app, command, input=f"{answer}\n")
    assert said.exit_code == code
    assert "Drop 2 letters of fetcher-jobs, keeping copies as acme/quarantine/" in said.stderr
    kept = [one["Key"] for one in s3.list_objects_v2(Bucket="lake").get("Contents", ())]
    assert (left(sqs), len(kept)) == (3 - dropped, dropped)
    # The runner writes what is typed to where the answer goes.
    told = said.stdout.removeprefix(f" {answer}\n")
    assert (sorted(json.loads(told)) if dropped else []) == kept


def left(sqs: Any, name: str = JOBS) -> int:
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    names = ["ApproximateNumberOfMessages"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(attributes["ApproximateNumberOfMessages"])


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (["--tenant", "acme"], 2),
        (["--reason", "KEYS"], 2),
        (["--tenant", "acme", "--reason", "keys"], 1),
        (["--table", "time_entries"], 0),
        (["fetcher-jobs", "--newer-than", "1m"], 0),
        (["--older-than", "1m"], 3),
    ],
)
def test_only_the_chosen_letters_are_sent_back(sqs: Any, options: list[str], chosen: int) -> None:
    (done,) = replay(*options, "--rate", "500", "--dry-run")
    assert (done["chosen"], left(sqs)) == (chosen, 3)
    (done,) = replay(*options, "--rate", "500")
    assert (done["sent"], left(sqs)) == (chosen, 3 - chosen)
    assert left(sqs, "connectwise-fetcher-jobs-dev") == chosen
