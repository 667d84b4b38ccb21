from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import PageRejected
from cwp_writer.giveup import LastWord
from tests.unit.writer.fakes import FakeBus, envelope, page


def said(message: str, error: Exception) -> list[PageRejected]:
    bus = FakeBus()
    LastWord(bus).say(message, error)
    return bus.events


def test_the_run_is_told_why_its_page_is_not_there() -> None:
    event, _ = page([{"id": 1}], 3, 7)
    assert said(envelope(event), Terminal("landed page k is missing")) == [
        PageRejected(
            tenant_id="acme",
            run_id="run-1",
            table="service_tickets",
            job_id="w003-p00007",
            reason="landed page k is missing",
        )
    ]


def test_a_page_that_came_back_too_often_says_so_in_few_words() -> None:
    (event,) = said(envelope(page([{"id": 1}])[0]), Retriable("S3 is away " * 1000))
    assert event.reason.startswith("gave up after several tries: S3 is away")
    assert len(event.reason) == 1000


def test_what_is_no_page_has_no_run_to_tell() -> None:
    assert said("not json", Terminal("not json")) == []
