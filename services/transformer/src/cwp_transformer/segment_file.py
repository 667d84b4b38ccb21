"""A segment file: facts sorted by place, in blocks that are found and read by byte range.

    Arrow IPC stream    schema, record batches of `BLOCK_ROWS` rows, end
    Arrow IPC stream    the fences: first and last place and end (byte) of each block
    Arrow IPC stream    the names: the texts that stand as numbers in the blocks

The first stream is not compressed: a block is then as cheap to take apart as to read, and what is
widest, hashes, does not shrink. The last two are the trailer; who knows where it begins reads it
alone, and then the blocks in question. Any blocks after the schema are a stream again.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

#: A block is what one key costs to read: 256 rows are about 28 KB.
BLOCK_ROWS: Final = 256

_SMALL: Final = pa.ipc.IpcWriteOptions(compression="zstd")
_CODES: Final = pa.int32()


class Trailer(NamedTuple):
    """Where the blocks are, each next to the other, and the names. `ends` are offsets of bytes."""

    first: pa.Array
    last: pa.Array
    starts: list[int]
    ends: list[int]
    names: dict[str, pa.Array]

    def blocks_of(self, places: pa.Array) -> Iterator[tuple[int, int]]:
        """First and last number of the blocks that may hold each of these sorted places."""
        lows = pc.search_sorted(self.last, places, side="left")
        afters = pc.search_sorted(self.first, places, side="right")
        if len(places) > afters[-1].as_py() - lows[0].as_py():
            # As many keys as blocks: what lies between is read over anyway.
            lows, afters = lows[:1], afters[-1:]
        pairs = zip(lows.to_pylist(), afters.to_pylist(), strict=True)
        yield from ((low, after - 1) for low, after in pairs if low < after)


class Encoded(NamedTuple):
    """A file, and where in it the trailer begins."""

    body: bytes
    trailer_at: int


def encode(rows: pa.Table, places: pa.Array) -> Encoded:
    """Rows (not none), sorted by their `places`; dictionary columns become names."""
    named = {f.name: _named(rows[f.name]) for f in rows.schema if pa.types.is_dictionary(f.type)}
    coded = pa.table(
        [named[n].indices if n in named else rows[n] for n in rows.column_names],
        schema=_coded(rows.schema),
    ).combine_chunks()
    sink, ends = pa.BufferOutputStream(), []
    with pa.ipc.new_stream(sink, coded.schema) as writer:
        for batch in coded.to_batches(max_chunksize=BLOCK_ROWS):
            writer.write_batch(batch)
            ends.append(sink.tell())
    trailer_at = sink.tell()
    firsts = list(range(0, len(rows), BLOCK_ROWS))
    lasts = [min(first + BLOCK_ROWS, len(rows)) - 1 for first in firsts]
    fences = {"first": places.take(firsts), "last": places.take(lasts), "end": ends}
    _write(sink, pa.table(fences))
    _write(sink, pa.table({name: _one_list(texts.dictionary) for name, texts in named.items()}))
    return Encoded(sink.getvalue().to_pybytes(), trailer_at)


def read_trailer(body: bytes, schema: pa.Schema) -> Trailer:
    """What `encode` put at `trailer_at` and after; `schema` is that of the rows."""
    source = pa.BufferReader(body)
    fences = pa.ipc.open_stream(source).read_all().combine_chunks()
    names = pa.ipc.open_stream(source).read_all()
    ends = fences["end"].to_pylist()
    return Trailer(
        fences["first"].chunk(0),
        fences["last"].chunk(0),
        [len(_header(schema)), *ends[:-1]],
        ends,
        {name: names[name].chunk(0).values for name in names.column_names},
    )


def decode(blocks: Iterable[bytes], trailer: Trailer, schema: pa.Schema) -> pa.Table:
    """The rows of some blocks, in the order given."""
    stream = b"".join([_header(schema), *blocks])
    coded = pa.ipc.open_stream(stream).read_all().combine_chunks()
    columns = [
        pa.DictionaryArray.from_arrays(_one(coded[name]), trailer.names[name])
        if name in trailer.names
        else coded[name]
        for name in schema.names
    ]
    return pa.table(columns, schema=schema)


def _named(texts: pa.ChunkedArray) -> pa.DictionaryArray:
    """The texts with a dictionary of just those that occur."""
    return texts.cast(pa.string()).combine_chunks().dictionary_encode()


def _coded(schema: pa.Schema) -> pa.Schema:
    return pa.schema([f.with_type(_CODES) if pa.types.is_dictionary(f.type) else f for f in schema])


def _header(schema: pa.Schema) -> bytes:
    """The schema as a stream begins with it."""
    header: bytes = _coded(schema).serialize().to_pybytes()
    return header


def _write(sink: pa.BufferOutputStream, table: pa.Table) -> None:
    with pa.ipc.new_stream(sink, table.schema, options=_SMALL) as writer:
        writer.write_table(table)


def _one_list(texts: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays([0, len(texts)], texts)


def _one(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
