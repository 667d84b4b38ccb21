import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from cwp_ops.dead_letters import (
    grouped,
    letters,
    peek_by_receiving,
    subject,
)
from cwp_ops.letter_choice import Choice
from cwp_ops.names import Queue, queues
from cwp_ops.queue_depths import Depth, depths

JOBS = Queue("fetcher", "jobs", "local")
NOW = datetime(2026, 11, 26, 8, tzinfo=UTC)


def message(number: int, **attributes: str) -> dict[str, Any]:
    return {
        "MessageId": str(number),
        "Body": json.dumps({"tenant_id": "acme", "table": "service_tickets"}),
        "MessageAttributes": {n: {"StringValue": v} for n, v in attributes.items()},
        "Attributes": {"SentTimestamp": "1764000000000"},
    }


def test_every_queue_has_a_name_and_a_dead_letter_queue() -> None:
    names = [queue.name for queue in queues("dev")]
    assert len(names) == len(set(names)) == 8
    assert JOBS.dead_letters == "connectwise-fetcher-jobs-dlq-local"


def test_letters_tell_reason_type_time_and_subject() -> None:
    said = {"Reason": "not JSON", "ErrorType": "Terminal", "FailedAt": "2026-11-23T08:00:00+00:00"}
    found = letters(lambda _: [message(1, **said)], [Depth(JOBS, 0, 0, 1)])
    (only,) = found
    assert (only.reason, only.error_type) == ("not JSON", "Terminal")
    assert (only.tenant_id, only.table) == ("acme", "service_tickets")
    assert only.queue == JOBS.name


def test_a_letter_without_a_reason_died_silently_at_a_known_time() -> None:
    (only,) = letters(lambda _: [message(1)], [Depth(JOBS, 0, 0, 1)])
    assert "without a word" in only.reason
    assert only.failed_at == "2025-11-24T16:00:00+00:00"


def test_a_rule_that_could_not_reach_its_queue_says_so_itself() -> None:
    found = [message(1, ERROR_CODE="NO_PERMISSIONS", ERROR_MESSAGE="denied")]
    (only,) = letters(lambda _: found, [Depth(JOBS, 0, 0, 1)])
    assert (only.reason, only.error_type) == ("denied", "NO_PERMISSIONS")


def test_empty_queues_are_not_looked_into() -> None:
    def never(name: str) -> list[dict[str, Any]]:
        raise AssertionError(name)

    assert letters(never, [Depth(JOBS, 5, 1, 0)]) == []


def test_equal_reasons_are_one_line_with_the_newest_time() -> None:
    said = {"Reason": "not JSON", "ErrorType": "Terminal"}
    found = letters(
        lambda _: [
            message(1, FailedAt="2026-11-23T08:00:00+00:00", **said),
            message(2, FailedAt="2026-11-23T09:00:00+00:00", **said),
            message(3, Reason="other"),
        ],
        [Depth(JOBS, 0, 0, 3)],
    )
    first, second = grouped(found)
    assert (first.reason, first.count, first.newest) == (
        "not JSON",
        2,
        "2026-11-23T09:00:00+00:00",
    )
    assert (second.reason, second.count) == ("other", 1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('{"detail": {"tenant_id": "acme", "table": "t"}}', ("acme", "t")),
        ('{"detail": {"tenant_id": "acme", "canonical_table": "tickets"}}', ("acme", "tickets")),
        ('{"wake": {"tenant_id": "acme", "canonical_table": "tickets"}}', ("acme", "tickets")),
        (
            '{"detail": {"object": {"key": "acme/raw/connectwise/service_tickets/1T.parquet"}}}',
            ("acme", "service_tickets"),
        ),
        ('{"detail": {"object": {"key": "acme/other"}}}', ("acme", None)),
        ("not JSON", (None, None)),
        ("[]", (None, None)),
        ('{"detail": "text"}', (None, None)),
        ('{"tenant_id": ["acme"], "table": {"a": 1}}', (None, None)),
        ("[" * 100_000, (None, None)),
        ("9" * 5_000, (None, None)),
    ],
)
def test_whose_message_it_is_is_read_from_any_shape(
    body: str, expected: tuple[str | None, str | None]
) -> None:
    assert subject(body) == expected


@pytest.mark.parametrize(
    "said",
    [
        {"Reason": "r", "FailedAt": "2026-11-23T08:00:00"},
        {"Reason": "r", "FailedAt": "soon", "Failures": "9" * 5_000},
        {"Reason": "r", "Failures": "\u00b2", "Earlier": "[" * 100_000},
    ],
)
def test_no_letter_keeps_people_from_the_others(said: dict[str, str]) -> None:
    """A time without its zone compares with no other, so it is none."""
    (only,) = letters(lambda _: [message(1, **said)], [Depth(JOBS, 0, 0, 1)])
    assert (only.reason, only.failed_at) == ("r", "")
    chosen = (Choice(tenant_id="acme"), Choice(before=NOW), Choice(after=NOW))
    assert [choice.takes(only) for choice in chosen] == [True, False, False]


@dataclass
class FakeSqs:
    """Ten letters, handed out in twos, again and again, as a real queue might."""

    at: int = 0

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's name
        return {"QueueUrl": f"https://sqs/{QueueName}"}

    def receive_message(self, **request: Any) -> dict[str, Any]:
        assert request["VisibilityTimeout"] == 0
        self.at += 2
        return {"Messages": [message((self.at + n) % 10) for n in range(2)]}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        if QueueUrl.endswith("-jobs-local"):
            return {"Attributes": dict(zip(AttributeNames, ("1", "2", "4"), strict=True))}
        return {"Attributes": dict.fromkeys(AttributeNames, "0")}


def test_peeking_on_aws_sees_each_letter_once() -> None:
    seen = peek_by_receiving(FakeSqs())("q")
    assert sorted(m["MessageId"] for m in seen) == [str(n) for n in range(10)]


def test_depths_count_delayed_messages_as_waiting() -> None:
    (found,) = depths(FakeSqs(), [JOBS])
    assert (found.waiting, found.in_flight, found.dead) == (3, 4, 0)
    assert not found.is_empty
    assert Depth(JOBS, 0, 0, 0).is_empty
