"""The archive and its replays against moto's EventBridge; what moto cannot do, against a stub."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import ANY

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from typer.testing import CliRunner

from cwp_ops import main
from cwp_ops.archive import Archive, Desk, Replay, Rule
from cwp_ops.errors import OperatorError
from tests.aws_environment import isolate

BUS = "connectwise-dev"
NOW = datetime.now(UTC)
RULE = Rule("loader-committed", "arn:aws:events:us-east-1:1:rule/b/r", "{}", ("queue",))
ARCHIVE = Archive("connectwise-dev", "arn:archive", "arn:bus", 30, 1, 100)


@dataclass
class World:
    events: Any
    sqs: Any
    queue_url: str

    def put(self, number: int) -> None:
        entry = {
            "EventBusName": BUS,
            "Source": "connectwise.transformer",
            "DetailType": "CanonicalCommitted",
            "Detail": json.dumps({"number": number}),
        }
        self.events.put_events(Entries=[entry])

    def received(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def cwpipe(self, *arguments: str, **more: Any) -> Any:
        return CliRunner().invoke(main.app, ["--stage", "dev", "events", *arguments], **more)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with mock_aws():
        events: Any = boto3.client("events")
        sqs = boto3.client("sqs")
        bus = events.create_event_bus(Name=BUS)["EventBusArn"]
        url = sqs.create_queue(QueueName="connectwise-loader-commits-dev")["QueueUrl"]
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        rule = "connectwise-loader-committed-dev"
        pattern = json.dumps({"detail-type": ["CanonicalCommitted"]})
        events.put_rule(Name=rule, EventBusName=BUS, EventPattern=pattern)
        target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
        events.put_targets(Rule=rule, EventBusName=BUS, Targets=[target])
        events.create_archive(ArchiveName=BUS, EventSourceArn=bus, RetentionDays=30)
        yield World(events, sqs, url)


def test_a_span_is_replayed_to_the_rules_queue_and_marked(world: World) -> None:
    world.put(1)
    assert [one["detail"] for one in world.received()] == [{"number": 1}]
    said = world.cwpipe("replay", "loader-committed", "--from", "1h", "--yes", "--json")
    assert said.exit_code == 0, said.output
    answer = json.loads(said.stdout)
    assert answer["replay"]["state"] == "COMPLETED"
    (again,) = world.received()
    assert again["detail"] == {"number": 1}
    assert again["replay-name"] == answer["replay"]["name"]


def test_a_dry_run_replays_nothing(world: World) -> None:
    world.put(1)
    world.received()
    said = world.cwpipe("replay", "loader-committed", "--from", "1h", "--dry-run", "--json")
    assert json.loads(said.stdout)["replay"] is None
    assert world.received() == []
    assert world.events.list_replays()["Replays"] == []


def test_a_person_who_says_no_replays_nothing(world: World) -> None:
    said = world.cwpipe("replay", "loader-committed", "--from", "1h", input="n\n")
    assert said.exit_code == 1
    assert world.events.list_replays()["Replays"] == []


def test_archive_rules_and_replays_are_listed(world: World) -> None:
    world.put(1)
    world.cwpipe("replay", "connectwise-loader-committed-dev", "--from", "1h", "--yes")
    told = json.loads(world.cwpipe("list", "--json").stdout)
    assert told["archive"]["retention_days"] == 30
    (rule,) = [one for one in told["rules"] if one["short"] == "loader-committed"]
    assert rule["targets"] == ["connectwise-loader-commits-dev"]
    (replay,) = told["replays"]
    assert replay["name"].startswith("loader-committed-")
    assert "loader-committed" in world.cwpipe("list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["loader-comitted", "--from", "1h"], "no rule 'loader-comitted'.*loader-committed"),
        (["loader-committed", "--from", "40d"], "40 days ago; the archive keeps 30"),
        (["loader-committed", "--from", "1h", "--to", "2h"], "the span is empty"),
        (["loader-committed", "--from", "yesterday"], "not a(n age| time)"),
    ],
)
def test_what_cannot_be_replayed_is_said(world: World, arguments: list[str], said: str) -> None:
    answer = world.cwpipe("replay", *arguments, "--yes")
    assert isinstance(answer.exception, OperatorError)
    assert answer.exception.args[0]
    with pytest.raises(OperatorError, match=said):
        raise answer.exception


def test_without_an_archive_it_is_said_what_to_do_instead(world: World) -> None:
    world.events.delete_archive(ArchiveName=BUS)
    answer = world.cwpipe("list")
    assert isinstance(answer.exception, OperatorError)
    for way in ("shared stack", "cwpipe dlq replay", "cwpipe recover", "cwpipe rebuild"):
        assert way in str(answer.exception)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    isolate(monkeypatch)
    with Stubber(boto3.client("events")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def desk(stub: Stubber) -> Desk:
    return Desk(stub.client, "dev", sleep=lambda _: None)


def test_only_the_one_rule_is_given_the_events(stub: Stubber) -> None:
    """moto gives them to every rule; the request must not."""
    start, end = NOW - timedelta(hours=2), NOW
    wanted = {
        "ReplayName": ANY,
        "Description": ANY,
        "EventSourceArn": ARCHIVE.arn,
        "EventStartTime": start,
        "EventEndTime": end,
        "Destination": {"Arn": ARCHIVE.bus_arn, "FilterArns": [RULE.arn]},
    }
    stub.add_response("start_replay", {"State": "STARTING"}, wanted)
    assert len(desk(stub).start(ARCHIVE, RULE, start, end)) <= 64


def test_a_replay_is_followed_to_its_end(stub: Stubber) -> None:
    for state in ("STARTING", "RUNNING", "FAILED"):
        answer = {"ReplayName": "r", "State": state, "EventLastReplayedTime": NOW}
        reason = {"StateReason": "the bus is gone"} if state == "FAILED" else {}
        stub.add_response("describe_replay", {**answer, **reason}, {"ReplayName": "r"})
    seen: list[Replay] = []
    done = desk(stub).follow("r", seen.append)
    assert [one.state for one in seen] == ["STARTING", "RUNNING", "FAILED"]
    assert (done.state, done.reason) == ("FAILED", "the bus is gone")


def test_replays_are_listed_page_by_page_newest_first(stub: Stubber) -> None:
    def listed(name: str, hours: int) -> dict[str, Any]:
        started = NOW - timedelta(hours=hours)
        return {"ReplayName": name, "State": "COMPLETED", "ReplayStartTime": started}

    of_archive = {"EventSourceArn": ARCHIVE.arn}
    stub.add_response("list_replays", {"Replays": [listed("b", 2)], "NextToken": "t"}, of_archive)
    stub.add_response(
        "list_replays", {"Replays": [listed("a", 1)]}, {**of_archive, "NextToken": "t"}
    )
    assert [one.name for one in desk(stub).replays(ARCHIVE)] == ["a", "b"]


@pytest.mark.parametrize(("answer", "state"), [("y\n", "CANCELLED"), ("n\n", "RUNNING")])
def test_ctrl_c_asks_whether_to_cancel(
    world: World, monkeypatch: pytest.MonkeyPatch, answer: str, state: str
) -> None:
    cancelled = []

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Desk, "follow", interrupted)
    monkeypatch.setattr(Desk, "cancel", lambda _, name: cancelled.append(name))
    monkeypatch.setattr(
        Desk,
        "replay",
        lambda _, name: Replay(name, "CANCELLED" if cancelled else "RUNNING", "", None),
    )
    arguments = ("replay", "loader-committed", "--from", "1h", "--yes")
    assert state.lower() in world.cwpipe(*arguments, input=answer).stdout
    assert len(cancelled) == (state == "CANCELLED")
