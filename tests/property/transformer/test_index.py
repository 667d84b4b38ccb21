"""Whatever batches and merges there were, the index knows what a plain dictionary knows."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_shared.mapping import Mapping
from cwp_transformer import index, index_files, segment_file
from cwp_transformer.index_files import Index, side_by_side
from tests.unit.transformer.fakes import TICKETS, FakeLake, Fate
from tests.unit.transformer.index_facts import BY_NAME, BY_TWO, facts, said

KEYS = range(12)
#: A batch: the keys it brings a new fact of.
BATCHES = st.lists(st.lists(st.sampled_from(KEYS), min_size=1, max_size=6), max_size=12)


@pytest.fixture(autouse=True)
def _small() -> Iterator[None]:
    with (
        patch.object(segment_file, "BLOCK_ROWS", 2),
        # Nothing is read in one piece, and merges stay half done over several batches.
        patch.multiple(index_files, _SMALL_BYTES=0, _GAP_BYTES=0, _AT_ONCE_BYTES=0, _EAGER=0),
    ):
        yield


@settings(deadline=None, max_examples=40, database=None)
@given(
    batches=BATCHES,
    mapping=st.sampled_from([TICKETS, BY_NAME, BY_TWO]),
    growth=st.integers(1, 4),
    bulk_rows=st.integers(1, 20),
    segment_rows=st.integers(1, 8),
    step_rows=st.integers(1, 20),
)
def test_an_index_knows_what_a_plain_filter_of_all_facts_knows(
    batches: list[list[int]],
    mapping: Mapping,
    growth: int,
    bulk_rows: int,
    segment_rows: int,
    step_rows: int,
) -> None:
    made = Index((), facts([], mapping).schema, FakeLake(Fate()))
    plain: dict[int, list[tuple[int, int]]] = defaultdict(list)
    names = map(str, count())
    with patch.multiple(
        index,
        GROWTH=growth,
        BULK_ROWS=bulk_rows,
        SEGMENT_ROWS=segment_rows,
        STEP_ROWS=step_rows,
    ):
        for second, keys in enumerate(batches):
            batch = facts([(key, second) for key in set(keys)], mapping)
            before = made
            known = before.known(batch)
            assert said(known) == sorted(fact for key in set(keys) for fact in plain[key])
            for key in set(keys):
                plain[key].append((key, second))
            everything = facts([fact for key in set(keys) for fact in plain[key]], mapping)
            made = before.having(everything, lambda: next(names))
            # Whoever holds the older state still reads it: files are added, never changed.
            assert said(before.known(batch)) == said(known)
            some = facts([(key, 0) for key in KEYS[second % 3 :: 2]], mapping)
            expected = sorted(fact for key in KEYS[second % 3 :: 2] for fact in plain[key])
            assert said(made.known(some)) == expected
    nothing = replace(made, runs=())
    both = list(side_by_side(made, nothing, step_rows))
    assert all(len(other) == 0 for _, other in both)
    parts = [part for part, _ in both]
    assert sorted(fact for part in parts for fact in said(part)) == sorted(
        fact for known in plain.values() for fact in known
    )
    keys_of = [{key for key, _ in said(part)} for part in parts]
    assert sum(map(len, keys_of)) == len(set().union(*keys_of)), "a key is in one part only"
