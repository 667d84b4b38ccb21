from collections.abc import Sequence
from itertools import count

import pytest

from cwp_transformer import index, index_files
from cwp_transformer.index import Merge, Run, Segment
from cwp_transformer.index_files import Index
from tests.unit.transformer.fakes import FakeLake, Fate
from tests.unit.transformer.index_facts import BY_NAME, facts, key_hash, said


def run(*segments: tuple[int, int, int], above: int | None = None) -> Run:
    """Segments are (first, last, rows)."""
    made = [
        Segment(key="", rows=rows, first=first, last=last, trailer_at=0, size_bytes=0)
        for first, last, rows in segments
    ]
    return Run(segments=tuple(made), above=above)


def sized(*sizes: int) -> list[Run]:
    return [run((0, 9, size)) for size in sizes]


@pytest.mark.parametrize(
    ("runs", "merge"),
    [
        (sized(1), None),
        (sized(1, 9), None),
        (sized(1, 8), Merge(0, 1)),
        (sized(5, 50, 400), Merge(0, 2)),
        (sized(1, 9, 1000), None),
        # A merge that was begun goes on, after those that are due among newer runs.
        ([*sized(1), run((5, 9, 9), above=4), *sized(90)], Merge(1, 2)),
        ([*sized(1, 2), run((5, 9, 9), above=4), *sized(90)], Merge(0, 1)),
    ],
)
def test_runs_are_merged_when_newer_ones_have_grown(
    runs: Sequence[Run], merge: Merge | None
) -> None:
    assert index.due(runs, growth=8) == merge


OLDER = run((0, 10, 100), (11, 20, 100), (30, 40, 100))


@pytest.mark.parametrize(
    ("newer", "above", "rows", "end"),
    [
        (run((0, 40, 50)), None, 1000, 40),
        (run((0, 40, 50)), None, 120, 10),
        (run((0, 40, 50)), None, 1, 10),
        (run((0, 40, 50), above=10), 10, 1, 20),
        # Between and behind segments of the older run a step may end anywhere.
        (run((12, 25, 50), (26, 60, 50)), 10, 160, 25),
        (run((41, 50, 50), (51, 60, 50)), 40, 60, 50),
    ],
)
def test_a_step_ends_where_no_segment_of_the_older_run_is_cut(
    newer: Run, above: int | None, rows: int, end: int
) -> None:
    assert index.step_end((newer, OLDER), above, rows, uncut=OLDER) == end


BESIDE = (21, 29, index.SEGMENT_ROWS)


@pytest.mark.parametrize(
    ("runs", "is_joined"),
    [
        ([run(BESIDE), OLDER], True),
        ([run(BESIDE, (41, 50, index.SEGMENT_ROWS)), OLDER, run((0, 99, 1000))], True),
        ([run((20, 29, index.SEGMENT_ROWS)), OLDER], False),
        ([run((21, 30, index.SEGMENT_ROWS)), OLDER], False),
        # A short segment would stay short for ever.
        ([run((21, 29, 9)), OLDER], False),
        ([run(BESIDE), run((50, 60, 9), above=55), OLDER], False),
        ([run(BESIDE)], False),
    ],
)
def test_a_run_beside_the_next_one_becomes_part_of_it(runs: list[Run], is_joined: bool) -> None:
    found = index.joined(runs)
    assert len(found) == len(runs) - is_joined
    places = [segment.first for segment in found[0].segments]
    assert places == sorted(places)
    assert sum(run.rows for run in found) == sum(run.rows for run in runs)


def test_what_was_merged_of_a_run_never_counts_again() -> None:
    left = run((0, 10, 5), (11, 20, 5)).from_(10)
    assert left
    assert (left.above, left.rows) == (10, 5)
    again = left.from_(4)
    assert again
    assert again.above == 10
    assert left.from_(20) is None


def test_numbers_are_their_own_place_and_texts_go_by_their_hash() -> None:
    assert index.places(facts([(7, 1), (-3, 1)])).to_pylist() == [7, -3]
    by_name = facts([(7, 1)], BY_NAME)
    expected = [int.from_bytes(key_hash(7)[:8], "little", signed=True)]
    assert index.places(by_name).to_pylist() == expected
    assert index.places(index.to_stored(by_name)).to_pylist() == expected


def test_a_segment_never_ends_inside_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "SEGMENT_ROWS", 2)
    rows = index.to_stored(facts([(1, 0), (2, 0), (2, 1), (2, 2), (3, 0)]))
    assert [part["k0"].to_pylist() for part in index.cut(rows)] == [[1, 2, 2, 2], [3]]


def test_a_merge_half_done_is_in_the_older_run_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One newer run is merged to its end, and of the other one what it says of that is outdated."""
    monkeypatch.setattr(index, "SEGMENT_ROWS", 2)
    monkeypatch.setattr(index_files, "_SMALL_BYTES", 0)
    names = map(str, count())
    made = Index((), facts([]).schema, FakeLake(Fate()))
    older = [(key, 1) for key in (0, 1, 4, 5, 8, 9)]
    # The run between has both of its keys in one segment, of which the first is outdated.
    batches = [older, [(3, 1), (7, 1)], [(3, 1), (3, 2)]]
    with monkeypatch.context() as no_merges:
        no_merges.setattr(index, "due", lambda *_: None)
        for batch in batches:
            made = made.having(facts(batch), lambda: next(names))
    half, _ = made.after_step(Merge(0, 2), 1, lambda: next(names))
    assert [run.above for run in half.runs] == [3, None]
    assert said(half.known(facts([(3, 0)]))) == batches[2]
    assert said(half.between(2, 3)) == batches[2]
    assert said(half.known(facts([(7, 0)]))) == [(7, 1)]
    whole, _ = half.after_step(Merge(0, 1), 99, lambda: next(names))
    assert len(whole.runs) == 1
    assert said(whole.between(None, 9)) == sorted([*older, *batches[2], (7, 1)])


def test_facts_are_the_same_after_they_were_stored() -> None:
    table = facts([(1, 1), (1, 3), (2, 2)])
    assert index.from_stored(index.to_stored(table), table.schema).equals(table)
