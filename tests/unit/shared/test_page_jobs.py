from datetime import UTC, datetime
from typing import Any

from cwp_shared.events import PageJob
from cwp_shared.letters import Failure, History, values_of
from cwp_shared.page_jobs import JobQueue


class RecordedQueue:
    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def send_message(self, **request: Any) -> None:
        self.calls.append(request)

    def jobs(self) -> list[PageJob]:
        return [PageJob.model_validate_json(call["MessageBody"]) for call in self.calls]


def job(**changes: Any) -> PageJob:
    values: dict[str, Any] = {
        "tenant_id": "acme",
        "kind": "page",
        "run_id": "run-1",
        "table": "service_tickets",
        "mode": "full",
        "lower": None,
        "upper": datetime(2026, 11, 23, tzinfo=UTC),
    }
    return PageJob(**(values | changes))


def test_jobs_are_sent_in_their_tenants_group_and_later_if_wanted() -> None:
    sqs = RecordedQueue()
    jobs = [job(page=4, after_id=12), job(tenant_id="globex")]
    JobQueue(sqs, "queue").send(jobs, delay_seconds=30)
    assert sqs.jobs() == jobs
    assert [call["MessageGroupId"] for call in sqs.calls] == ["acme", "globex"]
    assert {(call["QueueUrl"], call["DelaySeconds"]) for call in sqs.calls} == {("queue", 30)}


def test_what_a_job_failed_of_goes_with_its_message() -> None:
    sqs = RecordedQueue()
    history = History().after(Failure("no keys", "Terminal", "2026-11-23T07:00:00Z", "1"))
    JobQueue(sqs, "queue").send([job()], history=history)
    JobQueue(sqs, "queue").send([job()])
    said, nothing = (call["MessageAttributes"] for call in sqs.calls)
    assert History.read(values_of(said, "StringValue")) == history
    assert nothing == {}


def test_the_next_page_remembers_where_its_window_begins() -> None:
    first = job(after_id=500, high_id=900, waits=3)
    second = first.next_page(520, rows=20)
    third = second.model_copy(update={"bad_within": 4}).next_page(540, rows=20)
    assert [j.window_low_id for j in (first, second, third)] == [500, 500, 500]
    assert (third.page, third.after_id, third.rows_before) == (2, 540, 40)
    assert (third.waits, third.bad_within) == (0, None)
