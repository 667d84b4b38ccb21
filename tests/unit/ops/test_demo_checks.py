from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest

from cwp_ops import demo_checks
from cwp_ops.demo_checks import TableCount
from cwp_ops.demo_report import stage_seconds, timeline_lines
from cwp_ops.follow import Tracked, Wanted
from cwp_ops.names import Queue
from cwp_ops.queue_depths import Depth, wait_until_empty
from cwp_ops.timeline import Version
from tests.unit.ops.test_history_checks import DuckDbWarehouse

JOBS = Queue("fetcher", "jobs", "local")
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def warehouse() -> Iterator[DuckDbWarehouse]:
    with duckdb.connect() as connection:
        connection.execute('CREATE SCHEMA "demo"')
        connection.execute(
            'CREATE TABLE "demo"."tickets" (ticket_id BIGINT, effective_from TIMESTAMP, '
            "effective_to TIMESTAMP, is_current BOOLEAN)"
        )
        rows = [
            (1, "2026-01-01", "2026-11-23 08:00:00", False),
            (1, "2026-11-23 08:00:00", None, True),
            (2, "2026-01-01", None, True),
        ]
        connection.executemany('INSERT INTO "demo"."tickets" VALUES (?, ?, ?, ?)', rows)
        yield DuckDbWarehouse(connection)


def test_counts_stand_side_by_side(warehouse: DuckDbWarehouse) -> None:
    sandbox = {"service_tickets": 2, "unmapped": 9}
    (found,) = demo_checks.count(warehouse, "demo", sandbox, {"service_tickets": ("tickets",)})
    assert (found.sandbox, found.current, found.versions, found.closed) == (2, 2, 3, 1)
    assert list(demo_checks.count_problems([found])) == []


def test_a_count_that_differs_is_a_problem() -> None:
    wrong = TableCount("demo", "service_tickets", "tickets", 3, 2, 3, 1)
    (problem,) = demo_checks.count_problems([wrong])
    assert "sandbox has 3 rows, the warehouse 2" in problem


def test_each_updated_record_has_a_version_that_touches_the_one_before(
    warehouse: DuckDbWarehouse,
) -> None:
    def problems(*ids: int, at: datetime = AT) -> list[str]:
        found = demo_checks.change_problems(warehouse, "demo", "tickets", "ticket_id", ids, at)
        return list(found)

    assert problems(1) == []
    assert "1 of 2 updated records" in problems(1, 2)[0]
    assert problems(1, at=datetime(2026, 11, 23, 9, tzinfo=UTC))


def test_queues_are_waited_for_but_not_for_ever() -> None:
    looks = iter([[Depth(JOBS, 1, 0, 0)], [Depth(JOBS, 0, 1, 0)], [Depth(JOBS, 0, 0, 0)]])
    seen = wait_until_empty(lambda: next(looks), 60, sleep=lambda _: None)
    assert list(demo_checks.queue_problems(seen)) == []
    times = iter(range(100))
    seen = wait_until_empty(
        lambda: [Depth(JOBS, 1, 0, 0)], 5, lambda _: None, lambda: float(next(times))
    )
    assert "1 waiting" in next(demo_checks.queue_problems(seen))


def test_a_dead_letter_is_not_waited_for() -> None:
    looks = iter([[Depth(JOBS, 0, 0, 1)]])
    seen = wait_until_empty(lambda: next(looks), 60, sleep=lambda _: None)
    assert "1 dead" in next(demo_checks.queue_problems(seen))


def test_what_each_stage_took() -> None:
    one = Tracked(Wanted("demo", "service_tickets", "full"), AT)
    one.entered = {"waiting": 0.0, "fetching": 1.0, "merging": 10.0, "loading": 12.0, "done": 15.0}
    assert stage_seconds(one) == {"extract": 10.0, "history": 2.0, "load": 3.0, "total": 15.0}


def test_a_stage_too_quick_to_be_seen_took_no_time() -> None:
    one = Tracked(Wanted("demo", "service_tickets", "full"), AT)
    one.entered = {"waiting": 0.0, "fetching": 1.0, "loading": 12.0, "done": 15.0}
    assert stage_seconds(one) == {"extract": 12.0, "history": 0.0, "load": 3.0, "total": 15.0}


def test_a_timeline_reads_like_a_story() -> None:
    lines = timeline_lines(
        "Ticket 7",
        [
            Version("2026-01-01", "2026-02-01", is_deleted=False, changes=()),
            Version("2026-02-01", None, is_deleted=False, changes=(("status", "New", None),)),
        ],
    )
    assert lines == [
        "[bold]Ticket 7[/bold]",
        "  2026-01-01  until 2026-02-01",
        "      as it was first seen",
        "  2026-02-01  until now",
        "      status: New -> nothing",
    ]
