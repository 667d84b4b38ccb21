"""What the dead-letter queues hold and why, looked at without taking anything out."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import requests

from cwp_ops.queue_depths import Depth, queue_url
from cwp_shared.keys import parse_raw
from cwp_shared.letters import Failure, History, values_of

#: Looking is sampling: the reasons of this many letters tell enough.
_MOST_LOOKED_AT = 100
_SILENT = "ended without a word: the function timed out, ran out of memory or could not start"


@dataclass(frozen=True)
class DeadLetter:
    """One message that was given up on."""

    queue: str
    message_id: str
    reason: str
    error_type: str
    #: With its zone; empty if that is not known.
    failed_at: str
    #: Whose and which table, as far as the message says.
    tenant_id: str | None
    table: str | None
    body: str = ""
    sent_at: str = ""
    #: Where a rule could not deliver it to, if that is how it got here.
    target_arn: str | None = None
    #: All its failures, the last one included.
    history: History = field(default_factory=History)

    def as_json(self) -> dict[str, Any]:
        """For `--json`: without the body, which may be anything."""
        return {name: value for name, value in asdict(self).items() if name != "body"}


@dataclass(frozen=True)
class Reason:
    """Letters of one queue with the same reason."""

    queue: str
    error_type: str
    reason: str
    count: int
    newest: str
    #: One of them, to look at.
    example: str = ""


Peek = Callable[[str], list[dict[str, Any]]]


def letters(peek: Peek, depths_found: Iterable[Depth]) -> list[DeadLetter]:
    """The dead letters of every queue that has some, newest first."""
    found = [
        letter_of(depth.queue.name, message)
        for depth in depths_found
        if depth.dead
        for message in peek(depth.queue.dead_letters)
    ]
    return sorted(found, key=lambda letter: letter.failed_at, reverse=True)


def grouped(found: Iterable[DeadLetter]) -> list[Reason]:
    """Letters with equal reasons as one line, the most frequent first."""
    newest: dict[tuple[str, str, str], str] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    examples: dict[tuple[str, str, str], str] = {}
    for letter in found:
        key = (letter.queue, letter.error_type, letter.reason)
        counts[key] += 1
        newest[key] = max(newest.get(key, ""), letter.failed_at)
        examples.setdefault(key, letter.message_id)
    return [Reason(*key, count, newest[key], examples[key]) for key, count in counts.most_common()]


def peek_by_receiving(sqs: Any) -> Peek:
    """Peek on AWS: receive with no visibility timeout, so that nothing is hidden from others."""

    def peek(name: str) -> list[dict[str, Any]]:
        seen: dict[str, dict[str, Any]] = {}
        for _ in range(_MOST_LOOKED_AT // 10):
            answer = sqs.receive_message(
                QueueUrl=queue_url(sqs, name),
                MaxNumberOfMessages=10,
                VisibilityTimeout=0,
                MessageAttributeNames=["All"],
                MessageSystemAttributeNames=["SentTimestamp"],
            )
            fresh = [m for m in answer.get("Messages", []) if m["MessageId"] not in seen]
            if not fresh:
                break
            seen.update({message["MessageId"]: message for message in fresh})
        return list(seen.values())

    return peek


def peek_in_emulator(sqs: Any, emulator_url: str) -> Peek:
    """Peek locally: the emulator shows a queue without touching it."""

    def peek(name: str) -> list[dict[str, Any]]:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(
                f"{emulator_url}/_ministack/sqs/messages",
                params={"QueueUrl": queue_url(sqs, name)},
                timeout=20,
            )
        answer.raise_for_status()
        accounts = answer.json()["messages"].values()
        found = [m for regions in accounts for queues in regions.values() for m in _all(queues)]
        return found[:_MOST_LOOKED_AT]

    return peek


def _all(queues: Mapping[str, list[dict[str, Any]]]) -> Iterable[dict[str, Any]]:
    return (message for messages in queues.values() for message in messages)


def letter_of(queue: str, message: Mapping[str, Any]) -> DeadLetter:
    """A message as SQS gives it, received from the dead letters of `queue`.

    Whatever it holds, it is no error: one letter must not keep people from all the others.
    """
    said = values_of(message.get("MessageAttributes"), "StringValue")
    sent_at = _sent_at(message)
    history = _history(said, sent_at, message.get("Attributes") or {})
    tenant_id, table = subject(str(message.get("Body", "")))
    return DeadLetter(
        queue=queue,
        message_id=str(message.get("MessageId", "")),
        reason=history.failures[-1].reason,
        error_type=history.failures[-1].error_type,
        failed_at=_moment(history.failures[-1].failed_at),
        tenant_id=tenant_id,
        table=table,
        body=str(message.get("Body", "")),
        sent_at=sent_at,
        target_arn=said.get("TARGET_ARN"),
        history=history,
    )


def _history(said: Mapping[str, str], sent_at: str, system: Mapping[str, Any]) -> History:
    """The failures: as the message says, and the last one that it cannot say itself."""
    before = History.read(said)
    if "ERROR_CODE" in said or "ERROR_MESSAGE" in said:
        # A rule that could not reach its queue leaves its own words.
        code = said.get("ERROR_CODE", "unknown")
        return before.after(Failure(said.get("ERROR_MESSAGE") or code, code, sent_at))
    if before.failures and "DeadLetterQueueSourceArn" not in system:
        return before
    # Moved by the redrive policy: reasons that it carries are of the times before.
    return before.after(Failure(_SILENT, "unknown", sent_at))


def _sent_at(message: Mapping[str, Any]) -> str:
    """When the message was sent: the emulator says it in seconds, SQS in milliseconds."""
    milliseconds = (message.get("Attributes") or {}).get("SentTimestamp")
    seconds = int(milliseconds) / 1000 if milliseconds else message.get("SentTimestamp")
    return datetime.fromtimestamp(float(seconds), UTC).isoformat() if seconds else ""


def _moment(text: str) -> str:
    """A time that has its zone; nothing of another, which compares with none."""
    try:
        zone = datetime.fromisoformat(text).tzinfo
    except ValueError:
        return ""
    return text if zone else ""


def subject(body: str) -> tuple[str | None, str | None]:
    """The tenant and the table that a message is about, as far as it can be read."""
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return None, None
    detail = message.get("detail", message.get("wake", message)) if _is_object(message) else {}
    if not _is_object(detail):
        return None, None
    key = detail.get("object", {}).get("key") if _is_object(detail.get("object")) else None
    if isinstance(key, str):
        return _subject_of_key(key)
    table = detail.get("table") or detail.get("canonical_table")
    return _name(detail.get("tenant_id")), _name(table)


def _subject_of_key(key: str) -> tuple[str | None, str | None]:
    try:
        raw = parse_raw(key)
    except ValueError:
        return key.split("/", 1)[0], None
    return raw.tenant_id, raw.table


def _name(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)
