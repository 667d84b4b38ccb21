from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from cwp_scheduler.due import PATIENCE, SWEEPS_PER_TICK, Due, due
from cwp_scheduler.standing import TableStanding, TenantStanding
from cwp_shared.tables import default_tables, source_tables
from cwp_shared.tenants import TenantConfig

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TICKETS, MEMBERS = "service_tickets", "system_members"
SITES = "company_companies_sites"
WEEK, DAY = timedelta(days=7), timedelta(days=1)


def tenant(**settings: Any) -> TenantConfig:
    return TenantConfig(
        tenant_id="acme", site="api-na.myconnectwise.net", company="ACME", **settings
    )


def standing(table: str = TICKETS, **known: Any) -> TenantStanding:
    return TenantStanding(tables={table: TableStanding(**known)})


@pytest.mark.parametrize(
    ("settings", "minutes"),
    [
        ({}, 15),
        ({"cadence_minutes": 30}, 30),
        ({"cadence_minutes": 30, "cadences": {TICKETS: 5}}, 5),
        ({"cadences": {MEMBERS: 5}}, 15),
    ],
)
def test_cadence_is_the_tables_the_tenants_or_the_entrys(
    settings: dict[str, Any], minutes: int
) -> None:
    assert tenant(**settings).cadence(TICKETS) == minutes * MINUTE


def test_new_tenant_gets_every_default_table_and_no_sweep() -> None:
    found = due(tenant(), TenantStanding(), NOW)
    assert [one.table for one in found] == list(default_tables())
    assert {one.mode for one in found} == {"incremental"}


@pytest.mark.parametrize(("seconds", "is_due"), [(14 * 60 + 29, False), (14 * 60 + 30, True)])
def test_tick_that_comes_a_little_early_counts(seconds: int, is_due: bool) -> None:
    attempted = NOW - timedelta(seconds=seconds)
    known = standing(attempted_at=attempted)
    assert bool(due(tenant(tables=(TICKETS,)), known, NOW)) is is_due


def test_table_that_waited_longest_comes_first() -> None:
    known = {
        "time_entries": TableStanding(attempted_at=NOW - 20 * MINUTE),
        TICKETS: TableStanding(attempted_at=NOW - 40 * MINUTE),
    }
    wanted = tenant(tables=("time_entries", TICKETS, "project_tickets"))
    found = due(wanted, TenantStanding(tables=known), NOW)
    assert [one.table for one in found] == ["project_tickets", TICKETS, "time_entries"]


@pytest.mark.parametrize(
    ("known", "modes"),
    [
        ({"open_run": "r", "attempted_at": NOW - 20 * MINUTE}, []),
        ({"open_run": "r", "attempted_at": NOW - PATIENCE}, ["incremental"]),
        ({"open_sweep": "r", "sweep_attempted_at": NOW - 20 * MINUTE}, []),
        ({"open_sweep": "r", "sweep_attempted_at": NOW - PATIENCE}, ["reconcile"]),
    ],
)
def test_open_run_is_left_alone_until_it_may_have_stalled(
    known: dict[str, Any], modes: list[str]
) -> None:
    seen = standing(**{"attempted_at": NOW} | known)
    assert [one.mode for one in due(tenant(tables=(TICKETS,)), seen, NOW)] == modes


@pytest.mark.parametrize(
    ("known", "swept"),
    [
        ({"started_at": NOW - timedelta(hours=24)}, True),
        ({"started_at": NOW - timedelta(hours=23)}, False),
        ({"reconciled_at": NOW - timedelta(hours=24)}, True),
        ({"reconciled_at": NOW - timedelta(hours=23)}, False),
        ({}, True),  # made anew by `cwpipe recover`
        ({"sweep_attempted_at": NOW - 59 * MINUTE}, False),
        ({"watermark": None}, False),
    ],
)
def test_ids_are_swept_a_day_after_the_last_time(known: dict[str, Any], swept: bool) -> None:
    seen = standing(**{"attempted_at": NOW, "watermark": NOW} | known)
    found = due(tenant(tables=(TICKETS,)), seen, NOW)
    assert found == ([Due(TICKETS, "reconcile")] if swept else [])


def test_table_that_is_always_read_in_full_is_not_swept() -> None:
    seen = standing(MEMBERS, attempted_at=NOW, watermark=NOW)
    assert due(tenant(tables=(MEMBERS,)), seen, NOW) == []


@pytest.mark.parametrize(
    ("known", "mode"),
    [
        ({"started_at": NOW - WEEK}, "full"),
        ({"started_at": NOW - WEEK + MINUTE}, "incremental"),
        ({"started_at": NOW - 2 * WEEK, "reconciled_at": NOW - WEEK}, "full"),
        ({"started_at": NOW - 2 * WEEK, "reconciled_at": NOW - WEEK + MINUTE}, "incremental"),
        ({}, "full"),  # made anew by `cwpipe recover`
        ({"watermark": None}, "incremental"),
    ],
)
def test_children_that_change_without_their_parent_are_all_read_instead_of_swept(
    known: dict[str, Any], mode: str
) -> None:
    seen = standing(SITES, **{"watermark": NOW, "attempted_at": NOW - DAY} | known)
    assert [one.mode for one in due(tenant(tables=(SITES,)), seen, NOW)] == [mode]
    just_tried = standing(SITES, **{"watermark": NOW, "attempted_at": NOW} | known)
    assert due(tenant(tables=(SITES,)), just_tried, NOW) == []


def test_one_tick_begins_few_sweeps() -> None:
    every = TableStanding(attempted_at=NOW, watermark=NOW)
    seen = TenantStanding(tables=dict.fromkeys(source_tables(), every))
    found = due(tenant(), seen, NOW)
    assert [one.mode for one in found] == ["reconcile"] * SWEEPS_PER_TICK


def test_forbidden_table_is_tried_now_and_then_and_never_swept() -> None:
    seen = standing(attempted_at=NOW - 59 * MINUTE, watermark=NOW)
    seen = replace(seen, blocked_tables=frozenset({TICKETS}))
    assert due(tenant(tables=(TICKETS,)), seen, NOW) == []
    assert due(tenant(tables=(TICKETS,)), seen, NOW + MINUTE) == [Due(TICKETS, "incremental")]


def test_unknown_table_is_refused_once_a_day() -> None:
    wanted = tenant(tables=("nonsense",))
    assert due(wanted, TenantStanding(), NOW) == [Due("nonsense", "incremental")]
    assert due(wanted, standing("nonsense", attempted_at=NOW - 60 * MINUTE), NOW) == []


def test_blocked_tenant_without_tables_is_not_tried() -> None:
    assert due(tenant(tables=()), TenantStanding(blocked=True), NOW) == []


def test_five_minute_ticks_keep_every_cadence() -> None:
    """Two days of ticks that come a second late or early, runs that end at once."""
    wanted, tables = tenant(), dict[str, TableStanding]()
    opened: dict[str, list[datetime]] = {}
    for number in range(2 * 24 * 12):
        now = NOW + 5 * MINUTE * number + timedelta(seconds=number % 3 - 1)
        for one in due(wanted, TenantStanding(tables=tables), now):
            tables[one.table] = TableStanding(attempted_at=now)
            opened.setdefault(one.table, []).append(now)
    assert set(opened) == set(default_tables())
    for table, times in opened.items():
        gaps = {later - earlier for earlier, later in pairwise(times)}
        assert max(gaps) - wanted.cadence(table) <= timedelta(seconds=2), table
        assert wanted.cadence(table) - min(gaps) <= timedelta(seconds=2), table
