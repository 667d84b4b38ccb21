"""Commits and completions in any order, twice, or lost; workers that die or meet between any two
calls; statements that fail; state that is lost: the warehouse ends as the history says.
"""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_shared.events import CanonicalCommitted, TableLoaded
from tests.property.loader.test_operations import apply_in_order, operation
from tests.property.loader.warehouse import Lake, Row
from tests.property.loader.world import World, ledger, ledger_sequence
from tests.unit.loader.fakes import COLUMNS, TABLE, WIDER, commit

ACTIONS = st.sampled_from(
    [
        "commit_arrives",
        "commit_arrives",
        "statement_ends",
        "statement_ends",
        "event_arrives",
        "event_arrives",
        "wake_arrives",
        "wake_arrives",
        "wake_is_lost",
        "sweep",
        "time_passes",
        "statement_fails",
        "state_is_lost",
        "api_restarts",
        "operator_reloads",
    ]
)
FAULTS = st.none() | st.tuples(st.integers(0, 9), st.sampled_from(["before", "after", "intruder"]))
STEPS = st.lists(st.tuples(ACTIONS, st.integers(0, 9), FAULTS), max_size=40)

#: What each commit does; commit 3 is the first of a wider mapping.
FILES = [
    [operation("open", "a", 1, 1), operation("open", "b", 1, 1)],
    [operation("close", "a", 2, 1), operation("open", "c", 2, 2)],
    [operation("remove", "b", 3, 0), operation("open", "a", 3, 3)],
    [operation("open", "b", 4, 4), operation("close", "c", 4, 2)],
    [operation("close", "b", 5, 5)],
]
FIRST_WIDER = 3


def _widened(row: Row) -> Row:
    opens = row["op"] == "open"
    return row | {"severity": "high" if opens else None, "closed": False if opens else None}


def _world(count: int) -> tuple[World, list[list[Row]]]:
    lake = Lake()
    files, commits = [], list[CanonicalCommitted]()
    for sequence in range(1, count + 1):
        wide = sequence >= FIRST_WIDER
        rows = [_widened(row) if wide else row for row in FILES[sequence - 1]]
        announced = commit(sequence, rows=len(rows), file_columns=WIDER if wide else COLUMNS)
        lake.files[announced.key] = rows
        files.append(rows)
        commits.append(announced)
    return World(commits, lake), files


def _expected(files: list[list[Row]], names: set[str]) -> dict[str, Row]:
    none = dict.fromkeys(names)
    return {sk: {**none, **row} for sk, row in apply_in_order(files).items()}


def _assert_ledger_is_whole(rows: list[dict[str, Any]], last: int) -> None:
    assert rows[0]["last_sequence"] == 0
    for before, after in pairwise(rows):
        assert after["first_sequence"] == before["last_sequence"] + 1
        assert before["next_load_id"] == after["load_id"]
    assert rows[-1]["last_sequence"] == last
    assert rows[-1]["next_load_id"] is None


def _assert_all_is_well(world: World, files: list[list[Row]]) -> None:
    table = world.warehouse.table()
    names = {name for row in table.values() for name in row}
    assert table == _expected(files, names)
    _assert_ledger_is_whole(ledger(world.warehouse), len(files))
    assert len(files) in {event.sequence for event in world.bus.of(TableLoaded)}
    assert world.head.rows_loaded == sum(map(len, files))
    assert world.head.last_error is None
    assert not world.state.pending(TABLE, 1, 10)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS, count=st.integers(1, len(FILES)))
def test_the_warehouse_ends_as_the_history_says(steps: list[Any], count: int) -> None:
    world, files = _world(count)
    for action, number, fault in steps:
        world.do(action, number, fault)
    world.heal()
    _assert_all_is_well(world, files)


def test_a_good_day_needs_no_healing_and_one_load_for_each_shape() -> None:
    world, files = _world(len(FILES))
    world.a_good_day()
    _assert_all_is_well(world, files)
    assert [row["last_sequence"] for row in ledger(world.warehouse)] == [0, 2, 5]


def _calls_of_a_good_day() -> int:
    world, _ = _world(1)
    world.a_good_day()
    return world.chaos.calls


@pytest.mark.parametrize("mode", ["before", "after", "intruder"])
def test_a_fault_at_any_one_call_is_healed(mode: str) -> None:
    calls = _calls_of_a_good_day()
    assert calls > 30
    for at_call in range(calls):
        world, files = _world(1)
        world.chaos.arm((at_call, mode))
        world.a_good_day()
        world.heal()
        _assert_all_is_well(world, files)


BROKEN = st.sets(st.integers(1, len(FILES)), max_size=3)


@settings(max_examples=25, deadline=None)
@given(steps=STEPS, broken=BROKEN)
def test_a_broken_file_costs_one_file_until_it_is_mended(
    steps: list[Any], broken: set[int]
) -> None:
    world, files = _world(len(FILES))
    world.lake.broken |= {world.announced[sequence - 1].key for sequence in broken}
    for action, number, fault in steps:
        world.do(action, number, fault)
    if len(FILES) in broken:
        # It holds nothing up, and nothing behind it proves that the fault is its own.
        world.lake.broken.discard(world.announced[-1].key)
    world.heal()
    passed_over = {row["last_sequence"] for row in ledger(world.warehouse) if row["problem"]}
    assert passed_over <= broken
    assert world.head.set_aside == len(passed_over)
    world.mend()
    _assert_all_is_well(world, files)
    assert world.head.set_aside == 0


def test_what_is_behind_a_broken_file_is_loaded() -> None:
    world, files = _world(len(FILES))
    world.lake.broken.add(world.announced[1].key)
    world.heal()
    assert world.head.loaded_sequence == len(FILES)
    assert [row["last_sequence"] for row in ledger(world.warehouse) if row["problem"]] == [2]
    there = world.warehouse.table()
    names = {name for row in there.values() for name in row}
    assert there == _expected([files[0], [], *files[2:]], names)
    world.mend()
    _assert_all_is_well(world, files)


@settings(max_examples=20, deadline=None)
@given(steps=STEPS)
def test_at_every_moment_the_warehouse_is_the_history_up_to_its_ledger(steps: list[Any]) -> None:
    world, files = _world(len(FILES))
    for action, number, fault in steps:
        # A reload puts the ledger back and leaves the rows: until it is through, they are ahead.
        if action != "operator_reloads":
            world.do(action, number, fault)
        loaded = ledger_sequence(world.warehouse)
        if loaded:
            table = world.warehouse.table()
            names = {name for row in table.values() for name in row}
            assert table == _expected(files[:loaded], names)
