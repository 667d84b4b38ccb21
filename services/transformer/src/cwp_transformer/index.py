"""The history index: which facts are known, as a few sorted runs, and when runs are merged.

A commit adds one *run*: all facts, known before or not, of just the keys it touched. So the newest
run that has a key has everything about it; what older runs hold of it is outdated. A run is one or
more *segments*, files that are never changed, sorted by *place*.

The place of a fact is its first key part if that is a number, else 64 bits of the key hash. Rows
that are created or changed together mostly have near numbers, and children have their parent's, so
a batch's keys lie in few blocks.

Runs are merged so that each is larger than all newer ones together by a factor: there are few to
look into, and a fact is written again only now and then. A large merge goes from left to right in
steps: what is done of it is in the older run, and the newer runs count only `above` that place.
Segments of the older run that no newer row lies among stay as they are.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

#: How many times a run is to be as large as all newer ones together.
GROWTH: Final = 8
#: The same for a commit of many rows, which reads most of every run anyway: that there is one more
#: costs it less than to write a long one again.
BULK_GROWTH: Final = 2
#: A commit of so many rows is a bulk.
BULK_ROWS: Final = 2**15
#: Rows of a segment, about; a segment is what a step of a merge writes.
SEGMENT_ROWS: Final = 2**17
#: Rows that a commit merges beside its own, about.
STEP_ROWS: Final = 2**17

_HASH: Final = pa.binary(16)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Segment(_Part):
    """One file (segment_file.py): rows of places `first` to `last`."""

    key: str
    rows: int
    first: int
    last: int
    trailer_at: int
    size_bytes: int


class Run(_Part):
    """Segments that follow each other; no place is in two of them.

    Rows up to the place `above` do not count (None: all count): they are in an older run already.
    """

    segments: tuple[Segment, ...]
    above: int | None = None

    @property
    def rows(self) -> int:
        """How many there are, about: of the first segment some may not count."""
        return sum(segment.rows for segment in self.segments)

    @property
    def first(self) -> int:
        """No row that counts has a lower place."""
        lowest = self.segments[0].first
        return lowest if self.above is None else max(lowest, self.above + 1)

    def from_(self, above: int) -> "Run | None":
        """What is left when rows up to `above` do not count; None if nothing is."""
        above = max(above, above if self.above is None else self.above)
        left = tuple(segment for segment in self.segments if segment.last > above)
        return Run(segments=left, above=above) if left else None


class Merge(NamedTuple):
    """Runs `newest` to before `oldest` go into run `oldest`; numbers of runs, newest first."""

    newest: int
    oldest: int


def joined(runs: Sequence[Run]) -> tuple[Run, ...]:
    """The runs, the newest one put into the next if it lies beside it: new records mostly do."""
    if len(runs) < 2 or not all(run.above is None for run in runs[:2]):  # noqa: PLR2004 - two to put together
        return tuple(runs)
    newest, older = runs[:2]
    segments = sorted((*newest.segments, *older.segments), key=lambda segment: segment.first)
    overlap = any(one.last >= other.first for one, other in pairwise(segments))
    # Short ones would become ever more; a merge makes them longer.
    if overlap or any(segment.rows < SEGMENT_ROWS // 2 for segment in newest.segments):
        return tuple(runs)
    return (Run(segments=tuple(segments)), *runs[2:])


def growth(rows: int) -> int:
    """The factor that a commit of so many rows goes by."""
    return GROWTH if rows < BULK_ROWS else BULK_GROWTH


def due(runs: Sequence[Run], growth: int) -> Merge | None:
    """The merge to do or to go on with; None if all is well. Runs are given newest first."""
    trimmed = [number for number, run in enumerate(runs) if run.above is not None]
    total, oldest = 0, 0
    for number, run in enumerate(runs[: trimmed[0]] if trimmed else runs):
        if total * growth >= run.rows:
            oldest = number
        total += run.rows
    if oldest:
        return Merge(0, oldest)
    if not trimmed:
        return None
    after = next(n for n, run in enumerate(runs) if n > trimmed[0] and run.above is None)
    return Merge(trimmed[0], after)


class Step(NamedTuple):
    """Of the older run of a merge, `middle` and the newer rows up to `end` become new segments.

    `left` and `right` stay.
    """

    left: tuple[Segment, ...]
    middle: tuple[Segment, ...]
    right: tuple[Segment, ...]
    end: int


def next_step(newer: Sequence[Run], older: Run, rows: int) -> Step:
    """The next step of a merge, of about `rows` rows."""
    first = min(run.first for run in newer)
    left = [segment for segment in older.segments if segment.last < first]
    if left and left[-1].rows < SEGMENT_ROWS // 2:
        # It grows by what comes after it; else appending would make ever more of its kind.
        left.pop()
    end = step_end((*newer, older), first - 1, rows, uncut=older)
    middle = [s for s in older.segments[len(left) :] if s.first <= end]
    right = older.segments[len(left) + len(middle) :]
    return Step(tuple(left), tuple(middle), right, end)


def step_end(runs: Sequence[Run], above: int | None, rows: int, uncut: Run) -> int:
    """Where a step of about `rows` rows after `above` ends; no segment of `uncut` is cut."""
    every = [s for run in runs for s in run.segments if above is None or s.last > above]
    ends = sorted({s.last for s in every if not _cuts(s.last, uncut)})
    small = [end for end in ends if sum(s.rows for s in every if s.last <= end) <= rows]
    return max(small, default=ends[0])


def _cuts(place: int, run: Run) -> bool:
    return any(segment.first <= place < segment.last for segment in run.segments)


def stored_schema(schema: pa.Schema) -> pa.Schema:
    """How the index types the columns of facts: hashes in 16 bytes."""
    hashes = [f.with_type(_HASH) if pa.types.is_binary(f.type) else f for f in schema]
    return pa.schema(hashes)


def to_stored(facts: pa.Table) -> pa.Table:
    """Facts as the index keeps them; an empty hash becomes NULL."""
    schema = stored_schema(facts.schema)
    columns = [
        _filled(facts[field.name]) if field.type == _HASH else facts[field.name] for field in schema
    ]
    return pa.table([c.cast(f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)


def _filled(hashes: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(pc.equal(pc.binary_length(hashes), 0), None, hashes)


def from_stored(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """The facts again."""
    columns = [rows[field.name].cast(field.type) for field in schema]
    hashes = [field.type == _HASH for field in stored_schema(schema)]
    return pa.table(
        [
            pc.fill_null(c, b"") if is_hash else c
            for c, is_hash in zip(columns, hashes, strict=True)
        ],
        schema=schema,
    )


def places(rows: pa.Table) -> pa.Array:
    """The place of each row of facts, as they are or as stored."""
    if pa.types.is_integer(rows.schema.field("k0").type):
        return _array(rows["k0"]).cast(pa.int64())
    hashes = _array(rows["key_hash"]).cast(_HASH)
    return _array(pc.binary_slice(hashes, 0, 8)).view(pa.int64())


def rows_at(places: pa.Array, wanted: pa.Array) -> pa.Array:
    """Numbers of the rows, in order, that are at one of the wanted places; both are sorted."""
    low = pc.search_sorted(places, wanted, side="left")
    high = pc.search_sorted(places, wanted, side="right")
    found = []
    while len(low):
        # Of each place one row more.
        is_there = pc.less(low, high)
        low, high = low.filter(is_there), high.filter(is_there)
        found.append(low)
        low = pc.add(low, pa.scalar(1, low.type))
    rows = pa.concat_arrays(found) if found else pa.array([], pa.uint64())
    return rows.take(pc.sort_indices(rows)) if len(found) > 2 else rows  # noqa: PLR2004 - of each place one: in order


def sorted_by_place(rows: pa.Table) -> pa.Table:
    """Stored rows in the order that segments have."""
    together = rows.unify_dictionaries().combine_chunks()
    return together.take(pc.sort_indices(places(together)))


def identity(schema: pa.Schema) -> str:
    """The narrowest column that tells keys apart: a number that is all of the key, or the hash."""
    is_number = "k1" not in schema.names and pa.types.is_integer(schema.field("k0").type)
    return "k0" if is_number else "key_hash"


def newest(runs: Iterable[pa.Table]) -> list[pa.Table]:
    """Of stored rows of runs, newest first, those that are not outdated."""
    kept: list[pa.Table] = []
    for rows in runs:
        name = identity(rows.schema)
        known = pa.chunked_array([c for one in kept for c in one[name].chunks], rows[name].type)
        is_outdated = pc.is_in(rows[name], value_set=_array(known))
        kept.append(rows.filter(pc.invert(is_outdated)))
    return kept


def cut(rows: pa.Table) -> Iterator[pa.Table]:
    """Sorted rows as segments hold them: near `SEGMENT_ROWS`, no place in two."""
    places_ = places(rows)
    size = -(-len(rows) // max(1, round(len(rows) / SEGMENT_ROWS)))
    start = 0
    while start < len(rows):
        last = places_[min(start + size, len(rows)) - 1]
        end = pc.search_sorted(places_, last, side="right").as_py()
        yield rows.slice(start, end - start)
        start = end


def _array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
