"""Any facts, however cut, repeated, reordered, raced and interrupted, give the one history."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cwp_shared.mapping_files import Mappings
from cwp_transformer import index, index_files, segment_file
from tests.property.transformer import reference
from tests.property.transformer.reference import Absence, Observation
from tests.unit.transformer.fakes import (
    HISTORY,
    STEPS,
    TICKETS,
    TIMELESS,
    Crash,
    World,
    absences_body,
    object_created,
    raw_body,
)

Fact = Observation | Absence

#: Shrinking a history takes minutes; the seed that a failure prints makes it again.
_SLOW = settings(
    deadline=None,
    max_examples=30,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
    print_blob=True,
)


@st.composite
def observations(draw: st.DrawFn) -> list[Observation]:
    """Facts that collide in every way there is; each has its own place in its run."""
    anywhere = st.builds(
        Observation,
        key=st.integers(1, 3),
        u=st.integers(0, 5),
        # A run that ended long before u has seen the future: quarantine (R14).
        upper=st.sampled_from([5, 6, 7, -400]),
        run=st.integers(1, 2),
        place=st.just((0, 0, 0)),
        summary=st.sampled_from(["a", "b", "", None]),
        hours=st.sampled_from([None, Decimal("1.5000")]),
        updated_by=st.sampled_from(["ann", "bob", None]),
        created=st.sampled_from([None, -3, 2]),
        po_number=st.sampled_from(["p", "q", None]),
    )
    found = draw(st.lists(anywhere, min_size=1, max_size=8))
    return [replace(fact, place=(n % 2, 0, n)) for n, fact in enumerate(found)]


absences = st.lists(st.builds(Absence, key=st.integers(1, 3), t=st.integers(0, 7)), max_size=3)


@st.composite
def files(draw: st.DrawFn) -> tuple[list[Fact], list[list[Fact]]]:
    """Facts, and files that hold each of them at least once; a file is of one run and kind."""
    facts: list[Fact] = [*draw(observations()), *draw(absences)]
    repeated = facts + draw(st.lists(st.sampled_from(facts), max_size=3))
    shuffled = draw(st.permutations(repeated))
    cut: list[list[Fact]] = []
    for fact in shuffled:
        same_run = [some for some in cut if _run_of(some[0]) == _run_of(fact)]
        into = draw(st.integers(0, len(same_run)))
        if into == len(same_run):
            cut.append([fact])
        else:
            same_run[into].append(fact)
    return facts, cut


def _run_of(fact: Fact) -> tuple[int, int]:
    return (fact.run, fact.upper) if isinstance(fact, Observation) else (0, 100)


def land(world: World, facts: list[Fact]) -> str:
    run, upper = _run_of(facts[0])
    rows = [fact for fact in facts if isinstance(fact, Observation)]
    if not rows:
        gone = [(fact.key, fact.t) for fact in facts if isinstance(fact, Absence)]
        return world.land(absences_body(gone, upper=upper, run_id=f"run-{run}"))
    places = [fact.place for fact in rows]
    body = raw_body([r.row() for r in rows], upper=upper, run_id=f"run-{run}", places=places)
    return world.land(body)


@pytest.fixture(autouse=True)
def _small_runs() -> Iterator[None]:
    """So that a handful of facts makes many runs, segments and blocks, and merges in steps."""
    with (
        patch.multiple(index, GROWTH=2, SEGMENT_ROWS=2, STEP_ROWS=1),
        patch.object(segment_file, "BLOCK_ROWS", 1),
        patch.multiple(index_files, _SMALL_BYTES=0, _GAP_BYTES=0, _AT_ONCE_BYTES=0),
    ):
        yield


def check(world: World, facts: list[Fact]) -> None:
    rows = world.history()
    assert reference.as_reader_sees(rows) == reference.history(facts)
    assert reference.broken_invariants(rows) == []
    commits = world.commits()
    assert [c.revision for c in commits] == list(range(1, len(commits) + 1))
    if commits:
        records = [f for f in facts if isinstance(f, Observation)]
        taken = {(f.key, f.u, f.upper) for f in records if f.is_taken}
        gone = {(f.key, f.t) for f in facts if isinstance(f, Absence)}
        totals = commits[-1].totals
        assert (totals.versions, totals.current) == (len(rows), sum(r["is_current"] for r in rows))
        assert (totals.keys, totals.facts) == (len({k for k, *_ in taken}), len(taken | gone))
    # I9: what is neither a start, nor inside a run, nor replaced in its second, is in quarantine.
    refused = {
        (f.key, f.u, f.upper, f.place)
        for f in facts
        if isinstance(f, Observation) and not f.is_taken
    }
    assert len({(r["raw_key"], r["raw_row"]) for r in world.quarantine()}) >= len(refused)
    assert bool(world.quarantine()) == bool(refused)


@_SLOW
@given(files())
def test_any_cutting_order_and_repetition_gives_the_reference_history(
    given_files: tuple[list[Fact], list[list[Fact]]],
) -> None:
    facts, cut = given_files
    world = World()
    revisions, rows = 0, 0
    for some in cut:
        assert world.deliver(land(world, some)) == {}
        history = world.history()
        assert reference.broken_invariants(history) == []
        # I8
        for commit in world.commits()[revisions:]:
            file = commit.canonical
            rows += file.opened - file.removed if file else 0
        assert len(history) == rows
        revisions = len(world.commits())
    check(world, facts)
    assert world.announced() == list(range(1, len(world.canonical_files()) + 1))


@_SLOW
@given(files(), st.data())
def test_crashes_and_races_between_any_two_steps_change_nothing(
    given_files: tuple[list[Fact], list[list[Fact]]], data: st.DataObject
) -> None:
    facts, cut = given_files
    world = World()
    keys = [land(world, some) for some in cut]
    waiting = data.draw(st.permutations(keys))
    while waiting:
        size = data.draw(st.integers(1, 3))
        batch, rest = waiting[:size], waiting[size:]
        world.fate.step = data.draw(st.none() | st.sampled_from(STEPS))
        world.fate.countdown = data.draw(st.integers(0, 2))
        for step in data.draw(st.lists(st.sampled_from(STEPS), max_size=2)):
            rival = data.draw(st.sampled_from(keys))
            world.fate.meanwhile[step] = partial(_deliver_quietly, world, rival)
        if data.draw(st.integers(0, 5)) == 0:
            world.ledger.lose()
        try:
            assert world.deliver(*batch) == {}
        except Crash:
            continue
        waiting = rest
    world.fate.step = None
    world.fate.meanwhile.clear()
    assert world.deliver(*keys) == {}
    check(world, facts)
    # Nothing committed stays unannounced, whoever died.
    assert set(world.announced()) == set(range(1, len(world.canonical_files()) + 1))
    assert world.ledger.announced(HISTORY) == len(world.commits())


def _deliver_quietly(world: World, key: str) -> None:
    with suppress(Crash):
        world.send(object_created(key))


@_SLOW
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


@settings(_SLOW, max_examples=10)
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


@_SLOW
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
    assert reference.as_reader_sees(rows) == reference.history(told)
    assert reference.broken_invariants(rows) == []


@_SLOW
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
