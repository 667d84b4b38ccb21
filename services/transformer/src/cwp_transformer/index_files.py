"""Reading what the index knows of some keys, and adding a run to it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cwp_transformer import index, segment_file
from cwp_transformer.index import Merge, Run, Segment
from cwp_transformer.lake import Files, Part
from cwp_transformer.segment_file import Trailer

#: A segment up to this size is read whole at once, without looking at its fences first.
_SMALL_BYTES: Final = 2**19
#: Reading over a gap of so many bytes is cheaper than asking again.
_GAP_BYTES: Final = 2**16
#: Asked for at once, and held until it is filtered.
_AT_ONCE_BYTES: Final = 2**24
#: A commit merges so many rows for each of its own: a backfill leaves little for later.
_EAGER: Final = 4

#: Gives a new file a name that no other worker will think of.
Name = Callable[[], str]


class _Source(NamedTuple):
    """A segment whose trailer is known; `body` if all of it was read."""

    segment: Segment
    trailer: Trailer
    body: bytes | None


class _Unwritten:
    """Files, and new ones in memory: some are merged into others before they were ever needed."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._new: dict[str, bytes] = {}

    def read_parts(self, parts: Sequence[Part]) -> list[bytes]:
        """See `Files`."""
        old = iter(self._files.read_parts([part for part in parts if part.key not in self._new]))
        return [
            self._new[part.key][part.start : part.stop] if part.key in self._new else next(old)
            for part in parts
        ]

    def write(self, key: str, body: bytes) -> None:
        """See `Files`; only `flush` really writes."""
        self._new[key] = body

    def flush(self, named: set[str]) -> None:
        """Write what is needed."""
        for key in self._new.keys() & named:
            self._files.write(key, self._new[key])


@dataclass(frozen=True)
class Index:
    """The runs of one history, newest first, and where they are. `schema` is that of its facts."""

    runs: tuple[Run, ...]
    schema: pa.Schema
    files: Files

    def known(self, facts: pa.Table) -> pa.Table:
        """All known facts of the keys that `facts` are about."""
        wanted = _keys(facts)
        sources = self._open(wanted)
        found = [index.stored_schema(self.schema).empty_table()]
        for number, run in enumerate(self.runs):
            if not len(wanted):
                break
            rows = self._lookup(wanted, run, [s for n, s in sources if n == number])
            found.append(rows)
            is_found = pc.is_in(wanted["key"], value_set=_flat(rows[index.identity(self.schema)]))
            wanted = wanted.filter(pc.invert(is_found))
        return index.from_stored(pa.concat_tables(found), self.schema)

    def having(self, facts: pa.Table, name: Name) -> "Index":
        """The index with these facts, all there are of their keys, as its newest run."""
        rows = index.sorted_by_place(index.to_stored(facts.select(self.schema.names)))
        files = _Unwritten(self.files)
        made = replace(self, files=files)
        own = Run(segments=made.written(rows, name))
        made = replace(made, runs=index.joined((own, *self.runs)))
        budget = index.STEP_ROWS + _EAGER * len(rows)
        growth = index.growth(len(rows))
        while budget > 0 and (merge := index.due(made.runs, growth)):
            made, written = made.after_step(merge, min(budget, index.STEP_ROWS), name)
            budget -= written
        files.flush({segment.key for run in made.runs for segment in run.segments})
        return replace(made, files=self.files)

    def between(self, above: int | None, end: int) -> pa.Table:
        """All known facts of the places after `above` up to `end`."""
        rows = index.newest(self._between(run, above, end) for run in self.runs)
        empty = index.stored_schema(self.schema).empty_table()
        return index.from_stored(pa.concat_tables([empty, *rows]), self.schema)

    def after_step(self, merge: Merge, rows: int, name: Name) -> tuple["Index", int]:
        """The index after a step of a merge, of about `rows` rows; how many it wrote."""
        newer, older = self.runs[merge.newest : merge.oldest], self.runs[merge.oldest]
        step = index.next_step(newer, older, rows)
        tables = [self._between(run, run.above, step.end) for run in newer]
        kept = index.newest([*tables, self._all_of(step.middle)])
        merged = index.sorted_by_place(pa.concat_tables(kept))
        segments = (*step.left, *self.written(merged, name), *step.right)
        runs = (
            *self.runs[: merge.newest],
            *(run for one in newer if (run := one.from_(step.end))),
            older.model_copy(update={"segments": segments}),
            *self.runs[merge.oldest + 1 :],
        )
        return replace(self, runs=runs), len(merged)

    def written(self, rows: pa.Table, name: Name) -> tuple[Segment, ...]:
        """The segments that these stored rows, sorted by place, were written as."""
        return tuple(self._write_segment(some, name()) for some in index.cut(rows))

    def _write_segment(self, rows: pa.Table, key: str) -> Segment:
        places = index.places(rows)
        body, trailer_at = segment_file.encode(rows, places)
        self.files.write(key, body)
        return Segment(
            key=key,
            rows=len(rows),
            first=places[0].as_py(),
            last=places[-1].as_py(),
            trailer_at=trailer_at,
            size_bytes=len(body),
        )

    def _open(self, wanted: pa.Table) -> list[tuple[int, _Source]]:
        """The segments that may hold something wanted, with the number of their run."""
        places = wanted["place"].chunk(0)
        near = [
            (number, segment)
            for number, run in enumerate(self.runs)
            for segment in run.segments
            if len(_within(places, segment.first, segment.last))
        ]
        bodies = self.files.read_parts([_opening(segment) for _, segment in near])
        return [(n, self._source(s, body)) for (n, s), body in zip(near, bodies, strict=True)]

    def _source(self, segment: Segment, body: bytes) -> _Source:
        is_whole = len(body) == segment.size_bytes
        trailer = body[segment.trailer_at :] if is_whole else body
        read = segment_file.read_trailer(trailer, index.stored_schema(self.schema))
        return _Source(segment, read, body if is_whole else None)

    def _lookup(self, wanted: pa.Table, run: Run, sources: list[_Source]) -> pa.Table:
        """The rows of the wanted keys, out of one run."""
        if run.above is not None:
            wanted = wanted.filter(pc.greater(wanted["place"], run.above))
        places = pc.unique(wanted["place"])
        spans = [(source, span) for source in sources for span in [_spans(source, places)] if span]
        near = [index.stored_schema(self.schema).empty_table()]
        for some in _in_turns(spans):
            near += self._decoded(some, lambda rows: index.rows_at(index.places(rows), places))
        rows = pa.concat_tables(near)
        name = index.identity(self.schema)
        if name == "k0":
            return rows
        return rows.filter(pc.is_in(rows[name], value_set=_flat(wanted["key"])))

    def _decoded(
        self,
        spans: list[tuple[_Source, list[Part]]],
        wanted: Callable[[pa.Table], pa.Array] | None = None,
    ) -> Iterator[pa.Table]:
        asked = [part for source, parts in spans for part in parts if source.body is None]
        answers = iter(self.files.read_parts(asked))
        schema = index.stored_schema(self.schema)
        for source, parts in spans:
            body = source.body
            blocks = [next(answers) if body is None else body[p.start : p.stop] for p in parts]
            yield segment_file.decode(blocks, source.trailer, schema, wanted)

    def _between(self, run: Run, above: int | None, end: int) -> pa.Table:
        """The stored rows of a run that count, of places after `above` up to `end`."""
        above = max((place for place in (above, run.above) if place is not None), default=None)
        near = [s for s in run.segments if s.first <= end and (above is None or s.last > above)]
        rows = self._all_of(near)
        if not near or (near[-1].last <= end and (above is None or near[0].first > above)):
            return rows
        places = index.places(rows)
        counts = pc.less_equal(places, end)
        if above is not None:
            counts = pc.and_(counts, pc.greater(places, above))
        return rows.filter(counts)

    def _all_of(self, segments: Sequence[Segment]) -> pa.Table:
        """The stored rows of some segments."""
        bodies = self.files.read_parts([Part(s.key, 0, s.size_bytes) for s in segments])
        sources = [self._source(s, body) for s, body in zip(segments, bodies, strict=True)]
        spans = [(s, _parts(s, [(0, len(s.trailer.ends) - 1)])) for s in sources]
        empty = index.stored_schema(self.schema).empty_table()
        return pa.concat_tables([empty, *self._decoded(spans)])


def side_by_side(one: Index, other: Index, rows: int) -> Iterator[tuple[pa.Table, pa.Table]]:
    """All facts of both, in parts of about `rows` rows; all facts of a key are in one part."""
    runs = (*one.runs, *other.runs)
    above: int | None = None
    last = max((segment.last for run in runs for segment in run.segments), default=None)
    while last is not None and (above is None or above < last):
        end = index.step_end(runs, above, rows, uncut=Run(segments=()))
        yield one.between(above, end), other.between(above, end)
        above = end


def _keys(facts: pa.Table) -> pa.Table:
    """Each `key` (see `index.identity`) once, and `place`, by which they are sorted."""
    name = index.identity(facts.schema)
    key = facts[name] if name == "k0" else facts[name].cast(pa.binary(16))
    unique = pa.table({"key": key, "place": index.places(facts)}).group_by(["key", "place"])
    return unique.aggregate([]).sort_by("place").combine_chunks()


def _opening(segment: Segment) -> Part:
    """What to read of a segment first: all, or the trailer."""
    is_small = segment.size_bytes <= _SMALL_BYTES
    return Part(segment.key, 0 if is_small else segment.trailer_at, segment.size_bytes)


def _spans(source: _Source, places: pa.Array) -> list[Part]:
    """The parts of a segment that hold all blocks with one of these places."""
    mine = _within(places, source.segment.first, source.segment.last)
    return _parts(source, source.trailer.blocks_of(mine) if len(mine) else ())


def _parts(source: _Source, blocks: Iterable[tuple[int, int]]) -> list[Part]:
    """Ranges of blocks, in order, as ranges of bytes, with small gaps read over."""
    starts, ends = source.trailer.starts, source.trailer.ends
    parts: list[Part] = []
    for low, high in blocks:
        start, stop = starts[low], ends[high]
        if parts and start - parts[-1].stop <= _GAP_BYTES:
            start = parts.pop().start
        parts.append(Part(source.segment.key, start, stop))
    return parts


def _in_turns(
    spans: list[tuple[_Source, list[Part]]],
) -> Iterator[list[tuple[_Source, list[Part]]]]:
    turn: list[tuple[_Source, list[Part]]] = []
    for source, parts in spans:
        size = sum(p.stop - p.start for p in chain(parts, *(parts for _, parts in turn)))
        if turn and size > _AT_ONCE_BYTES:
            yield turn
            turn = []
        turn.append((source, parts))
    if turn:
        yield turn


def _within(places: pa.Array, first: int, last: int) -> pa.Array:
    """Those of the sorted places."""
    low = pc.search_sorted(places, pa.scalar(first), side="left").as_py()
    high = pc.search_sorted(places, pa.scalar(last), side="right").as_py()
    return places.slice(low, high - low)


def _flat(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
