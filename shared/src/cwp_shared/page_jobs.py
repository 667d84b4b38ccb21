"""Sending page jobs: to the fetcher's queue, whoever has some to give."""

from collections.abc import Iterable
from typing import Any, Final

from cwp_shared.events import PageJob
from cwp_shared.letters import History

NEVER_FAILED: Final = History()


class JobQueue:
    """The fetcher's queue. The tenant is the message group, so that queues stay fair.

    Args:
        sqs: an SQS client.
        queue_url: the queue.
    """

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(
        self, jobs: Iterable[PageJob], delay_seconds: int = 0, history: History = NEVER_FAILED
    ) -> None:
        """Send all jobs, to be received after `delay_seconds` (at most 900).

        `history` is what they failed of before; their messages carry it.

        One call each: a run has a handful of windows, and a window one next page. If it fails in
        between, all may be sent again: a job made twice is one job.
        """
        for job in jobs:
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody=job.model_dump_json(),
                MessageGroupId=job.tenant_id,
                DelaySeconds=delay_seconds,
                MessageAttributes=history.attributes(),
            )
