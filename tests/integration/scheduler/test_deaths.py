"""A function that dies at any step, and the copy of its message that comes afterwards."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from cwp_shared.events import Event, PageJob, RunCompleted, RunFailed, SourceBlocked
from tests.integration.scheduler.mortal import Death, Mortal
from tests.integration.scheduler.world import (
    NOW,
    TABLE,
    World,
    failed,
    surveyed,
    written,
)

#: No function here takes as many steps: if one does, the test no longer ends where it should.
MOST_STEPS = 60


@pytest.fixture
def mortal(world: World) -> Mortal:
    mortal = Mortal()
    mortal.watch(world)
    return mortal


def at_every_step(
    world: World, mortal: Mortal, prepare: Callable[[], Event], check: Callable[[], None]
) -> None:
    """Deliver what `prepare` gives to a function that dies, and once more to one that lives."""
    deaths = 0
    for step in range(MOST_STEPS):
        world.reset()
        event = prepare()
        mortal.steps_left = step
        try:
            world.tell(event)
        except Death:
            deaths += 1
            world.tell(event)
        else:
            break
        check()
    mortal.steps_left = None
    assert 0 < deaths < MOST_STEPS


def full_run(world: World) -> PageJob:
    """The first page's job of a new full run."""
    world.request()
    (survey,) = world.jobs()
    world.tell(surveyed(survey))
    (page,) = world.jobs()
    return page


def test_end_of_a_run(world: World, mortal: Mortal) -> None:
    def prepare() -> Event:
        page = full_run(world)
        world.tell(written(page, 5))
        return written(page.next_page(5, 5), 0)

    def check() -> None:
        completed = {e for e in world.bus.take() if isinstance(e, RunCompleted)}
        (event,) = completed
        assert world.standing().watermark == NOW
        assert world.record(event.run_id).watermark == NOW
        assert world.standing().open_run is None
        assert world.planner.runs.find_open("acme", TABLE, "full") is None

    at_every_step(world, mortal, prepare, check)


def test_end_of_a_run_with_missing_rows(world: World, mortal: Mortal) -> None:
    """The retry is not taken for the first try, nor the first try for the retry."""

    def run() -> Event:
        page = full_run(world)
        world.tell(written(page, 5))
        return written(page.next_page(5, 5), 0, counted=6)

    def held() -> None:
        assert world.standing().watermark is None

    def moved() -> None:
        assert world.standing().watermark == NOW
        items = world.planner.standings._table.scan()["Items"]
        assert not any("held_by" in item for item in items)

    def retry() -> Event:
        world.tell(run())
        return run()

    at_every_step(world, mortal, run, held)
    at_every_step(world, mortal, retry, moved)


def test_failure_of_a_run(world: World, mortal: Mortal) -> None:
    def prepare() -> Event:
        return failed(full_run(world), "credentials", "401")

    def check() -> None:
        told = set(world.bus.take())
        assert {type(event) for event in told} == {RunFailed, SourceBlocked}
        assert len(told) == 2
        assert world.standing().open_run is None
        assert world.planner.standings.of("acme").blocked

    at_every_step(world, mortal, prepare, check)


def test_answer_to_a_try(world: World, mortal: Mortal) -> None:
    def prepare() -> Event:
        world.tell(failed(full_run(world), "credentials", "401"))
        world.bus.take()
        world.request()
        return surveyed(world.jobs()[0])

    def check() -> None:
        assert len(set(world.bus.take())) == 1
        assert not world.planner.standings.of("acme").blocked
        assert world.jobs(), "the run goes on"

    at_every_step(world, mortal, prepare, check)


def test_opening_of_a_run(world: World, mortal: Mortal) -> None:
    """The message that comes again, or the tick half an hour later, sends the jobs."""
    for step in range(MOST_STEPS):
        world.reset()
        mortal.steps_left = step
        try:
            world.tick()
        except Death:
            world.tick()
        else:
            break
        if not world.jobs():
            world.at(NOW + timedelta(minutes=30))
            world.tick()
            assert world.jobs()
        world.at(NOW)
    assert 0 < step < MOST_STEPS
