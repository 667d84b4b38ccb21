"""S3, SQS and EventBridge in memory, as far as the chain asks: every effect is a step.

Messages come in any order, some come twice, and what is not acknowledged comes again when its
visibility timeout is over, until the redrive policy takes it away.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast

import yaml
from botocore.exceptions import ClientError
from moto.events.models import EventPattern

from tests.property.extraction.stage import Invocation, Stage
from tests.rendering import ROOT

#: The longest a message takes from the bus to a queue here, and a second copy of it.
_LONGEST_WAY = timedelta(seconds=2)
_LATEST_COPY = timedelta(minutes=5)
_MOST_COPIES = 15


@dataclass
class Bucket:
    """An S3 client of one bucket."""

    stage: Stage
    objects: dict[str, bytes] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)

    def put_object(self, **request: Any) -> None:
        key = request["Key"]
        with self.stage.effect(f"put {key.split('/')[1]}"):
            if request.get("IfNoneMatch") and key in self.objects:
                raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
            self.objects[key] = request["Body"]
            self.metadata[key] = request.get("Metadata", {})

    def head_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "404"}}, "HeadObject")
        return {"Metadata": self.metadata[request["Key"]]}

    def get_object(self, **request: Any) -> dict[str, Any]:
        if request["Key"] not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[request["Key"]])}

    def under(self, *pieces: str) -> list[str]:
        """Keys that have these pieces in a row after the tenant's."""
        middle = "/" + "/".join(pieces) + "/"
        return [key for key in self.objects if middle in key]


@dataclass
class Message:
    """In a queue. `is_copy`: the queue or the bus delivers it a second time by itself; `copied`:
    it is that, or came of work that was done on that.
    """

    id: str
    body: str
    visible_at: datetime
    is_copy: bool
    copied: bool
    sender: Invocation | None
    receives: int = 0
    deaths: int = 0
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Queues:
    """An SQS client; a queue's URL is its name."""

    stage: Stage
    #: How many of the messages come twice.
    copied: float
    messages: dict[str, list[Message]] = field(default_factory=dict)
    #: What has ever been sent, by queue.
    sent: dict[str, list[Message]] = field(default_factory=dict)
    _copies: int = 0

    def send_message(self, **request: Any) -> None:
        with self.stage.effect(f"send {request['QueueUrl']}"):
            self._send(request["QueueUrl"], request)

    def change_message_visibility(self, **request: Any) -> None:
        queue = request["QueueUrl"]
        with self.stage.effect(f"postpone {queue}"):
            for message in self.messages[queue]:
                if message.id == request["ReceiptHandle"]:
                    delay = timedelta(seconds=request["VisibilityTimeout"])
                    message.visible_at = self.stage.now + delay

    def add(
        self, queue: str, body: str, at: datetime, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """Put a message into a queue, and now and then a copy of it.

        Work that is done on a copy goes on beside the first for as long as that does. So what
        comes of a copy is not copied again, and copies are few: more could not be played.
        """
        rng, sent, sender = self.stage.rng, self.sent.setdefault(queue, []), self.stage.current
        copied = sender is not None and sender.copied
        times = [at]
        if not copied and self._copies < _MOST_COPIES and rng.random() < self.copied:
            self._copies += 1
            times.append(at + _LATEST_COPY * rng.random())
        for number, visible_at in enumerate(times):
            message = Message(
                id=f"{queue}-{len(sent)}",
                body=body,
                visible_at=visible_at,
                is_copy=number > 0,
                copied=copied or number > 0,
                sender=sender,
                attributes=attributes or {},
            )
            sent.append(message)
            self.messages.setdefault(queue, []).append(message)

    def _send(self, queue: str, entry: Mapping[str, Any]) -> None:
        delay = timedelta(seconds=entry.get("DelaySeconds", 0))
        assert delay <= timedelta(seconds=900), "SQS delays no message longer"
        at = self.stage.now + delay
        self.add(queue, entry["MessageBody"], at, entry.get("MessageAttributes"))

    def visible(self, queue: str) -> list[Message]:
        """What can be received now."""
        return [m for m in self.messages.get(queue, ()) if m.visible_at <= self.stage.now]

    def receive(self, queue: str, most: int, timeout: timedelta, times: int) -> list[Message]:
        """Some of what is visible, in any order; what came `times` times already is redriven."""
        visible = self.visible(queue)
        batch = self.stage.rng.sample(visible, self.stage.rng.randint(1, min(most, len(visible))))
        for message in batch:
            message.receives += 1
            message.visible_at = self.stage.now + timeout
            if message.receives > times:
                self.delete(queue, message)
                self.messages.setdefault(f"{queue} redriven", []).append(message)
        return [message for message in batch if message.receives <= times]

    def delete(self, queue: str, message: Message) -> None:
        """Acknowledge a message."""
        self.messages[queue] = [m for m in self.messages[queue] if m is not message]


@dataclass
class Events:
    """An EventBridge client: one bus, and the rules of the services' own templates."""

    stage: Stage
    queues: Queues
    rules: list[tuple[EventPattern, str]]
    #: When what was published.
    published: list[tuple[datetime, str, dict[str, Any]]] = field(default_factory=list)

    def put_events(self, **request: Any) -> dict[str, Any]:
        with self.stage.effect("put_events"):
            for entry in request["Entries"]:
                self._route(entry)
        return {"FailedEntryCount": 0}

    def of(self, detail_type: str) -> list[dict[str, Any]]:
        """The details of all events of a type."""
        return [detail for _, kind, detail in self.published if kind == detail_type]

    def _route(self, entry: dict[str, str]) -> None:
        kind, detail = entry["DetailType"], json.loads(entry["Detail"])
        self.published.append((self.stage.now, kind, detail))
        envelope = {"source": entry["Source"], "detail-type": kind, "detail": detail}
        body = json.dumps(envelope)
        for pattern, queue in self.rules:
            if pattern.matches_event(cast("Any", envelope)):
                self.queues.add(
                    queue, body, self.stage.now + _LONGEST_WAY * self.stage.rng.random()
                )


class _Template(yaml.SafeLoader):
    """CloudFormation's short forms are read as what they hold."""


_Template.add_multi_constructor("!", lambda loader, _, node: loader.construct_scalar(node))


def rules(*services: str) -> list[tuple[EventPattern, str]]:
    """Patterns and the queues behind them (`fetcher/JobsQueue`), as the services deploy them."""
    found = []
    for service in services:
        for rule in _resources(service, "rules", "AWS::Events::Rule").values():
            for target in rule["Targets"]:
                queue = f"{service}/{target['Arn'].split('.')[0]}"
                found.append((EventPattern.load(json.dumps(rule["EventPattern"])), queue))
    return found


def queue_properties(service: str, name: str) -> dict[str, Any]:
    """A queue as the service deploys it."""
    found: dict[str, Any] = _resources(service, "queues", "AWS::SQS::Queue")[name]
    return found


@cache
def _resources(service: str, file: str, kind: str) -> dict[str, Any]:
    text = (ROOT / "services" / service / "resources" / f"{file}.yml").read_text()
    resources = yaml.load(text, _Template)["Resources"]  # noqa: S506 - a safe loader with tags
    return {n: r["Properties"] for n, r in resources.items() if r["Type"] == kind}
