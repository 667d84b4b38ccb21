from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from cwp_shared import keys
from cwp_shared.clock import sortable
from cwp_transformer import cleanup, commits, rebuild, rebuild_draft
from cwp_transformer.commits import Commit
from tests.unit.transformer.fakes import HISTORY, Crash, World, ticket

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _at_every_commit() -> Iterator[None]:
    with patch.object(cleanup, "EVERY", 1):
        yield


def run_keys(world: World) -> set[str]:
    return {key for key in world.lake.objects if "/state/" in key and "/runs/" in key}


def named(*commits: Commit) -> set[str]:
    return {segment.key for commit in commits for run in commit.runs for segment in run.segments}


def after(world: World, hours: float, second: int) -> Commit:
    world.clock.now += HOUR * hours
    return world.take([ticket(1, second, summary=str(second))])


def test_runs_that_were_merged_away_go_when_nobody_can_hold_their_commit() -> None:
    world = World()
    first = after(world, 0, 10)
    second = after(world, 1, 20)
    assert run_keys(world) == named(first, second)
    third = after(world, 1.5, 30)
    # Two hours ago the first was the newest: somebody may have begun with it then.
    assert run_keys(world) == named(first, second, third)
    fourth = after(world, 3, 40)
    assert run_keys(world) == named(third, fourth)


def test_runs_stay_for_who_began_with_them_however_many_commits_came_since() -> None:
    world = World()
    with patch.object(commits, "_AT_ONCE", 1):
        first = after(world, 0, 10)
        rest = [after(world, 2.5, 20), *(after(world, 0.1, second) for second in (30, 40, 50))]
    assert run_keys(world) == named(first, *rest)


def test_what_a_dead_worker_left_goes_when_it_is_old_and_not_before() -> None:
    world = World()
    after(world, 0, 10)
    world.fate.step = "before commit"
    with pytest.raises(Crash):
        world.deliver(world.land([ticket(2, 10)]))
    left = {key for key in world.lake.objects if "/canonical/" in key or "/runs/" in key}
    after(world, 1, 20)
    assert left <= world.lake.objects.keys()
    after(world, 3, 30)
    assert len(world.canonical_files()) == len(
        [k for k in world.lake.objects if "/canonical/" in k]
    )
    assert len(world.history()) == 3
    assert run_keys(world) == named(*world.commits()[-2:])


def test_manifests_beside_the_canonical_files_are_not_the_transformer_s() -> None:
    world = World()
    key = keys.manifest(*HISTORY, "load")
    world.lake.objects[key] = b"{}"
    after(world, 0, 10)
    after(world, 9, 20)
    assert key in world.lake.objects


def test_a_canonical_file_of_a_commit_that_was_not_looked_at_stays() -> None:
    world = World()
    with patch.object(commits, "_AT_ONCE", 1):
        for second in range(10, 60, 10):
            after(world, 3, second)
    assert len(world.canonical_files()) == 5


def test_what_was_too_young_for_one_clean_up_is_found_by_the_next() -> None:
    """However long ago that is: one looks back over more commits than lie between two."""
    world = World()
    with patch.object(cleanup, "EVERY", 2), patch.object(commits, "_AT_ONCE", 1):
        after(world, 0, 10)
        left = dead_workers_file(world)
        after(world, 1, 20)
        assert left in world.lake.objects
        after(world, 3, 30)
        after(world, 3, 40)
    assert left not in world.lake.objects
    assert len(world.canonical_files()) == 4


def dead_workers_file(world: World) -> str:
    """The canonical file of a worker that died before its commit."""
    before = set(world.lake.objects)
    world.fate.step = "before commit"
    with pytest.raises(Crash):
        world.deliver(world.land([ticket(2, 10)]))
    (left,) = (k for k in world.lake.objects if "/canonical/" in k and k not in before)
    return left


def test_what_a_rebuild_has_done_so_far_stays_for_days() -> None:
    world = World()
    after(world, 0, 10)
    after(world, 0, 20)
    rebuild_id = sortable(world.clock.now)
    with (
        patch.object(rebuild, "WORK", timedelta()),
        patch.object(rebuild_draft, "_FILES", 1),
        patch.object(world.bus, "publish", side_effect=Crash),
        pytest.raises(Crash),
    ):
        world.rebuild(rebuild_id)
    done = {key for key in world.lake.objects if "/rebuilds/" in key}
    assert {key.rpartition(".")[2] for key in done} == {"json", "arrow"}
    after(world, 24 * 6, 30)
    assert done <= world.lake.objects.keys()
    after(world, 24 * 2, 40)
    assert not done & world.lake.objects.keys()


def test_what_a_rebuild_committed_stays_as_long_as_it_is_the_index() -> None:
    world = World()
    after(world, 0, 10)
    world.rebuild(sortable(world.clock.now))
    made = world.commits()[-1]
    key = world.land([ticket(2, 10)])
    for _ in range(2):
        world.clock.now += 24 * 8 * HOUR
        cleanup.clean_up(made, world.lake, world.clock.now)
        assert named(made) <= world.lake.objects.keys()
    assert world.deliver(key) == {}


def test_a_death_while_deleting_loses_nothing() -> None:
    for when in ("before", "after"):
        world = World()
        after(world, 0, 10)
        after(world, 0, 20)
        world.clock.now += HOUR * 5
        world.fate.step = f"{when} delete"
        key = world.land([ticket(1, 30, summary="30")])
        with pytest.raises(Crash):
            world.deliver(key)
        assert world.deliver(key) == {}
        assert [summary for summary, *_ in world.timeline()] == ["10", "20", "30"]


def test_a_failure_to_clean_up_is_not_the_file_s() -> None:
    world = World()

    def refuse(*_: Any) -> None:
        raise OSError("no")

    with patch.object(world.lake, "delete", refuse):
        after(world, 0, 10)
        after(world, 5, 20)
        after(world, 5, 30)
    assert len(world.commits()) == 3


def test_names_tell_when_a_run_was_written() -> None:
    world = World()
    (segment,) = after(world, 0, 10).runs[0].segments
    prefix = keys.state(*HISTORY, "runs/")
    assert prefix < segment.key < prefix + sortable(world.clock.now)
