"""A queue in front of a function, under moto: what SQS, Lambda and a bus rule do for a handler."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from cwp_shared import aws

BUS = "connectwise-local"


def lambda_context() -> LambdaContext:
    """As much of a context as powertools' logger reads."""
    context = LambdaContext()
    context._function_name = "function"
    context._memory_limit_in_mb = 512
    context._invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
    context._aws_request_id = "request-1"
    return context


@dataclass
class Queue:
    """An SQS queue as a test sees it."""

    sqs: Any
    url: str

    @classmethod
    def make(cls, name: str) -> "Queue":
        sqs = aws.client("sqs")
        return cls(sqs, sqs.create_queue(QueueName=name)["QueueUrl"])

    def send(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def take(self) -> list[dict[str, Any]]:
        """Receive what can be received, and delete it."""
        messages = self._receive()
        for message in messages:
            self._delete(message)
        return messages

    def deliver(
        self, handler: Callable[..., Any], receives: int | None = None
    ) -> list[dict[str, Any]]:
        """Invoke `handler` with a batch, delete what it handled, give what it did not.

        `receives` pretends that the messages were received that often already.
        """
        messages = self._receive()
        answer = handler({"Records": [_record(m, receives) for m in messages]}, lambda_context())
        failed = {item["itemIdentifier"] for item in answer["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                self._delete(message)
        return [message for message in messages if message["MessageId"] in failed]

    def _receive(self) -> list[dict[str, Any]]:
        answer = self.sqs.receive_message(
            QueueUrl=self.url,
            MaxNumberOfMessages=10,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    def _delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])


@dataclass
class WatchedBus:
    """A bus all of whose pipeline events end in a queue."""

    queue: Queue

    @classmethod
    def make(cls) -> "WatchedBus":
        queue, events = Queue.make("events"), aws.client("events")
        events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": [{"prefix": "connectwise."}]})
        events.put_rule(Name="all", EventBusName=BUS, EventPattern=pattern)
        found = queue.sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["QueueArn"])
        arn = found["Attributes"]["QueueArn"]
        events.put_targets(Rule="all", EventBusName=BUS, Targets=[{"Id": "queue", "Arn": arn}])
        return cls(queue)

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """What was published since the last look: detail-type and detail."""
        envelopes = [json.loads(message["Body"]) for message in self.queue.take()]
        return [(envelope["detail-type"], envelope["detail"]) for envelope in envelopes]


def _record(message: dict[str, Any], receives: int | None) -> dict[str, Any]:
    count = str(receives or message["Attributes"]["ApproximateReceiveCount"])
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"] | {"ApproximateReceiveCount": count},
        "messageAttributes": {
            name: {"stringValue": said["StringValue"], "dataType": said["DataType"]}
            for name, said in message.get("MessageAttributes", {}).items()
        },
        "eventSource": "aws:sqs",
    }
