from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cwp_ops.dead_letters import Reason
from cwp_ops.names import Queue
from cwp_ops.queue_depths import Depth
from cwp_ops.status import Reader, Status, table_status
from cwp_ops.stores import Stores
from cwp_shared.tables import default_tables
from tests.unit.ops.fakes import FakeTable

PAIR = ("pk", "sk")
NOW = datetime(2026, 11, 23, 8, 10, tzinfo=UTC)
ITEM = {
    "tenant_id": "acme",
    "service": "connectwise",
    "site": "api-na.myconnectwise.net",
    "company": "ACME",
    "tables": ["service_tickets", "time_entries"],
}
CANONICAL = {"service_tickets": ("tickets",), "time_entries": ("time_entries",)}
JOBS = Queue("fetcher", "jobs", "local")


@pytest.fixture
def stores() -> Stores:
    watermarks = FakeTable(("tenant_id", "table"))
    watermarks.put(
        {"tenant_id": "acme", "table": "service_tickets", "watermark": "2026-11-23T08:00:00Z"},
        {"tenant_id": "acme", "table": "time_entries", "attempted_at": "2026-11-23T08:00:00Z"},
    )
    runs = FakeTable(PAIR)
    runs.put(
        run("service_tickets", "r1", status="FAILED", reason_class="credentials", reason="401"),
        run("service_tickets", "r2", rows=17, ended_at="2026-11-23T08:01:00Z"),
        run("time_entries", "r1", status="FAILED", reason_class="permission", reason="403"),
    )
    loads = FakeTable(PAIR)
    head = {"loaded_sequence": 3, "highest_sequence": 4, "phase": "loading"}
    loads.put({"pk": "acme#tickets", "sk": "HEAD", **head})
    return Stores(FakeTable(PAIR), watermarks, runs, FakeTable(PAIR), loads)


def run(table: str, run_id: str, status: str = "COMPLETED", **more: Any) -> dict[str, Any]:
    return {
        "pk": f"acme#{table}",
        "sk": f"RUN#{run_id}",
        "run_id": run_id,
        "mode": "incremental",
        "status": status,
        "opened_at": "2026-11-23T08:00:00Z",
        **more,
    }


def reader(stores: Stores, *, has_keys: bool = True) -> Reader:
    counted = {"tickets": 2000}

    def with_keys(tenant_ids: Collection[str]) -> Collection[str]:
        return tenant_ids if has_keys else ()

    return Reader(stores, CANONICAL, with_keys, lambda _: counted, lambda: NOW)


def test_a_table_shows_its_newest_run_watermark_rows_and_load(stores: Stores) -> None:
    (tenant,) = reader(stores).tenants([ITEM])
    tickets, entries = tenant.tables
    assert tickets.run == "incremental completed"
    assert tickets.run_at == "2026-11-23T08:01:00Z"
    assert tickets.watermark == "2026-11-23T08:00:00Z"
    assert (tickets.fetched_rows, tickets.rows) == (17, 2000)
    assert (tickets.loaded_sequence, tickets.highest_sequence) == (3, 4)
    assert tickets.trouble is None
    assert entries.trouble == "last run failed: permission: 403"
    assert entries.watermark is None


@pytest.mark.parametrize(
    ("newest", "said"),
    [("FAILED", "last sweep for deletes failed: permission: 403"), ("COMPLETED", None)],
)
def test_a_sweep_that_failed_is_told(stores: Stores, newest: str, said: str | None) -> None:
    for run_id, status in (("r3", "FAILED"), ("r4", newest)):
        swept = run("service_tickets", run_id, status, reason_class="permission", reason="403")
        stores.runs.put({**swept, "sk": f"SWEEP#{run_id}", "mode": "reconcile"})
    (tenant,) = reader(stores).tenants([ITEM])
    assert tenant.tables[0].trouble == said
    assert tenant.tables[0].run == "incremental completed"


def test_a_tenant_without_keys_says_how_to_enter_them(stores: Stores) -> None:
    (tenant,) = reader(stores, has_keys=False).tenants([ITEM])
    assert tenant.trouble == "no API keys; enter them with `cwpipe tenants keys acme`"


def test_a_tenant_whose_api_refuses_us_says_since_when_and_why(stores: Stores) -> None:
    block = {"since": "2026-11-23T08:00:00Z", "reason_class": "credentials", "reason": "401"}
    stores.watermarks.put({"tenant_id": "acme", "table": "#blocked", **block})
    (tenant,) = reader(stores).tenants([ITEM])
    assert tenant.trouble == "blocked since 2026-11-23T08:00:00Z: credentials: 401"


def test_a_tenant_that_names_no_tables_has_the_default_ones(stores: Stores) -> None:
    (tenant,) = reader(stores).tenants([{k: v for k, v in ITEM.items() if k != "tables"}])
    assert tuple(table.table for table in tenant.tables) == default_tables()


def test_a_damaged_item_does_not_hide_the_others(stores: Stores) -> None:
    broken = {**ITEM, "tenant_id": "broken", "cadence_minutes": 0}
    first, second = reader(stores).tenants([broken, ITEM])
    assert (first.tenant_id, second.tenant_id) == ("acme", "broken")
    assert "cadence_minutes" in str(second.trouble)


def at(reader: Reader, after: timedelta) -> Reader:
    return replace(reader, clock=lambda: NOW + after)


def test_a_table_that_is_late_says_so_as_the_alarm_does(stores: Stores) -> None:
    def trouble(after: timedelta) -> str | None:
        (tenant,) = at(reader(stores), after).tenants([ITEM])
        return tenant.tables[0].trouble

    # Every 15 minutes, complete at 8:00.
    assert trouble(timedelta(minutes=80)) is None
    assert trouble(timedelta(minutes=81)) == (
        "late: complete up to 2026-11-23T08:00:00Z, and due every 0:15:00 "
        "(docs/runbooks/freshness.md)"
    )


@pytest.mark.parametrize("mark", ["#blocked", "#blocked#service_tickets"])
def test_what_is_blocked_or_disabled_is_not_called_late(stores: Stores, mark: str) -> None:
    a_day_later = at(reader(stores), timedelta(days=1))
    (disabled,) = a_day_later.tenants([{**ITEM, "enabled": False}])
    assert disabled.tables[0].trouble is None
    block = {"since": "2026-11-23T08:00:00Z", "reason_class": "permission", "reason": "403"}
    stores.watermarks.put({"tenant_id": "acme", "table": mark, **block})
    (blocked,) = a_day_later.tenants([ITEM])
    assert blocked.tables[0].trouble is None


def test_a_table_that_never_ran() -> None:
    found = table_status("service_tickets", "tickets", None, None, None, None)
    assert (found.run, found.run_at, found.loaded_sequence) == ("never", None, 0)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ({"phase": "blocked", "last_error": "too long"}, "loading is blocked: too long"),
        (
            {"phase": "waiting", "retry_at": "2026-11-23T09:00:00Z", "last_error": "busy"},
            "loading is tried again at 2026-11-23T09:00:00Z: busy",
        ),
        ({"phase": "idle", "last_error": "long ago"}, None),
        (
            {"phase": "idle", "set_aside": 2},
            "2 files could not be loaded and are missing: docs/runbooks/loading.md",
        ),
    ],
)
def test_what_keeps_a_load_back_is_told(head: dict[str, Any], said: str | None) -> None:
    assert table_status("t", "c", None, None, head, None).trouble == said


def test_a_stage_is_well_when_nobody_has_to_act(stores: Stores) -> None:
    tenants = reader(stores).tenants([{**ITEM, "tables": ["service_tickets"]}])
    assert Status("local", tenants, (Depth(JOBS, 5, 1, 0),), ()).is_well
    assert not Status("local", tenants, (Depth(JOBS, 0, 0, 1),), ()).is_well
    assert not Status("local", reader(stores).tenants([ITEM]), (), ()).is_well


def test_json_has_everything(stores: Stores) -> None:
    reason = Reason(JOBS.name, "Terminal", "not JSON", 2, "2026-11-23T08:00:00+00:00")
    found = Status("local", reader(stores).tenants([ITEM]), (Depth(JOBS, 1, 2, 3),), (reason,))
    told = found.as_json()
    assert told["queues"] == [{"name": JOBS.name, "waiting": 1, "in_flight": 2, "dead": 3}]
    assert told["dead_letters"][0]["reason"] == "not JSON"
    assert told["tenants"][0]["tables"][0]["rows"] == 2000
