"""Any facts, however cut, repeated, reordered, raced and interrupted, give the one history."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_shared.mapping_files import Mappings
from cwp_transformer import cleanup
from tests.property.transformer import reference
from tests.property.transformer.facts import SLOW, Fact, check, files, land
from tests.property.transformer.reference import Observation
from tests.unit.transformer.fakes import (
    HISTORY,
    STEPS,
    TICKETS,
    TIMELESS,
    Crash,
    Deed,
    World,
    object_created,
)

pytestmark = pytest.mark.usefixtures("small_runs")


@SLOW
@given(files())
def test_any_cutting_order_and_repetition_gives_the_reference_history(
    given_files: tuple[list[Fact], list[list[Fact]]],
) -> None:
    facts, cut = given_files
    world = World()
    seen: list[Fact] = []
    revisions, rows = 0, 0
    for some in cut:
        assert world.deliver(land(world, some)) == {}
        seen += some
        check(world, seen)
        # I8; that so many versions are there, was checked.
        commits = world.commits()
        for commit in commits[revisions:]:
            file = commit.canonical
            rows += file.opened - file.removed if file else 0
            assert commit.totals.versions == rows
        revisions = len(commits)
    check(world, facts)
    assert world.announced() == list(range(1, len(world.canonical_files()) + 1))


@settings(SLOW, max_examples=40)
@given(files(), st.data())
def test_deaths_and_rivals_at_any_step_change_nothing(
    given_files: tuple[list[Fact], list[list[Fact]]], data: st.DataObject
) -> None:
    """A worker dies before or after anything it reads or does; others do all of theirs there."""
    facts, cut = given_files
    world = World()
    landed = {land(world, some): some for some in cut}
    keys, rebuilds = list(landed), count()

    def rival(deed: str, key: str) -> None:
        with suppress(Crash):
            match deed:
                case "deliver":
                    world.send(object_created(key))
                case "rebuild":
                    world.rebuild(f"20260601T000000000000Z-{next(rebuilds)}")
                case "lose":
                    world.ledger.lose()

    # Drawn before anything happens: files are read in threads of their own.
    deeds = st.builds(
        partial,
        st.just(rival),
        st.sampled_from(["deliver", "deliver", "deliver", "rebuild", "lose"]),
        st.sampled_from(keys),
    )
    rivals = st.builds(Deed, st.sampled_from(STEPS), st.integers(0, 6), deeds)
    waiting = data.draw(st.permutations(keys))
    with patch.object(cleanup, "EVERY", 2):
        while waiting:
            size = data.draw(st.integers(1, 3))
            batch, rest = waiting[:size], waiting[size:]
            world.fate.step = data.draw(st.none() | st.sampled_from(STEPS))
            world.fate.countdown = data.draw(st.integers(0, 6))
            world.fate.meanwhile = data.draw(st.lists(rivals, max_size=3))
            # Nobody lives as long as this: what lay about may be cleaned up now.
            world.clock.now += data.draw(st.sampled_from([timedelta(0), 2 * cleanup.KEEP]))
            try:
                assert world.deliver(*batch) == {}
            except Crash:
                check_committed(world, landed)
            else:
                waiting = rest
        world.fate.step = None
        world.fate.meanwhile.clear()
        assert world.deliver(*keys) == {}
    check(world, facts)
    # Nothing committed stays unannounced, whoever died.
    assert set(world.announced()) == set(range(1, len(world.canonical_files()) + 1))
    assert world.ledger.announced(HISTORY) == len(world.commits())


def check_committed(world: World, landed: dict[str, list[Fact]]) -> None:
    """A death leaves the old state or the new one: that of the files which commits name."""
    named = {key for commit in world.commits() for key in commit.raw_keys}
    facts = [fact for key in named for fact in landed[key]]
    rows = world.history()
    assert reference.serialised(rows) == reference.serialised(reference.history(facts))
    assert reference.broken_invariants(rows) == []


@SLOW
@given(files(), st.randoms(use_true_random=False))
def test_replay_with_and_without_ledger_changes_nothing(
    given_files: tuple[list[Fact], list[list[Fact]]], random: Any
) -> None:
    facts, cut = given_files
    world = World()
    keys = [land(world, some) for some in cut]
    assert world.deliver(*keys) == {}
    before = world.commits()
    random.shuffle(keys)
    assert world.deliver(*keys) == {}
    world.ledger.files.clear()
    assert world.deliver(*keys) == {}
    world.ledger.lose()
    assert world.deliver(*keys) == {}
    assert world.commits() == before
    check(world, facts)


@settings(SLOW, max_examples=10)
@given(files())
def test_a_history_made_anew_from_its_raw_files_is_the_reference_history(
    given_files: tuple[list[Fact], list[list[Fact]]],
) -> None:
    facts, cut = given_files
    world = World()
    keys = [land(world, some) for some in cut]
    assert world.deliver(*keys[::2]) == {}
    assert world.rebuild() == {}
    check(world, facts)
    before = world.commits()[-1]
    assert world.deliver(*keys) == {}
    assert world.commits()[-1] == before
    assert world.rebuild("20260601T000000000000Z-2") == {}
    after = world.commits()[-1]
    assert (after.sequence, after.totals) == (before.sequence, before.totals)
    check(world, facts)


@SLOW
@given(files())
def test_a_source_without_last_updated_gives_the_history_of_its_runs(
    given_files: tuple[list[Fact], list[list[Fact]]],
) -> None:
    facts, cut = given_files
    world = World(TIMELESS)
    for some in cut:
        assert world.deliver(land(world, some)) == {}
    told = [f.timeless() if isinstance(f, Observation) else f for f in facts]
    rows = world.history()
    assert reference.serialised(rows) == reference.serialised(reference.history(told))
    assert reference.broken_invariants(rows) == []


@SLOW
@given(files(), st.data())
def test_new_mapping_versions_in_mid_stream_change_nothing(
    given_files: tuple[list[Fact], list[list[Fact]]], data: st.DataObject
) -> None:
    facts, cut = given_files
    world = World()
    for some in cut:
        version = data.draw(st.integers(1, 3))
        world.mappings = Mappings((TICKETS.model_copy(update={"version": version}),))
        assert world.deliver(land(world, some)) == {}
    check(world, facts)
