import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from cwp_local.redshift.events import BusAnnouncer, status_change
from cwp_local.redshift.statements import FINISHED, Outcome, Part, Statement, Submission

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
REFUSED = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "NotAuthorizedForSourceException"}]}


def _statement(*, with_event: bool = True, batch: bool = False) -> Statement:
    submission = Submission(
        ("SELECT 1",), "dev", "local", is_batch=batch, name="v1|acme", with_event=with_event
    )
    part = Part("SELECT 1", NOW, 7, FINISHED, outcome=Outcome(3))
    return Statement("id-1", submission, NOW, [part], FINISHED, updated_at=NOW)


class FakeEvents:
    """A default bus: takes `aws.*` or not, and has rules whose pattern is a state to match."""

    def __init__(self, *, takes_aws: bool, rules: list[dict[str, Any]] | None = None) -> None:
        self.takes_aws = takes_aws
        self.rules = rules or []
        self.put: list[dict[str, Any]] = []
        self.down = False
        self.asked = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if self.down:
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
        if not self.takes_aws:
            return REFUSED
        self.put += Entries
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}

    def list_rules(self, **arguments: str) -> dict[str, Any]:
        assert arguments["EventBusName"] == "default"
        self.asked += 1
        place = int(arguments.get("NextToken", "0"))
        more = {"NextToken": str(place + 1)} if place + 1 < len(self.rules) else {}
        return {"Rules": self.rules[place : place + 1]} | more

    def test_event_pattern(self, **arguments: str) -> dict[str, bool]:
        state = json.loads(arguments["Event"])["detail"]["state"]
        return {"Result": state in json.loads(arguments["EventPattern"])["detail"]["state"]}

    def list_targets_by_rule(self, **arguments: str) -> dict[str, Any]:
        rule = next(rule for rule in self.rules if rule["Name"] == arguments["Rule"])
        return {"Targets": rule["targets"]}


class FakeQueues:
    """Queues by name."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        return {"QueueUrl": f"url-of-{QueueName}"}

    def send_message(self, **message: str) -> None:
        url, body = message.pop("QueueUrl"), message.pop("MessageBody")
        self.sent.append((url, json.loads(body), message))


def _rule(
    name: str,
    matches: str | None,
    *targets: dict[str, Any],
    state: str = "ENABLED",
    source: str = "aws.redshift-data",
) -> dict[str, Any]:
    pattern = json.dumps({"source": [source], "detail": {"state": [matches]}})
    return {"Name": name, "State": state, "targets": list(targets)} | (
        {"EventPattern": pattern} if matches else {}
    )


def _queue(name: str, **more: Any) -> dict[str, Any]:
    return {"Arn": f"arn:aws:sqs:us-east-1:000000000000:{name}", **more}


def _announce(events: FakeEvents, *statements: Statement, known_for: float = 60) -> FakeQueues:
    queues = FakeQueues()
    announcer = BusAnnouncer(events, queues, "us-east-1", "000000000000", known_for)
    for statement in statements:
        announcer.announce(statement)
    announcer.close()
    return queues


def test_the_documented_event() -> None:
    event = status_change(_statement(), "us-east-1", "000000000000")
    assert event["source"] == "aws.redshift-data"
    assert event["detail-type"] == "Redshift Data Statement Status Change"
    assert event["time"] == "2026-01-02T03:04:05Z"
    assert event["resources"][0].startswith(
        "arn:aws:redshift-serverless:us-east-1:000000000000:workgroup/"
    )
    assert event["detail"] == {
        "principal": "arn:aws:iam::000000000000:root",
        "statementName": "v1|acme",
        "statementId": "id-1",
        "redshiftQueryId": 7,
        "state": "FINISHED",
        "rows": 3,
        "expireAt": int(NOW.timestamp()) + 86_400,
    }
    batch = status_change(_statement(batch=True), "us-east-1", "000000000000")["detail"]
    assert (batch["redshiftQueryId"], batch["rows"]) == (-1, -1)


def test_a_bus_that_takes_it_gets_it() -> None:
    events = FakeEvents(takes_aws=True)
    queues = _announce(events, _statement())
    assert [entry["Source"] for entry in events.put] == ["aws.redshift-data"]
    assert json.loads(events.put[0]["Detail"])["statementId"] == "id-1"
    assert not queues.sent


def test_nothing_is_told_unless_asked_for() -> None:
    events = FakeEvents(takes_aws=True)
    _announce(events, _statement(with_event=False))
    assert not events.put


def test_where_the_source_is_reserved_matching_rules_get_it() -> None:
    rules = [
        _rule(
            "mine", FINISHED, _queue("a"), _queue("b.fifo", SqsParameters={"MessageGroupId": "g"})
        ),
        _rule("others", "FAILED", _queue("c")),
        _rule("asleep", FINISHED, _queue("d"), state="DISABLED"),
        _rule("tick", None, _queue("e")),
        _rule("others' source", FINISHED, _queue("f"), source="aws.s3"),
    ]
    queues = _announce(FakeEvents(takes_aws=False, rules=rules), _statement())
    assert [(url, more) for url, _, more in queues.sent] == [
        ("url-of-a", {}),
        ("url-of-b.fifo", {"MessageGroupId": "g"}),
    ]
    assert queues.sent[0][1]["source"] == "aws.redshift-data"
    assert queues.sent[0][1]["detail"]["statementId"] == "id-1"


def test_rules_are_asked_for_again_only_after_a_while() -> None:
    events = FakeEvents(takes_aws=False, rules=[_rule("mine", FINISHED, _queue("a"))])
    assert len(_announce(events, _statement(), _statement()).sent) == 2
    assert events.asked == 1
    assert len(_announce(events, _statement(), _statement(), known_for=-1).sent) == 2
    assert events.asked == 3


def test_other_targets_are_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    rules = [_rule("r", FINISHED, {"Arn": "arn:aws:lambda:x"}, _queue("q", InputPath="$.detail"))]
    with caplog.at_level(logging.WARNING):
        queues = _announce(FakeEvents(takes_aws=False, rules=rules), _statement())
    assert not queues.sent
    assert caplog.text.count("only plain SQS targets get this event") == 2


def test_without_an_emulator_the_event_is_lost_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    events = FakeEvents(takes_aws=True)
    events.down = True
    with caplog.at_level(logging.WARNING):
        _announce(events, _statement())
    assert "event of statement id-1 is lost" in caplog.text
