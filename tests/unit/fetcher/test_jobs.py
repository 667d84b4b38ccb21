from typing import Any

from cwp_fetcher.jobs import Jobs
from cwp_shared.events import PageJob
from tests.unit.fetcher.fakes import job


class RecordedQueue:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **request: Any) -> None:
        self.sent.append(request)


def test_a_job_is_sent_in_its_tenants_group() -> None:
    sqs = RecordedQueue()
    Jobs(sqs, "queue").send(job(page=4, after_id=12))
    (sent,) = sqs.sent
    assert (sent["QueueUrl"], sent["MessageGroupId"]) == ("queue", "acme")
    assert PageJob.model_validate_json(sent["MessageBody"]) == job(page=4, after_id=12)
