"""The jobs queue, as the fetcher feeds it: the job of a window's next page."""

from typing import Any

from cwp_shared.events import PageJob


class Jobs:
    """A standard queue; the message group makes it fair between tenants.

    Args:
        sqs: an SQS client.
        queue_url: the queue.
    """

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(self, job: PageJob) -> None:
        """Queue a job."""
        self._sqs.send_message(
            QueueUrl=self._queue_url,
            MessageBody=job.model_dump_json(),
            MessageGroupId=job.tenant_id,
        )
