"""Having SQS move a whole dead-letter queue back by itself (StartMessageMoveTask).

It fits where everything is wanted and SQS knows all that is in there. It does not fit where rules
leave letters too: their attributes must not travel on, and a rule's target may be another. The
embedded cloud does not have it. The move goes on in AWS if the command is stopped.
"""

import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from cwp_ops.errors import OperatorError
from cwp_ops.names import Queue
from cwp_ops.queue_depths import queue_url
from cwp_ops.replay import REDRIVE, Replayed

_UNKNOWN = frozenset(
    {"InvalidAction", "UnknownOperationException", "AWS.SimpleQueueService.UnsupportedOperation"}
)
_FASTEST = 500
_PAUSE_S = 2.0


def fits(sqs: Any, queue: Queue) -> bool:
    """Whether no rule may leave letters among the queue's dead letters."""
    url = queue_url(sqs, queue.dead_letters)
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])
    return "events.amazonaws.com" not in answer.get("Attributes", {}).get("Policy", "")


def redrive(
    sqs: Any,
    queue: Queue,
    rate: float,
    moved: Callable[[int], None],
    sleep: Callable[[float], None] = time.sleep,
) -> Replayed | None:
    """Move all dead letters of a queue back and wait for the end; None: the service cannot.

    Raises:
        OperatorError: the move failed.
    """
    source = _arn(sqs, queue.dead_letters)
    try:
        sqs.start_message_move_task(
            SourceArn=source,
            DestinationArn=_arn(sqs, queue.name),
            MaxNumberOfMessagesPerSecond=max(1, min(int(rate), _FASTEST)),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _UNKNOWN:
            return None
        raise
    so_far = 0
    while True:
        task = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"][0]
        now = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        moved(now - so_far)
        so_far = now
        if task["Status"] == "COMPLETED":
            return Replayed(queue.name, chosen=so_far, sent=so_far, way=REDRIVE)
        if task["Status"] in {"FAILED", "CANCELLED"}:
            why = task.get("FailureReason", task["Status"].lower())
            raise OperatorError(
                f"SQS stopped moving {queue.dead_letters} after {so_far} letters: {why}; "
                "the rest is still there, repeat the command"
            )
        sleep(_PAUSE_S)


def _arn(sqs: Any, name: str) -> str:
    url = queue_url(sqs, name)
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(answer["Attributes"]["QueueArn"])
