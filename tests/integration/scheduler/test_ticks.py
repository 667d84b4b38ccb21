"""What a tick opens: fan-out, cadence, sweeps."""

from datetime import timedelta

import pytest

from cwp_shared.events import RunCompleted, RunFailed
from tests.counted import counted, values
from tests.integration.scheduler.world import (
    NOW,
    TABLE,
    World,
    finish,
)

DAY = timedelta(days=1)


def test_tick_opens_what_is_due_and_a_bad_tenant_hides_no_other(world: World) -> None:
    bad = {"service": "connectwise"}
    world.tenant_items.put_item(Item={**bad, "tenant_id": "Bad Id"})
    world.tenant_items.put_item(Item={**bad, "tenant_id": "no-settings"})
    world.add_tenant("off", enabled=False)
    world.add_tenant("other", tables=("nonsense", TABLE))
    world.tick()
    assert sorted(job.tenant_id for job in world.jobs()) == ["acme", "other"]


@pytest.mark.parametrize(("minutes", "due"), [(14, 0), (15, 1)])
def test_table_is_due_again_after_its_cadence(world: World, minutes: int, due: int) -> None:
    world.request()
    finish(world)
    world.at(NOW + timedelta(minutes=minutes))
    world.tick()
    assert len(world.jobs()) == due


def test_tick_counts_what_is_late_and_then_that_nothing_is(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def late() -> list[dict[str, float]]:
        capsys.readouterr()
        world.tick()
        return [values(line) for line in counted(capsys.readouterr().out)]

    fresh = {"LateTables": 0.0, "LateSweeps": 0.0, "CadencesBehind": 0.0}
    world.request()
    finish(world)
    assert late() == [fresh]
    world.at(NOW + timedelta(hours=2))
    assert late() == [{**fresh, "LateTables": 1, "CadencesBehind": 8}]
    finish(world)
    assert late() == [fresh]
    world.tenant_items.put_item(Item={"service": "connectwise", "tenant_id": "no-settings"})
    assert sorted(late(), key=len) == [{"LateTables": 1}, fresh]


def backfilled(world: World) -> None:
    world.request()
    finish(world)
    world.bus.take()
    world.at(NOW + DAY)


def test_tick_sweeps_ids_a_day_after_the_backfill_beside_the_tables_own_run(world: World) -> None:
    backfilled(world)
    world.tick()
    run, sweep = world.jobs()
    assert (run.mode, run.kind) == ("incremental", "page")
    assert (sweep.mode, sweep.kind, sweep.lower) == ("reconcile", "survey", None)
    world.tick()
    assert world.jobs() == []


@pytest.mark.parametrize("counted", [5, 4])
def test_sweep_that_count_confirms_completes_and_leaves_the_watermark(
    world: World, counted: int
) -> None:
    """4: a row was deleted while the sweep went on."""
    backfilled(world)
    world.request(mode="reconcile")
    run_id = finish(world, counted=counted)
    (completed,) = world.bus.events
    assert isinstance(completed, RunCompleted)
    assert (completed.mode, completed.rows) == ("reconcile", 5)
    assert world.standing().watermark == NOW
    assert world.standing().reconciled_at == NOW + DAY
    assert world.record(run_id).watermark is None
    world.at(NOW + 2 * DAY - timedelta(minutes=1))
    world.tick()
    assert [job.mode for job in world.jobs()] == ["incremental"]


@pytest.mark.parametrize(
    ("last_page", "reason"),
    [
        ({"counted": 6}, "/count knows of 1 ids beyond the 5 that the sweep lists"),
        ({"counted": None}, "/count was not asked"),
        ({"counted": 6, "quarantined": 1}, "1 rows could not be read"),
    ],
)
def test_sweep_that_count_does_not_confirm_fails(
    world: World, last_page: dict[str, int], reason: str
) -> None:
    backfilled(world)
    world.request(mode="reconcile")
    run_id = finish(world, **last_page)
    (event,) = world.bus.events
    assert isinstance(event, RunFailed)
    assert event.reason_class == "incomplete"
    assert reason in event.reason
    assert world.standing().reconciled_at is None
    assert world.record(run_id).status == "failed"


def test_failed_sweep_is_tried_again_after_an_hour(world: World) -> None:
    backfilled(world)
    world.request(mode="reconcile")
    finish(world, counted=6)
    world.at(NOW + DAY + timedelta(minutes=59))
    world.tick()
    assert "reconcile" not in [job.mode for job in world.jobs()]
    world.at(NOW + DAY + timedelta(minutes=60))
    world.tick()
    assert "reconcile" in [job.mode for job in world.jobs()]


def test_sweep_of_a_nested_table_needs_no_count(world: World) -> None:
    """Nobody can count children; connectwise-api.md has no /count over parents."""
    table = "service_boards_statuses"
    world.request(tables=(table,), mode="reconcile")
    finish(world, counted=None)
    (completed,) = world.bus.events
    assert isinstance(completed, RunCompleted)
    assert world.standing(table).reconciled_at == NOW


def test_children_of_changed_parents_are_all_read_once_a_week(world: World) -> None:
    """A site may change without its company, which is all that an incremental run asks for."""
    table = "company_companies_sites"
    world.add_tenant("acme", tables=(table,))
    for day in range(9):
        world.at(NOW + day * DAY)
        world.tick()
        finish(world, counted=None)
    modes = [event.mode for event in world.bus.events if isinstance(event, RunCompleted)]
    assert modes == ["full", *["incremental"] * 6, "full", "incremental"]
    assert world.standing(table).reconciled_at == NOW + 7 * DAY
