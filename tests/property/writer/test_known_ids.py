"""Which ids are gone, against the definition, for any order of observations (scd2.md R11, R12)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_writer import known_ids

START = datetime(2026, 3, 1, tzinfo=UTC)
IDS = st.integers(1, 5)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def column(ids: set[int]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(sorted(ids), pa.int64())])


@dataclass(frozen=True)
class Sweep:
    hour: int
    listed: frozenset[int]


def expected(rows: dict[int, set[int]], sweeps: list[Sweep]) -> dict[int, int]:
    """Hour of absence by id after the last sweep, from the words of the definition alone.

    `rows` are the hours of the runs that had the row of an id.
    """
    last, gone = sweeps[-1], {}
    for row_id in {row_id for one in sweeps for row_id in one.listed} | set(rows):
        listed = {one.hour for one in sweeps if row_id in one.listed}
        seen = max(rows.get(row_id, set()) | listed)
        missing = [one.hour for one in sweeps if one.hour >= seen and row_id not in one.listed]
        if len(missing) > 1 and last.hour in missing:
            gone[row_id] = missing[0]
    return gone


@settings(deadline=None)
@given(
    rows=st.dictionaries(IDS, st.sets(st.integers(0, 12), min_size=1)),
    listed=st.lists(st.frozensets(IDS), min_size=1, max_size=5),
    data=st.data(),
)
def test_proven_is_what_two_sweeps_in_a_row_missed(
    rows: dict[int, set[int]], listed: list[frozenset[int]], data: st.DataObject
) -> None:
    """Sweeps at hours 2, 4, ...; each observation becomes known after its own hour, or later."""
    sweeps = [Sweep(2 * (number + 1), ids) for number, ids in enumerate(listed)]
    known = known_ids.nothing_known()
    waiting = [(row_id, hour) for row_id, hours in rows.items() for hour in hours]
    told: dict[int, int] = {}
    known_rows: dict[int, set[int]] = {}
    for number, one in enumerate(sweeps):
        ready = [each for each in waiting if each[1] <= one.hour]
        now = data.draw(st.permutations(ready)) if ready else []
        for row_id, hour in [*now, *now[:1]]:
            seen = known_ids.observed(column({row_id}), at(hour))
            known = known_ids.observe(known, seen)
            known_rows.setdefault(row_id, set()).add(hour)
        waiting = [each for each in waiting if each not in now]
        known = known_ids.sweep(known, column(set(one.listed)), at(one.hour))
        gone = known_ids.proven(known, at(one.hour))
        told = {
            row_id: hour
            for row_id, hour in told.items()
            if max(known_rows.get(row_id, {0})) <= hour and row_id not in one.listed
        }
        for row in gone.to_pylist():
            told[row["id"]] = int((row["missed"] - START) / timedelta(hours=1))
        known = known_ids.told_of(known, gone["id"])
        assert told == expected(known_rows, sweeps[: number + 1])
        assert known_ids.alive(known) == len(known) - len(told)


def test_a_row_that_comes_late_but_was_seen_before_the_absence_changes_nothing() -> None:
    known = known_ids.observe(known_ids.nothing_known(), known_ids.observed(column({1, 2}), at(0)))
    for hour in (1, 2):
        known = known_ids.sweep(known, column({2}), at(hour))
    gone = known_ids.proven(known, at(2))
    assert gone["id"].to_pylist() == [1]
    known = known_ids.told_of(known, gone["id"])
    late = known_ids.observe(known, known_ids.observed(column({1}), at(1)))
    assert late.drop_columns("seen").equals(known.drop_columns("seen"))
    back = known_ids.observe(known, known_ids.observed(column({1}), at(3)))
    assert back.to_pylist()[0] == {"id": 1, "seen": at(3), "missed": None, "told": False}


def test_a_row_younger_than_the_sweep_proves_nothing() -> None:
    known = known_ids.observe(known_ids.nothing_known(), known_ids.observed(column({1}), at(3)))
    known = known_ids.sweep(known, column(set()), at(2))
    assert known["missed"].to_pylist() == [None]
