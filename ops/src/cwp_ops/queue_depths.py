"""How full the queues are, and waiting until they are empty."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from cwp_ops.names import Queue


@dataclass(frozen=True)
class Depth:
    """How many messages a queue and its dead-letter queue hold."""

    queue: Queue
    waiting: int
    in_flight: int
    dead: int

    @property
    def is_empty(self) -> bool:
        """Nothing waiting, in work or dead."""
        return not (self.held or self.dead)

    @property
    def held(self) -> int:
        """Messages that are still to be handled."""
        return self.waiting + self.in_flight


def depths(sqs: Any, queues: Iterable[Queue]) -> list[Depth]:
    """Depths of all queues; SQS calls them approximate, they settle within a minute."""
    found = []
    for queue in queues:
        waiting, in_flight = _depth(sqs, queue.name)
        found.append(Depth(queue, waiting, in_flight, sum(_depth(sqs, queue.dead_letters))))
    return found


def _depth(sqs: Any, name: str) -> tuple[int, int]:
    attributes = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    )
    answer = sqs.get_queue_attributes(
        QueueUrl=queue_url(sqs, name), AttributeNames=list(attributes)
    )
    waiting, delayed, in_flight = (int(answer["Attributes"].get(name, 0)) for name in attributes)
    return waiting + delayed, in_flight


def wait_until_empty(
    depths: Callable[[], list[Depth]],
    patience_s: float,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> list[Depth]:
    """Look at the queues until all are empty or patience ends; the last look.

    A dead letter does not go away by waiting.
    """
    end = monotonic() + patience_s
    while True:
        seen = depths()
        if any(depth.dead for depth in seen) or all(depth.is_empty for depth in seen):
            return seen
        if monotonic() >= end:
            return seen
        sleep(1.0)


def queue_url(sqs: Any, name: str) -> str:
    """A queue by its name."""
    return str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
