"""The canonical file: history operations in one declared, ordered schema per mapping version.

Parquet, zstd. Timestamps are UTC, microseconds, without a zone; SUPER columns are JSON text. A
`close` or `remove` has the history columns only, its attributes are NULL.
"""

import io
from collections.abc import Iterable
from datetime import datetime
from functools import cache, partial
from itertools import chain
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cwp_shared.events import CanonicalColumn
from cwp_shared.mapping import HISTORY_COLUMNS, LEADING_COLUMNS, Column, Mapping
from cwp_transformer import canonical_text
from cwp_transformer.cutting import load_notes
from cwp_transformer.engine import query
from cwp_transformer.facts import cut_columns

_ARROW: Final = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "double precision": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "super": pa.string(),
    "varchar": pa.string(),
}


class Provenance(NamedTuple):
    """What the system columns of one commit say."""

    tenant_id: str
    sequence: int
    recorded_at: datetime


def columns(mapping: Mapping) -> tuple[CanonicalColumn, ...]:
    """All columns of the file, in file order."""
    named = [
        *LEADING_COLUMNS,
        *((column.name, column.type) for column in mapping.key_columns),
        *HISTORY_COLUMNS,
        *((column.name, column.type) for column in mapping.attributes),
    ]
    return tuple(CanonicalColumn(name=name, type=kind) for name, kind in named)


def schema(mapping: Mapping) -> pa.Schema:
    """The same, as Parquet has it."""
    return pa.schema([pa.field(column.name, _arrow(column.type)) for column in columns(mapping)])


def rows(
    operations: pa.Table, facts: pa.Table, mapping: Mapping, provenance: Provenance
) -> pa.Table:
    """The file's rows: operations with the attributes that the opened ones show.

    `operations` are history.Change's, and `facts` are wide and hold the `row` of every open. The
    opens come first, in the order of their facts: so most columns need not be copied.
    """
    is_open = pc.equal(operations["op"], "open")
    opened = operations.filter(is_open)
    opened = opened.take(pc.sort_indices(opened["row"]))
    other = operations.filter(pc.invert(is_open))
    columns = _history(pa.concat_tables([opened, other]), mapping, provenance)
    nothing = cache(partial(pa.nulls, len(other)))
    own, newest = (_Places.of(opened[name], len(facts)) for name in ("row", "newest_row"))

    def shown(column: Column, fact: str) -> pa.ChunkedArray:
        places = newest if column.history == "overwritten" else own
        return places.take(facts[fact])

    for number, column in enumerate(mapping.columns):
        if column.name not in mapping.key:
            values = shown(column, f"v{number}")
            columns[column.name] = _followed_by(values, nothing(values.type))
    whole = {c.name: shown(c, f"w{number}") for number, c in cut_columns(mapping).items()}
    notes = load_notes(whole, len(opened))
    columns["load_notes"] = _followed_by(notes, nothing(notes.type))
    found = schema(mapping)
    return pa.table({name: columns[name] for name in found.names}).cast(found)


def _history(
    operations: pa.Table, mapping: Mapping, provenance: Provenance
) -> dict[str, pa.ChunkedArray | pa.Array]:
    """All columns but the attributes and what is noted about them."""
    keys = {column.name: f"k{number}" for number, column in enumerate(mapping.key_columns)}
    key_text = canonical_text.key_text(
        provenance.tenant_id, mapping.table, mapping.key_columns, keys.values()
    )
    surrogate = query(
        f"SELECT {canonical_text.surrogate_key(key_text, 'start')} AS sk FROM operations",  # noqa: S608 - columns by number, texts quoted
        operations=operations.select([*keys.values(), "start"]),
    )
    same = {
        "tenant_id": pa.scalar(provenance.tenant_id),
        "recorded_at": pa.scalar(provenance.recorded_at, pa.timestamp("us", "UTC")),
        "mapping_version": pa.scalar(mapping.version),
        "sequence": pa.scalar(provenance.sequence),
    }
    return {
        **{name: operations[name] for name in ("op", *_INTERVAL, "run_id")},
        **{name: operations[number] for name, number in keys.items()},
        "source_updated_at": operations["u"],
        "sk": surrogate["sk"],
        "attr_hash": _hex(operations["attr_hash"]),
        **{name: pa.repeat(value, len(operations)) for name, value in same.items()},
    }


def _hex(hashes: pa.ChunkedArray) -> pa.Array:
    """Hashes of one width, not NULL, in hex digits: all of them as one long one, cut up."""
    joined = hashes.cast(pa.binary(_HASH_BYTES)).combine_chunks()
    data = joined.buffers()[1].slice(joined.offset * _HASH_BYTES, len(joined) * _HASH_BYTES)
    digits = pa.py_buffer(data.to_pybytes().hex().encode())
    ends = pc.multiply(pa.arange(0, len(joined) + 1), 2 * _HASH_BYTES).cast(pa.int32())
    return pa.StringArray.from_buffers(len(joined), ends.buffers()[1], digits)


_HASH_BYTES: Final = 16
_INTERVAL: Final = ("effective_from", "effective_to", "is_current", "is_deleted")


class _Places(NamedTuple):
    """Places in a table; None: all of it, as it is."""

    wanted: pa.ChunkedArray | None

    @classmethod
    def of(cls, wanted: pa.ChunkedArray, rows: int) -> "_Places":
        everything = pa.chunked_array([pa.arange(0, rows).cast(wanted.type)])
        return cls(None if wanted.equals(everything) else wanted)

    def take(self, values: pa.ChunkedArray) -> pa.ChunkedArray:
        return values if self.wanted is None else values.take(self.wanted)


def _followed_by(values: pa.ChunkedArray, more: pa.Array) -> pa.ChunkedArray:
    return pa.chunked_array([*values.chunks, more], values.type)


def encode(first: pa.Table, rest: Iterable[pa.Table] = ()) -> bytes:
    """The rows as one Parquet file, in encodings that Redshift's COPY takes."""
    file = io.BytesIO()
    writer = pq.ParquetWriter(
        file,
        first.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=_repeating(first.schema),
        write_statistics=_bounded(first.schema),
        data_page_version="1.0",
        store_schema=False,
    )
    with writer:
        for table in chain([first], rest):
            writer.write_table(table, row_group_size=_ROW_GROUP)
    # Its bytes are its own buffer, which an Arrow stream would copy.
    return file.getvalue()


#: Rows; the writer holds one group, not compressed yet.
_ROW_GROUP: Final = 2**16


def _repeating(schema: pa.Schema) -> list[str]:
    """The columns whose values are likely to come again; others would be looked up in vain."""
    different = {"sk", "attr_hash", *_key(schema)}
    return [f.name for f in schema if f.name not in different and f.type != pa.timestamp("us")]


def _bounded(schema: pa.Schema) -> list[str]:
    """The columns by which a reader may pass over a row group: which records, when, which commit.

    Bounds of all attributes took a fifth of the time that encoding takes.
    """
    return [*_key(schema), *_INTERVAL, "source_updated_at", "recorded_at", "sequence"]


def _key(schema: pa.Schema) -> list[str]:
    names: list[str] = schema.names
    return names[names.index("tenant_id") + 1 : names.index("effective_from")]


def _arrow(column_type: str) -> pa.DataType:
    kind, _, sizes = column_type.rstrip(")").partition("(")
    return pa.decimal128(*map(int, sizes.split(","))) if kind == "decimal" else _ARROW[kind]
