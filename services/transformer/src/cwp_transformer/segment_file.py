"""A segment file: facts sorted by place, in blocks that are found and read by byte range.

    Arrow IPC stream    schema, record batches of `BLOCK_ROWS` rows, end
    Arrow IPC stream    the fences: first and last place and end (byte) of each block
    Arrow IPC stream    the constants: a row of the columns that are the same in every row
    Arrow IPC stream    the names: the texts that stand as numbers in the blocks

The first stream is not compressed: a block is then as cheap to take apart as to read, and what is
widest, hashes, does not shrink. It has no constants, which half of a fact often is. The others are
the trailer; who knows where it begins reads it alone, and then the blocks in question. Any blocks
after the schema are a stream again.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

#: A block is what one key costs to read: 256 rows are 15 to 30 KB.
BLOCK_ROWS: Final = 256

_SMALL: Final = pa.ipc.IpcWriteOptions(compression="zstd")
_CODES: Final = pa.int32()
#: Every block has these, whatever is in them: a row is found by them.
_KEY: Final = ("key_hash", "k0")


class Trailer(NamedTuple):
    """Where the blocks are, each next to the other, and what is not in them.

    `starts` and `ends` are offsets of bytes; `schema` is that of the blocks.
    """

    first: pa.Array
    last: pa.Array
    starts: list[int]
    ends: list[int]
    schema: pa.Schema
    constants: pa.Table
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
    columns = {name: _one(rows[name]) for name in rows.column_names}
    constants = [n for n, column in columns.items() if n not in _KEY and _is_constant(column)]
    named = {
        name: _named(column)
        for name, column in columns.items()
        if pa.types.is_dictionary(column.type) and name not in constants
    }
    coded = pa.record_batch(
        [named[n].indices if n in named else columns[n] for n in columns if n not in constants],
        schema=_coded(rows.schema, constants),
    )
    sink, ends = pa.BufferOutputStream(), []
    with pa.ipc.new_stream(sink, coded.schema) as writer:
        for first in range(0, len(rows), BLOCK_ROWS):
            writer.write_batch(coded.slice(first, BLOCK_ROWS))
            ends.append(sink.tell())
    trailer_at = sink.tell()
    firsts = list(range(0, len(rows), BLOCK_ROWS))
    lasts = [min(first + BLOCK_ROWS, len(rows)) - 1 for first in firsts]
    fences = {"first": places.take(firsts), "last": places.take(lasts), "end": ends}
    _write(sink, pa.table(fences))
    _write(sink, pa.table({name: _plain(columns[name].slice(0, 1)) for name in constants}))
    _write(sink, pa.table({name: _one_list(texts.dictionary) for name, texts in named.items()}))
    return Encoded(sink.getvalue().to_pybytes(), trailer_at)


def read_trailer(body: bytes, schema: pa.Schema) -> Trailer:
    """What `encode` put at `trailer_at` and after; `schema` is that of the rows."""
    source = pa.BufferReader(body)
    fences, constants, names = (
        pa.ipc.open_stream(source).read_all().combine_chunks() for _ in range(3)
    )
    ends = fences["end"].to_pylist()
    coded = _coded(schema, constants.column_names)
    return Trailer(
        fences["first"].chunk(0),
        fences["last"].chunk(0),
        [len(_header(coded)), *ends[:-1]],
        ends,
        coded,
        constants,
        {name: names[name].chunk(0).values for name in names.column_names},
    )


def decode(
    blocks: Iterable[bytes],
    trailer: Trailer,
    schema: pa.Schema,
    wanted: Callable[[pa.Table], pa.Array] | None = None,
) -> pa.Table:
    """The rows of some blocks, in the order given.

    `wanted` says of the columns of the blocks, codes and all, which rows to take, by number.
    """
    stream = b"".join([_header(trailer.schema), *blocks])
    coded = pa.ipc.open_stream(stream).read_all().combine_chunks()
    if wanted is not None:
        coded = coded.take(wanted(coded))
    columns = {name: _one(coded[name]) for name in coded.column_names}
    columns |= {
        name: pa.DictionaryArray.from_arrays(columns[name], texts)
        for name, texts in trailer.names.items()
    }
    columns |= {
        name: _repeated(trailer.constants[name], schema.field(name).type, len(coded))
        for name in trailer.constants.column_names
    }
    return pa.table([columns[name] for name in schema.names], schema=schema)


def _is_constant(column: pa.Array) -> bool:
    values = column.indices if pa.types.is_dictionary(column.type) else column
    if values.null_count:
        return bool(values.null_count == len(values))
    return bool(values[0] == values[-1]) and bool(pc.all(pc.equal(values, values[0])).as_py())


def _repeated(constant: pa.ChunkedArray, kind: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, _CODES), rows), _one(constant))
    return pa.repeat(constant[0], rows)


def _named(texts: pa.DictionaryArray) -> pa.DictionaryArray:
    """The texts with a dictionary of just those that occur."""
    used = pc.unique(texts.indices)
    codes = pc.index_in(texts.indices, value_set=used)
    return pa.DictionaryArray.from_arrays(codes, texts.dictionary.take(used))


def _plain(values: pa.Array) -> pa.Array:
    return values.cast(values.type.value_type) if pa.types.is_dictionary(values.type) else values


def _coded(schema: pa.Schema, without: Collection[str]) -> pa.Schema:
    fields = [field for field in schema if field.name not in without]
    return pa.schema([f.with_type(_CODES) if pa.types.is_dictionary(f.type) else f for f in fields])


def _header(coded: pa.Schema) -> bytes:
    """The schema as a stream begins with it."""
    header: bytes = coded.serialize().to_pybytes()
    return header


def _write(sink: pa.BufferOutputStream, table: pa.Table) -> None:
    with pa.ipc.new_stream(sink, table.schema, options=_SMALL) as writer:
        writer.write_table(table)


def _one_list(texts: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays([0, len(texts)], texts)


def _one(column: pa.ChunkedArray) -> pa.Array:
    """In one piece; of a dictionary column all pieces have the same texts."""
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
