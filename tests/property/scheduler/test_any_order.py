"""Events in any order, delivered twice, with functions that die anywhere: the end is the same.

The real stores under moto. That a death at any single step is mended is shown exhaustively in
tests/integration/scheduler/test_deaths.py.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from cwp_scheduler.runs import first_jobs
from cwp_shared.events import Event, PageJob, RunCompleted, RunFailed, SourceBlocked
from tests.aws_environment import isolate
from tests.integration.scheduler.mortal import Death, Mortal
from tests.integration.scheduler.world import (
    NOW,
    TABLE,
    World,
    failed,
    surveyed,
    written,
)


@pytest.fixture(scope="module")
def mortal_world() -> Iterator[tuple[World, Mortal]]:
    """One world for all examples; each is a run of its own, one after the other."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        isolate(patch)
        world, mortal = World.make(), Mortal()
        mortal.watch(world)
        yield world, mortal


@st.composite
def deliveries(draw: st.DrawFn, events: int) -> list[tuple[int, int | None]]:
    """Which event is delivered, at which call the function dies; every event comes at last."""
    order = draw(st.permutations(range(events)))
    copies = draw(st.lists(st.integers(0, events - 1), max_size=events))
    steps = draw(st.permutations([*order, *copies]))
    deaths = st.one_of(st.none(), st.integers(0, 40))
    return [(event, draw(deaths)) for event in steps]


def deliver(world: World, mortal: Mortal, events: list[Event], data: st.DataObject) -> None:
    """As SQS does: what was not acknowledged comes again, later."""
    again: list[Event] = []
    for number, death in data.draw(deliveries(len(events))):
        mortal.steps_left = death
        try:
            world.tell(events[number])
        except Death:
            again.append(events[number])
    mortal.steps_left = None
    world.tell(*again)


LENGTHS = st.lists(st.integers(0, 3), min_size=1, max_size=3)
SKEWS = st.integers(-600, 600)


def open_run(world: World, mortal: Mortal, windows: int) -> list[PageJob]:
    """The first job of each window of a new full run, in a world where nothing has happened."""
    mortal.steps_left = None
    world.reset()
    world.request(mode="full")
    survey = world.jobs()[-1]
    world.tell(surveyed(survey, 10_000 * windows))
    run = world.planner.runs.find("acme", TABLE, survey.run_id)
    assert run
    return first_jobs(run)


def pages(first: PageJob, count: int, server_time: datetime) -> Iterator[Event]:
    job = first
    for _ in range(count):
        yield written(job, 10, server_time=server_time)
        job = job.next_page(job.after_id + 10, 10)
    yield written(job, 0, server_time=server_time)


SLOW = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@SLOW
@given(LENGTHS, SKEWS, st.data())
def test_completed_run_ends_alike(
    mortal_world: tuple[World, Mortal], lengths: list[int], skew: int, data: st.DataObject
) -> None:
    """design.md 7.1 and 7.2: nothing lost, nothing twice."""
    world, mortal = mortal_world
    firsts = open_run(world, mortal, len(lengths))
    theirs = NOW + timedelta(seconds=skew)
    written_pages: list[Event] = []
    for first, length in zip(firsts, lengths, strict=True):
        written_pages += pages(first, length, theirs)

    deliver(world, mortal, written_pages, data)

    run_id = firsts[0].run_id
    expected = min(NOW, theirs)
    record = world.record(run_id)
    assert record.watermark == expected
    assert world.standing().watermark == expected
    assert (record.rows, record.pages) == (10 * sum(lengths), len(written_pages))
    assert world.planner.runs.find_open("acme", TABLE, "full") is None
    assert world.standing().open_run is None
    told = {e.model_dump_json() for e in world.bus.events if isinstance(e, RunCompleted)}
    assert [json.loads(text)["run_id"] for text in told] == [run_id]


@SLOW
@given(LENGTHS, st.data())
def test_watermark_never_passes_a_page_that_is_not_written(
    mortal_world: tuple[World, Mortal], lengths: list[int], data: st.DataObject
) -> None:
    world, mortal = mortal_world
    firsts = open_run(world, mortal, len(lengths))
    every = [e for f, n in zip(firsts, lengths, strict=True) for e in pages(f, n, NOW)]
    lost = data.draw(st.integers(0, len(every) - 1))
    rest = every[:lost] + every[lost + 1 :]
    if rest:
        deliver(world, mortal, rest, data)
    after = world.standing()
    assert (after.watermark, after.open_run) == (None, firsts[0].run_id)
    assert world.bus.take() == []
    world.tell(every[lost])
    assert world.standing().open_run is None


@SLOW
@given(LENGTHS, st.data())
def test_failed_run_ends_alike_and_blocks_once(
    mortal_world: tuple[World, Mortal], lengths: list[int], data: st.DataObject
) -> None:
    world, mortal = mortal_world
    firsts = open_run(world, mortal, len(lengths))
    failures: list[Event] = [failed(first, "permission", "403") for first in firsts]
    deliver(world, mortal, failures, data)
    assert world.standing().watermark is None
    assert world.standing().open_run is None
    assert world.record(firsts[0].run_id).status == "failed"
    told = world.bus.take()
    assert any(isinstance(e, RunFailed) for e in told)
    blocks = {e.model_dump_json() for e in told if isinstance(e, SourceBlocked)}
    assert len(blocks) == 1, "at least once, and one only"
    world.request(mode="full")
    world.tell(surveyed(world.jobs()[-1]))
    assert not world.planner.standings.of("acme").is_blocked(TABLE)
    world.tell(failed(world.jobs()[-1], "exhausted", "make room for the next example"))
