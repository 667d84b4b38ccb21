"""What is late, and what is told of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cwp_scheduler.lateness import Lateness, lateness, tell, tell_unreadable
from cwp_scheduler.metric_detail import Detail
from cwp_scheduler.standing import TableStanding, TenantStanding
from cwp_shared.tenants import TenantConfig
from tests.counted import counted, data_points, values

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
TICKETS, MEMBERS = "service_tickets", "system_members"


def judged(known: dict[str, Any], tables: tuple[str, ...] = (TICKETS,), **more: Any) -> Lateness:
    tenant = TenantConfig(
        tenant_id="acme", site="api-na.myconnectwise.net", company="A", tables=tables
    )
    standings = {TICKETS: TableStanding(**known)}
    return lateness(tenant, TenantStanding(tables=standings, **more), NOW)


@pytest.mark.parametrize(("age", "late"), [(90 * MINUTE, ()), (91 * MINUTE, (TICKETS,))])
def test_table_is_late_when_a_run_was_missed_and_an_hour_has_passed(
    age: timedelta, late: tuple[str, ...]
) -> None:
    found = judged({"watermark": NOW - age, "started_at": NOW - DAY})
    assert found.tables == late
    assert found.behind == {TICKETS: age / (15 * MINUTE)}


@pytest.mark.parametrize(("age", "late"), [(DAY, ()), (DAY + MINUTE, (TICKETS,))])
def test_first_run_may_take_a_day(age: timedelta, late: tuple[str, ...]) -> None:
    found = judged({"started_at": NOW - age})
    assert (found.tables, found.behind) == (late, {})


def test_table_that_no_tick_has_come_to_is_not_late() -> None:
    assert judged({}, (TICKETS, "nonsense")) == Lateness("acme", {}, (), ())


def test_watermark_ahead_of_our_clock_is_not_behind() -> None:
    assert judged({"watermark": NOW + MINUTE}).behind == {TICKETS: 0}


@pytest.mark.parametrize(
    "blocked", [{"blocked": True}, {"blocked_tables": frozenset({TICKETS})}], ids=str
)
def test_what_is_blocked_hides_nothing_that_is_late(blocked: dict[str, Any]) -> None:
    known = {"watermark": NOW - 9 * DAY, "started_at": NOW - 10 * DAY}
    assert judged(known, **blocked) == Lateness("acme", {}, (), ())


@pytest.mark.parametrize(("age", "late"), [(3 * DAY, ()), (3 * DAY + MINUTE, (TICKETS,))])
def test_sweep_is_late_after_three_intervals(age: timedelta, late: tuple[str, ...]) -> None:
    fresh = {"watermark": NOW, "started_at": NOW - 90 * DAY}
    assert judged({**fresh, "reconciled_at": NOW - age}).sweeps == late
    assert judged({"watermark": NOW, "started_at": NOW - age}).sweeps == late


LATE = Lateness("acme", {TICKETS: 1.5, MEMBERS: 12.0}, (MEMBERS,), ())


def test_worst_table_is_told_and_which_are_late(capsys: pytest.CaptureFixture[str]) -> None:
    tell(LATE, "stage")
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"LateTables": 1, "LateSweeps": 0, "CadencesBehind": 12}
    assert (line["tenant_id"], line["table"], line["late_tables"]) == ("acme", MEMBERS, [MEMBERS])
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]


def test_nothing_late_is_told_too_so_that_the_alarm_ends(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell(Lateness("acme", {}, (), ()), "stage")
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"LateTables": 0, "LateSweeps": 0, "CadencesBehind": 0}


@pytest.mark.parametrize(("detail", "series"), [("stage", 3), ("tenant", 6), ("table", 8)])
def test_detail_is_what_costs(
    detail: Detail, series: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Series are what CloudWatch charges for: two tables, here."""
    tell(LATE, detail)
    points = [p for line in counted(capsys.readouterr().out) for p in data_points(line)]
    assert len({(p["MetricName"], str(p["Dimensions"])) for p in points}) == series


def test_tenant_that_cannot_be_read_is_late(capsys: pytest.CaptureFixture[str]) -> None:
    tell_unreadable("acme", "cadence_minutes: no number")
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"LateTables": 1}
    assert (line["tenant_id"], line["error"]) == ("acme", "cadence_minutes: no number")
