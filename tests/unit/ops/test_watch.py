from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from cwp_ops.commands import watch as command
from cwp_ops.context import Operator
from cwp_ops.costs.prices import default_file, read
from cwp_ops.costs.span import RPU_SECONDS, Function
from cwp_ops.dead_letters import Reason
from cwp_ops.names import Queue
from cwp_ops.queue_depths import Depth
from cwp_ops.status import Status, TableStatus, TenantStatus
from cwp_ops.watch import Snapshot, freshness, snapshot
from cwp_ops.watch_view import screen

PRICES = read(default_file(Path(__file__).resolve().parents[3]))
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FETCH = Function("connectwise-fetcher-local-fetch", "fetcher fetch", 512)
JOBS = Queue("fetcher", "jobs", "local")


def table(name: str, watermark: str | None, cadence: int, **more: object) -> TableStatus:
    known = TableStatus(
        table=name,
        canonical_table=None,
        run="incremental completed",
        run_at=None,
        watermark=watermark,
        fetched_rows=None,
        rows=None,
        loaded_sequence=0,
        highest_sequence=0,
        trouble=None,
        cadence_minutes=cadence,
    )
    return replace(known, **more)  # type: ignore[arg-type]


def tenant(*tables: TableStatus, trouble: str | None = None, name: str = "acme") -> TenantStatus:
    return TenantStatus(name, "api-na.myconnectwise.net", True, tables, trouble)


HOURLY = table("company_companies", "2026-11-23T08:10:00Z", 60)
QUICK = table("service_tickets", "2026-11-23T08:30:00Z", 15, run="incremental open")
LOADING = table(
    "time_entries", None, 15, loaded_sequence=3, highest_sequence=7, trouble="loading is blocked: x"
)


def seen(*tenants: TenantStatus) -> Snapshot:
    status = Status(
        stage="local",
        tenants=tenants,
        queues=(Depth(JOBS, 7, 2, 1),),
        dead_letters=(Reason(JOBS.name, "Terminal", "no [such] tenant", 1, "now"),),
    )
    counts = {"calls fetcher fetch": 100.0, "milliseconds fetcher fetch": 50_000.0}
    counts[RPU_SECONDS] = 8 * 90
    return snapshot(status, [FETCH], counts, PRICES, rpus=8, now=NOW)


def test_the_table_furthest_behind_its_cadence_is_told() -> None:
    found = freshness(tenant(HOURLY, QUICK), NOW)
    assert (found.behind_table, found.behind, found.overdue) == ("service_tickets", 1800, 900)


def test_a_table_within_its_cadence_is_not_overdue() -> None:
    found = freshness(tenant(HOURLY), NOW)
    assert (found.behind_table, found.behind, found.overdue) == ("company_companies", 3000, None)


def test_a_tenant_that_never_synced_has_no_age() -> None:
    found = freshness(tenant(table("service_tickets", None, 15)), NOW)
    assert (found.complete, found.behind, found.overdue) == (0, None, None)


def test_open_runs_commits_and_troubles_are_counted() -> None:
    found = freshness(tenant(HOURLY, QUICK, LOADING, trouble="no API keys"), NOW)
    assert (found.tables, found.complete, found.open_runs, found.waiting_commits) == (3, 2, 1, 4)
    assert found.troubles == ("no API keys", "time_entries: loading is blocked: x")


def test_a_queue_shows_the_function_behind_it_and_what_it_costs() -> None:
    (step,) = seen().steps
    assert (step.queue, step.waiting, step.in_flight, step.dead) == ("fetcher-jobs", 7, 2, 1)
    assert (step.calls, step.seconds) == (100, 50)
    assert step.dollars == pytest.approx(25 * 0.0000133334 + 100 * 0.2e-6)


def test_the_warehouse_is_priced_for_the_time_it_was_awake() -> None:
    found = seen()
    assert found.warehouse_minutes == pytest.approx(1.5)
    assert found.warehouse_dollars == pytest.approx(8 * 90 / 3600 * 0.375)
    assert found.as_json()["dollars_an_hour"] == pytest.approx(found.dollars)


def shown(what: Snapshot) -> str:
    console = Console(file=StringIO(), width=140)
    console.print(screen(what))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_one_screen_shows_all_of_it() -> None:
    text = shown(seen(tenant(HOURLY, QUICK, LOADING)))
    for part in (
        "fetcher-jobs",
        "service_tickets",
        "30 min",
        "15 min",
        "1 x Terminal: no [such] tenant",
        "time_entries: loading is blocked",
        "warehouse awake 1.5 minutes",
    ):
        assert part in text


def test_of_many_tenants_the_furthest_behind_fit_on_the_screen() -> None:
    many = [tenant(HOURLY, name=f"tenant-{n}") for n in range(30)]
    text = shown(seen(*many, tenant(QUICK, name="late")))
    assert "late" in text
    assert "16 more tenants" in text
    assert len(text.splitlines()) < 40


def test_it_looks_again_until_somebody_ends_it() -> None:
    looks: list[Snapshot] = []

    def look() -> Snapshot:
        looks.append(seen(tenant(HOURLY)))
        return looks[-1]

    def sleep(seconds: float) -> None:
        assert seconds == 7
        if len(looks) == 3:
            raise KeyboardInterrupt

    terminal = Console(file=StringIO(), force_terminal=True, width=140)
    command.follow(Operator("local", {}, terminal, terminal), look, 7, sleep)
    assert len(looks) == 3
    assert isinstance(terminal.file, StringIO)
    assert terminal.file.getvalue().count("flow from API to warehouse") == 3
