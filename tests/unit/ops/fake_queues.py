"""SQS as far as dead letters go: hiding, receipts, copies; and a machine that dies in between."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from tests.unit.ops.fakes import refused


class Killed(BaseException):
    """The process is gone: nothing after this happens, not even a `finally` that calls SQS."""


@dataclass
class FakeQueues:
    """Queues by name. `calls_left`: after so many calls the process is killed."""

    queues: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    calls_left: int | None = None
    hidden: set[str] = field(default_factory=set)
    refuses: frozenset[str] = frozenset()
    policy: str = ""
    moves_natively: bool = False
    moves: list[dict[str, Any]] = field(default_factory=list)

    def put(self, queue: str, body: str, source: str = "", **said: str) -> str:
        """`source`: the queue whose redrive policy moved it here."""
        moved = {"DeadLetterQueueSourceArn": source} if source else {}
        message_id = f"{len(self.queues.get(queue, {})):04}-{uuid4()}"
        self.queues.setdefault(queue, {})[message_id] = {
            "MessageId": message_id,
            "ReceiptHandle": message_id,
            "Body": body,
            "MessageAttributes": {
                n: {"StringValue": v, "DataType": "String"} for n, v in said.items()
            },
            "Attributes": {"SentTimestamp": "1764000000000", **moved},
        }
        return message_id

    def bodies(self, queue: str) -> list[str]:
        return sorted(message["Body"] for message in self.queues.get(queue, {}).values())

    def said(self, queue: str, name: str) -> list[str]:
        messages = self.queues[queue].values()
        return [m["MessageAttributes"].get(name, {}).get("StringValue", "") for m in messages]

    def revive(self) -> None:
        """The visibility timeouts of a dead process have ended."""
        self.calls_left = None
        self.hidden.clear()

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - boto3's names
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> dict[str, Any]:  # noqa: N803
        known = {
            "Policy": self.policy,
            "QueueArn": f"arn:aws:sqs:here:1:{QueueUrl}",
            "ApproximateNumberOfMessages": str(len(self.queues.get(QueueUrl, {}))),
        }
        return {"Attributes": {n: known[n] for n in AttributeNames if known.get(n)}}

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int, **_: Any) -> dict[str, Any]:  # noqa: N803
        self._tick()
        found = [m for i, m in self.queues.get(QueueUrl, {}).items() if i not in self.hidden]
        found = found[:MaxNumberOfMessages]
        self.hidden |= {message["MessageId"] for message in found}
        return {"Messages": found} if found else {}

    def send_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self._tick()
        assert len(Entries) <= 10
        failed = []
        for entry in Entries:
            assert len(entry["MessageAttributes"]) <= 10
            if entry["MessageBody"] in self.refuses:
                failed.append({"Id": entry["Id"], "Code": "InvalidMessage"})
                continue
            said = {n: v["StringValue"] for n, v in entry["MessageAttributes"].items()}
            self.put(QueueUrl, entry["MessageBody"], **said)
        return {"Failed": failed} if failed else {}

    def delete_message_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self._tick()
        for entry in Entries:
            self.queues[QueueUrl].pop(entry["ReceiptHandle"])
        return {}

    def change_message_visibility_batch(self, QueueUrl: str, Entries: list[dict[str, Any]]) -> None:  # noqa: N803
        self._tick()
        assert QueueUrl
        self.hidden -= {entry["ReceiptHandle"] for entry in Entries}

    def start_message_move_task(self, **request: Any) -> None:
        if not self.moves_natively:
            raise refused("InvalidAction")
        self.moves.append(request)

    def list_message_move_tasks(self, **_: Any) -> dict[str, Any]:
        return {"Results": [{"Status": "COMPLETED", "ApproximateNumberOfMessagesMoved": 3}]}

    def _tick(self) -> None:
        if self.calls_left is None:
            return
        if self.calls_left == 0:
            raise Killed
        self.calls_left -= 1


def body_of(number: int, tenant_id: str = "acme", table: str = "service_tickets") -> str:
    return json.dumps({"tenant_id": tenant_id, "table": table, "number": number})
