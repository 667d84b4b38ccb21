"""Sending page jobs to the fetcher's queue."""

from collections.abc import Sequence
from typing import Any

from cwp_shared.events import PageJob


class JobQueue:
    """The fetcher's queue. The tenant is the message group, so that queues stay fair."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(self, jobs: Sequence[PageJob]) -> None:
        """Send all jobs; a run has a handful of windows."""
        for job in jobs:
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody=job.model_dump_json(),
                MessageGroupId=job.tenant_id,
            )
