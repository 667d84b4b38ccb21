import io
import json
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_loader.messages import StatementName
from cwp_shared.about import about
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.inbox import MAX_RECEIVES, InboxProcessor, consume, consume_together


class RecordedQueue:
    """Stands in for SQS: keeps what was sent and which records were delayed."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.delays: dict[str, int] = {}

    def send_message(self, **request: Any) -> None:
        self.sent.append(request)

    def change_message_visibility(self, **request: Any) -> None:
        self.delays[request["ReceiptHandle"]] = request["VisibilityTimeout"]


def event(*bodies: str, receives: int = 1) -> dict[str, Any]:
    return {
        "Records": [
            {
                "messageId": body,
                "receiptHandle": f"handle-{body}",
                "body": body,
                "attributes": {"ApproximateReceiveCount": str(receives)},
                "messageAttributes": {},
                "eventSource": "aws:sqs",
            }
            for body in bodies
        ]
    }


@pytest.fixture
def queue() -> RecordedQueue:
    return RecordedQueue()


def run(queue: RecordedQueue, incoming: dict[str, Any], errors: dict[str, Exception]) -> list[str]:
    def handle(record: SQSRecord) -> None:
        if record.body in errors:
            raise errors[record.body]

    processor = InboxProcessor(queue, "queue", "dead-letters")
    answer: Any = consume(incoming, LambdaContext(), processor, handle)
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def test_only_the_failed_record_comes_back(queue: RecordedQueue) -> None:
    assert run(queue, event("a", "b"), {"b": Retriable("busy")}) == ["b"]
    assert queue.sent == []


def test_a_body_nested_beyond_measure_costs_itself_alone(queue: RecordedQueue) -> None:
    deep = "[" * 100_000
    assert run(queue, event(deep, "b"), {deep: Terminal("no message")}) == []
    assert [letter["MessageBody"] for letter in queue.sent] == [deep]


def test_terminal_record_is_dead_lettered_at_once_with_its_reason(queue: RecordedQueue) -> None:
    assert run(queue, event("a", "b"), {"b": Terminal("no table 'x'; known: y")}) == []
    (letter,) = queue.sent
    assert (letter["QueueUrl"], letter["MessageBody"]) == ("dead-letters", "b")
    assert letter["MessageAttributes"]["Reason"]["StringValue"] == "no table 'x'; known: y"
    assert letter["MessageAttributes"]["ErrorType"]["StringValue"] == "Terminal"


def test_replayed_record_that_fails_again_keeps_its_history(queue: RecordedQueue) -> None:
    incoming = event("a")
    for reason in ("first", "second", "third"):
        run(queue, incoming, {"a": Terminal(reason)})
        incoming = event("a")
        incoming["Records"][0]["messageAttributes"] = {
            name: {"stringValue": value["StringValue"], "dataType": "String"}
            for name, value in queue.sent[-1]["MessageAttributes"].items()
        }
    said = {n: v["StringValue"] for n, v in queue.sent[-1]["MessageAttributes"].items()}
    assert (said["Reason"], said["Failures"]) == ("third", "3")
    assert [f["reason"] for f in json.loads(said["Earlier"])] == ["first", "second"]
    assert said["FirstFailedAt"] <= said["FailedAt"]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    stream.seek(0)
    stream.truncate()
    return told


def test_every_log_line_of_a_record_says_what_it_is_about(
    queue: RecordedQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    detail = {"tenant_id": "acme", "run_id": "r1", "table": "tickets", "job_id": "j1"}
    good, bad = json.dumps({"detail": detail}), json.dumps({"detail": {**detail, "job_id": "j2"}})
    processor = InboxProcessor(queue, "queue", "dead-letters")
    logger, stream = Logger(), io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)

    def handle(record: SQSRecord) -> None:
        logger.info("working")
        if record.body == bad:
            raise Terminal("no")

    consume(event(good, bad), LambdaContext(), processor, handle)
    told = [(x["message"], x["tenant_id"], x["run_id"], x["job_id"]) for x in lines(stream)]
    assert told == [
        ("working", "acme", "r1", "j1"),
        ("record handled", "acme", "r1", "j1"),
        ("working", "acme", "r1", "j2"),
        ("record goes to the dead-letter queue", "acme", "r1", "j2"),
    ]
    consume_together(event(good, bad), LambdaContext(), processor, lambda _: {})
    assert [(x["message"], x["job_id"]) for x in lines(stream)] == [
        ("record handled", "j1"),
        ("record handled", "j2"),
    ]


@pytest.mark.parametrize("body", ["not JSON", "[]", "1", '{"detail": 3}', '{"detail": {}}'])
def test_a_message_that_cannot_be_read_is_about_nothing(body: str) -> None:
    assert about(body) == {}


def test_a_file_is_about_its_tenant() -> None:
    key = "acme/raw/connectwise/service_tickets/1.parquet"
    body = json.dumps({"detail": {"object": {"key": key}}})
    assert about(body) == {"tenant_id": "acme", "raw_key": key}


@pytest.mark.parametrize("kind", ["prepare", "load", "set_aside"])
def test_a_statement_of_the_loader_is_about_the_table_in_its_name(kind: str) -> None:
    name = StatementName.model_validate(
        {"tenant_id": "acme", "canonical_table": "tickets", "kind": kind, "load_id": "0" * 32}
    )
    body = json.dumps({"detail": {"statementName": str(name), "statementId": "id-1"}})
    assert about(body) == {"tenant_id": "acme", "canonical_table": "tickets"}
    assert about(body.replace("v1|", "v1 ")) == {}


def test_bug_is_retried_and_dead_lettered_on_the_last_try(queue: RecordedQueue) -> None:
    errors: dict[str, Exception] = {"a": KeyError("oops")}
    assert run(queue, event("a", receives=MAX_RECEIVES - 1), errors) == ["a"]
    assert queue.sent == []
    assert run(queue, event("a", receives=MAX_RECEIVES), errors) == []
    assert queue.sent[0]["MessageAttributes"]["ErrorType"]["StringValue"] == "KeyError"


def test_whole_batch_failing_is_not_a_function_error(queue: RecordedQueue) -> None:
    assert run(queue, event("a"), {"a": Retriable("busy")}) == ["a"]


@pytest.mark.parametrize(
    ("error", "receives", "delay"),
    [
        (Retriable("wait", retry_after=42), 1, 42),
        (Retriable("wait", retry_after=10**6), 1, 43_200),
        (Retriable("busy"), 1, 10),
        (ValueError("bug"), 3, 90),
    ],
)
def test_delay_is_the_error_s_own_or_grows(
    queue: RecordedQueue, error: Exception, receives: int, delay: int
) -> None:
    run(queue, event("a", receives=receives), {"a": error})
    assert queue.delays == {"handle-a": delay}


def test_record_stays_if_its_dead_letter_cannot_be_sent(queue: RecordedQueue) -> None:
    def refuse(**_: Any) -> None:
        raise ConnectionError("no queue")

    queue.send_message = refuse  # type: ignore[method-assign] # the fault under test
    with pytest.raises(ConnectionError):
        run(queue, event("a"), {"a": Terminal("bad")})


def test_batch_handled_as_one_fails_by_message(queue: RecordedQueue) -> None:
    processor = InboxProcessor(queue, "queue", "dead-letters")
    answer: Any = consume_together(
        event("a", "b", "c"),
        LambdaContext(),
        processor,
        lambda _: {"a": Retriable("busy"), "c": Terminal("bad")},
    )
    assert [item["itemIdentifier"] for item in answer["batchItemFailures"]] == ["a"]
    assert [letter["MessageBody"] for letter in queue.sent] == ["c"]


def test_observer_hears_of_a_record_before_it_is_given_up(queue: RecordedQueue) -> None:
    heard: list[str] = []
    processor = InboxProcessor(
        queue, "queue", "dead-letters", lambda record, _: heard.append(record.body)
    )

    def handle(_: SQSRecord) -> None:
        raise Terminal("bad")

    consume(event("a"), LambdaContext(), processor, handle)
    assert heard == ["a"]
