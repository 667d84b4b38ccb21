from unittest.mock import patch

import pytest

from cwp_transformer.announcing import catch_up
from tests.unit.transformer.fakes import HISTORY, Crash, World, ticket


def dies_after_commit(world: World, *raw_keys: str) -> None:
    """Deliver, and die at the first publish."""
    with patch.object(world.bus, "publish", side_effect=Crash), pytest.raises(Crash):
        world.deliver(*raw_keys)


def test_a_commit_that_nobody_announced_is_announced_by_the_next_invocation() -> None:
    world = World()
    key = world.land([ticket(1, 10)])
    dies_after_commit(world, key)
    assert (world.announced(), world.ledger.announced(HISTORY)) == ([], 0)
    assert world.deliver(key) == {}
    assert (world.announced(), world.ledger.announced(HISTORY)) == ([1], 1)
    assert len(world.commits()) == 1


def test_rolling_forward_happens_even_for_files_that_are_done() -> None:
    world = World()
    first = world.land([ticket(1, 10)])
    world.deliver(first)
    dies_after_commit(world, world.land([ticket(2, 10)]))
    assert world.deliver(first) == {}
    assert world.announced() == [1, 2]


def test_a_missing_pointer_is_made_anew_from_s3() -> None:
    world = World()
    keys = [world.land([ticket(1, second, summary=str(second))]) for second in (10, 20)]
    world.deliver(keys[0])
    world.deliver(keys[1])
    before, files = world.ledger.pointers[HISTORY], dict(world.ledger.files)
    world.ledger.lose()
    standing = catch_up(HISTORY, world.backends)
    assert (standing.revision, standing.sequence) == (2, 2)
    assert (world.ledger.pointers[HISTORY], world.ledger.files) == (before, files)
    assert world.announced() == [1, 2, 1, 2]


def test_a_pointer_that_is_ahead_of_s3_is_put_back() -> None:
    world = World()
    for second in (10, 20, 30):
        last = world.land([ticket(1, second, summary=str(second))])
        world.deliver(last)
    for key in [key for key in world.lake.objects if "/commits/000000000003" in key]:
        del world.lake.objects[key]
    assert catch_up(HISTORY, world.backends).revision == 2
    # What it says about files of the lost commit counts for nothing.
    assert world.deliver(last) == {}
    assert world.timeline() == [("10", 10, 20), ("20", 20, 30), ("30", 30, None)]
    assert world.ledger.announced(HISTORY) == 3


def test_the_pointer_never_goes_back() -> None:
    world = World()
    first = world.take([ticket(1, 10)])
    world.take([ticket(2, 10)])
    world.ledger.advance(first, 1)
    assert world.ledger.announced(HISTORY) == 2


def test_nothing_is_announced_of_a_history_that_is_not_there() -> None:
    world = World()
    standing = catch_up(HISTORY, world.backends)
    assert (standing.head, standing.revision, standing.sequence) == (None, 0, 0)
    assert world.bus.events == []
