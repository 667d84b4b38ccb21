from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Layout
from cwp_transformer import index, rebuild, rebuild_draft
from cwp_transformer.commits import Commit
from tests.unit.transformer.fakes import STEPS, Crash, World, ticket
from tests.unit.transformer.test_committing import CITY, changed

SYSTEM = ("recorded_at", "run_id", "mapping_version", "sequence")


def seen(world: World) -> list[dict[str, Any]]:
    """The history without its system columns (R1)."""
    return [{n: v for n, v in row.items() if n not in SYSTEM} for row in world.history()]


def lived(world: World) -> World:
    """Late, repeated, deleted and come back: a history with everything in it."""
    world.take([ticket(1, 10, summary="a", city="Graz"), ticket(2, 10, city="Linz")], upper=15)
    world.take([ticket(1, 30, summary="b", city="Graz")], upper=35)
    world.take([ticket(1, 20, summary="c", city="Wien")], upper=40)
    world.lose((2, 50), upper=55)
    world.take([ticket(2, 10, city="Linz"), ticket(None, 10)], upper=60)
    return world


@pytest.fixture
def world() -> World:
    return lived(World())


@pytest.fixture
def _hurried() -> Iterator[None]:
    """So that a message takes one file of a rebuild and no more."""
    with patch.object(rebuild, "WORK", timedelta()), patch.object(rebuild_draft, "_FILES", 1):
        yield


@pytest.fixture(params=["in one go", "file by file"])
def _pace(request: pytest.FixtureRequest) -> None:
    if request.param == "file by file":
        request.getfixturevalue("_hurried")


@pytest.mark.usefixtures("_pace")
def test_a_rebuild_that_changes_nothing_loads_nothing(world: World) -> None:
    before, head = world.history(), world.commits()[-1]
    assert world.rebuild() == {}
    made = world.commits()[-1]
    assert (made.revision, made.sequence, made.canonical) == (
        head.revision + 1,
        head.sequence,
        None,
    )
    assert made.rebuild_id
    assert (made.totals, made.raw_keys) == (head.totals, ())
    assert world.history() == before
    assert set(world.announced()) == set(range(1, head.sequence + 1))


@pytest.mark.usefixtures("_pace")
def test_a_new_mapping_is_applied_to_the_past_in_place(world: World) -> None:
    """R10: a field mapped anew shows in old versions; they stay what they were otherwise."""
    head = world.commits()[-1]
    world.mappings = World(changed(2, CITY)).mappings
    assert world.rebuild() == {}
    made = world.commits()[-1]
    assert made.sequence == head.sequence + 1
    assert made.canonical
    # Ticket 2 has two versions and ticket 1 three.
    assert (made.canonical.opened, made.canonical.replaced, made.canonical.removed) == (0, 5, 0)
    assert made.totals == head.totals
    assert [value for value, *_ in world.timeline("city")] == [
        "Graz",
        "Wien",
        "Graz",
        "Linz",
        "Linz",
    ]
    assert seen(world) == seen(lived(World(changed(2, CITY))))


def test_what_all_parts_of_a_rebuild_change_is_added_up() -> None:
    with patch.object(index, "SEGMENT_ROWS", 1), patch.object(rebuild, "_ROWS", 1):
        world = lived(World())
        head = world.commits()[-1]
        world.mappings = World(changed(2, CITY)).mappings
        assert world.rebuild() == {}
    made = world.commits()[-1]
    assert made.canonical
    assert (made.canonical.rows, made.canonical.replaced) == (5, 5)
    assert made.totals == head.totals
    assert seen(world) == seen(lived(World(changed(2, CITY))))


def test_a_rebuilt_table_is_stored_as_its_mapping_says(world: World) -> None:
    stored = changed(2, CITY).model_copy(update={"warehouse": Layout(sort_by=("city",))})
    world.mappings = World(stored).mappings
    world.rebuild()
    made = world.commits()[-1]
    assert made.canonical
    assert made.canonical.layout.sort_by == ("city",)


def test_a_history_goes_on_after_its_rebuild(world: World) -> None:
    world.rebuild()
    world.take([ticket(1, 70, summary="d")])
    assert [summary for summary, *_ in world.timeline()][:4] == ["a", "c", "b", "d"]


def test_a_second_message_of_a_rebuild_does_nothing(world: World) -> None:
    for _ in range(2):
        world.rebuild()
    assert [commit.rebuild_id for commit in world.commits()].count(None) == 5
    assert len(world.commits()) == 6
    world.rebuild("20260601T000000000000Z-2")
    assert len(world.commits()) == 7


def test_a_lost_table_and_a_missing_history_are_made_anew() -> None:
    world = World()
    world.land([ticket(1, 10, summary="a")])
    assert world.rebuild() == {}
    (commit,) = world.commits()
    assert (commit.sequence, len(commit.raw_keys)) == (1, 1)
    assert world.timeline() == [("a", 10, None)]


@pytest.mark.usefixtures("_pace")
def test_what_is_committed_meanwhile_is_in_it(world: World) -> None:
    # It is seen when the rebuild is about to commit, and is the next revision.
    world.lake.meanwhile = lambda: world.take([ticket(1, 70, summary="d")])
    world.mappings = World(changed(2, CITY)).mappings
    assert world.rebuild() == {}
    assert world.commits()[-1].rebuild_id
    assert [summary for summary, *_ in world.timeline()][:4] == ["a", "c", "b", "d"]


@pytest.mark.usefixtures("_hurried")
@pytest.mark.parametrize("step", [step for step in STEPS if "delete" not in step])
def test_a_death_at_any_step_leaves_the_old_history_or_the_new_one(step: str) -> None:
    world = World()
    for summary, second in (("a", 10), ("b", 20)):
        world.take([ticket(1, second, summary=summary, city="Graz")])
    world.mappings = World(changed(2, CITY)).mappings
    world.fate.step = step
    with suppress(Crash):
        world.rebuild()
    assert [summary for summary, *_ in world.timeline()] == ["a", "b"]
    assert len({row.get("city") for row in world.history()}) == 1, "both versions, or none"
    world.fate.step = None
    assert world.rebuild() == {}
    assert [row["city"] for row in world.history()] == ["Graz", "Graz"]
    assert set(world.announced()) == {1, 2, 3}


def test_rows_of_a_raw_file_that_is_gone_are_never_dropped(world: World) -> None:
    gone = world.commits()[1].raw_keys[0]
    body = world.lake.objects.pop(gone)
    failures = world.rebuild()
    assert isinstance(failures["0"], Terminal)
    assert f"1 raw files that are not in raw/ any more, {gone} first" in str(failures["0"])
    world.lake.objects[gone] = body
    assert world.rebuild() == {}


def test_a_file_that_cannot_be_read_is_left_out_and_not_called_done(world: World) -> None:
    bad = world.land(b"<html>")
    assert world.rebuild() == {}
    assert bad not in {key for commit in world.commits() for key in commit.raw_keys}


@pytest.mark.usefixtures("_hurried")
def test_a_mapping_that_changes_under_a_rebuild_ends_it(world: World) -> None:
    world.fate.step, world.fate.countdown = "after create", 1
    with pytest.raises(Crash):
        world.rebuild()
    world.mappings = World(changed(2, CITY)).mappings
    failures = world.rebuild()
    assert "was begun under another mapping" in str(failures["0"])


def test_a_table_without_a_mapping_cannot_be_made_anew(world: World) -> None:
    world.mappings = World(changed(1).model_copy(update={"table": "others"})).mappings
    assert "there is no (valid) mapping of that name" in str(world.rebuild()["0"])


def test_the_old_index_is_not_named_any_more(world: World) -> None:
    world.rebuild()

    def files(commit: Commit) -> set[str]:
        return {segment.key for run in commit.runs for segment in run.segments}

    *_, head, made = world.commits()
    assert not files(head) & files(made)
