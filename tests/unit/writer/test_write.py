import io
from typing import Any

import pyarrow.parquet as pq
import pytest

from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import JobReceipt, PageFetched, PagesWritten
from cwp_writer.write import Writer
from tests.unit.writer.fakes import UPPER, FakeBus, FakeFiles, FakeLanded, envelope, page


class World:
    def __init__(self, file_input_bytes: int = 10**9) -> None:
        self.landed, self.files, self.bus = FakeLanded(), FakeFiles(), FakeBus()
        self.writer = Writer(self.landed, self.files, self.bus, file_input_bytes)
        self.messages: dict[str, str] = {}

    def add(
        self, message_id: str, rows: list[dict[str, Any]], *args: Any, **kw: Any
    ) -> PageFetched:
        event, body = page(rows, *args, **kw)
        self.landed.bodies.setdefault(event.landing_key, body)
        self.messages[message_id] = envelope(event)
        return event

    def handle(self) -> dict[str, Exception]:
        return self.writer.handle(self.messages)

    def rows(self, key: str | None = None) -> list[dict[str, Any]]:
        content = self.files.stored[key or next(iter(self.files.stored))]
        rows = pq.read_table(io.BytesIO(content)).to_pylist()
        return [{k: v for k, v in row.items() if not k.startswith("_cwp")} for row in rows]


def test_pages_of_a_run_become_one_file_and_one_event() -> None:
    world = World()
    world.add("b", [{"id": 3}], 0, 1)
    world.add("a", [{"id": 1, "company": {"id": 7}}, {"id": 2}], 0, 0)
    world.add("c", [], 0, 2)
    assert world.handle() == {}
    assert world.rows() == [
        {"company__id": 7, "id": 1},
        {"company__id": None, "id": 2},
        {"company__id": None, "id": 3},
    ]
    (key,) = world.files.stored
    assert world.bus.events == [
        PagesWritten(
            tenant_id="acme",
            run_id="run-1",
            table="service_tickets",
            raw_key=key,
            rows=3,
            jobs=(
                receipt(0, 2, 2),
                receipt(1, 1, 3),
                receipt(2, 0, None),
            ),
        )
    ]


def receipt(number: int, rows: int, last_id: int | None) -> JobReceipt:
    return JobReceipt(
        job_id=f"w000-p{number:05d}",
        window=0,
        page=number,
        rows=rows,
        last_id=last_id,
        is_last=not rows,
    )


def test_empty_pages_alone_make_no_file() -> None:
    world = World()
    world.add("a", [], 0, 5)
    assert world.handle() == {}
    (event,) = world.bus.events
    assert (event.raw_key, event.rows, event.jobs[0].is_last) == (None, 0, True)
    assert world.files.stored == {}
    assert world.landed.read_keys == []


def test_a_page_delivered_twice_in_a_batch_is_written_once() -> None:
    world = World()
    world.add("a", [{"id": 1}])
    world.add("b", [{"id": 1}])
    assert world.handle() == {}
    assert world.rows() == [{"id": 1}]
    (event,) = world.bus.events
    assert len(event.jobs) == 1


def test_tenants_tables_and_runs_never_share_a_file() -> None:
    world = World()
    world.add("a", [{"id": 1}])
    world.add("b", [{"id": 2}], tenant_id="beta")
    world.add("c", [{"id": 3}], table="time_entries")
    world.add("d", [{"id": 4}], run_id="run-2")
    assert world.handle() == {}
    assert sorted(world.rows(key)[0]["id"] for key in world.files.stored) == [1, 2, 3, 4]
    found = {(e.tenant_id, e.table, e.run_id): world.rows(e.raw_key) for e in world.bus.events}
    assert found[("beta", "service_tickets", "run-1")] == [{"id": 2}]
    assert found[("acme", "service_tickets", "run-2")] == [{"id": 4}]


def test_a_page_that_cannot_be_read_fails_its_own_messages_only() -> None:
    world = World()
    world.add("good", [{"id": 1}], 0, 0)
    lost = world.add("lost", [{"id": 2}], 0, 1)
    world.add("lost-again", [{"id": 2}], 0, 1)
    error = Terminal("missing")
    world.landed.bodies[lost.landing_key] = error
    assert world.handle() == {"lost": error, "lost-again": error}
    (event,) = world.bus.events
    assert [job.job_id for job in event.jobs] == ["w000-p00000"]
    assert world.rows() == [{"id": 1}]


def test_a_group_that_cannot_be_stored_or_announced_fails_its_own_messages_only() -> None:
    world = World()
    world.add("a", [{"id": 1}])
    world.add("b", [{"id": 2}], tenant_id="beta")
    world.add("c", [{"id": 3}], tenant_id="gamma")
    world.files.errors = [full := Retriable("S3 is away")]
    world.bus.errors = [busy := Retriable("the bus is away")]
    assert world.handle() == {"a": full, "b": busy}
    assert [event.tenant_id for event in world.bus.events] == ["gamma"]


def test_a_large_batch_becomes_several_files_each_with_its_event() -> None:
    world = World(file_input_bytes=100)
    for number in range(5):
        world.add(str(number), [{"id": number, "text": "x" * 60}], 0, number)
    world.add("end", [], 0, 5)
    assert world.handle() == {}
    assert [[job.page for job in event.jobs] for event in world.bus.events] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]
    assert [event.raw_key for event in world.bus.events] == list(world.files.stored)


def test_a_receipt_says_what_the_fetcher_said() -> None:
    world = World()
    said = {"is_last": True, "quarantined": 2, "counted": 9, "server_time": UPPER}
    world.add("a", [{"id": 1}], **said)
    assert world.handle() == {}
    (job,) = world.bus.events[0].jobs
    assert {name: getattr(job, name) for name in said} == said


def test_a_sweep_is_a_file_of_ids_where_sweeps_are() -> None:
    world = World()
    rows: list[dict[str, Any]] = [{"id": 1, "_info": {"x": 1}}, {"id": 2}]
    world.add("a", rows, 0, 0, mode="reconcile", table="company_contacts")
    world.add("b", [], 0, 1, mode="reconcile", table="company_contacts")
    assert world.handle() == {}
    (event,) = world.bus.events
    assert event.raw_key.startswith("acme/sweeps/connectwise/company_contacts/")
    assert (event.rows, len(event.jobs)) == (2, 2)
    assert world.rows(event.raw_key) == [{"id": 1}, {"id": 2}]


def test_a_file_on_its_way_does_not_mix_with_the_next() -> None:
    world = World(file_input_bytes=1)
    for number in range(8):
        world.add(str(number), [{"id": number}], 0, number)
    world.files.errors = [lost := Retriable("S3 is away")]
    assert world.handle() == {"0": lost}
    assert [world.rows(event.raw_key) for event in world.bus.events] == [
        [{"id": number}] for number in range(1, 8)
    ]


def test_a_malformed_message_fails_alone() -> None:
    world = World()
    world.add("good", [{"id": 1}])
    world.messages["bad"] = "not json"
    failures = world.handle()
    assert list(failures) == ["bad"]
    assert len(world.bus.events) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html>", "is no page"),
        (b'[{"id": 1}, {"id": 2}]', "2 rows, its event says 1"),
    ],
)
def test_a_body_that_does_not_fit_its_event_is_named(body: bytes, words: str) -> None:
    world = World()
    event = world.add("a", [{"id": 1}])
    world.landed.bodies[event.landing_key] = body
    error = world.handle()["a"]
    assert isinstance(error, Terminal)
    assert words in str(error)
    assert event.landing_key in str(error)


def test_an_unknown_table_is_named() -> None:
    world = World()
    world.add("a", [{"id": 1}], table="service_tickts")
    assert "service_tickts" in str(world.handle()["a"])


def test_sensitive_fields_are_not_stored() -> None:
    world = World()
    fields = [{"id": 6, "type": "Password", "value": "hunter2"}]
    row = {"id": 1, "portalPassword": "hunter2", "customFields": fields}
    world.add("a", [row], table="company_contacts")
    assert world.handle() == {}
    assert world.rows() == [{"id": 1, "customFields": '[{"id":6,"type":"Password"}]'}]
    assert not [content for content in world.files.stored.values() if b"hunter2" in content]
