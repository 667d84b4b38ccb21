"""The canonical file: history operations in one declared, ordered schema per mapping version.

Parquet, zstd. Timestamps are UTC, microseconds, without a zone; SUPER columns are JSON text. A
`close` or `remove` has the history columns only, its attributes are NULL.
"""

import io
from collections.abc import Iterable
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_shared.events import CanonicalColumn
from cwp_shared.mapping import HISTORY_COLUMNS, LEADING_COLUMNS, Mapping
from cwp_transformer.engine import identifier, literal, query

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

    `facts` are wide, and hold the row of every open.
    """
    at = provenance.recorded_at.strftime("%Y-%m-%d %H:%M:%S.%f")
    history = {
        "op": "o.op",
        "sk": "o.sk",
        "tenant_id": literal(provenance.tenant_id),
        "source_updated_at": "o.u",
        "attr_hash": "lower(hex(o.attr_hash))",
        "recorded_at": f"TIMESTAMP {literal(at)}",
        "mapping_version": str(mapping.version),
        "sequence": str(provenance.sequence),
    }
    keys = {column.name: f"o.k{number}" for number, column in enumerate(mapping.key_columns)}
    attributes = {c.name: f"f.v{mapping.columns.index(c)}" for c in mapping.attributes}
    made = keys | attributes | history
    chosen = ", ".join(
        f"{made.get(name, f'o.{name}')} AS {identifier(name)}" for name in schema(mapping).names
    )
    table = query(
        f"""
        SELECT {chosen}
        FROM operations o LEFT JOIN facts f
        ON o.op = 'open' AND o.raw_key = f.raw_key AND o.raw_row = f.raw_row
        ORDER BY {", ".join(keys.values())}, o.start
        """,  # noqa: S608 - names checked by the mapping model, texts quoted
        operations=operations,
        facts=facts,
    )
    return table.cast(schema(mapping))


def encode(first: pa.Table, rest: Iterable[pa.Table] = ()) -> bytes:
    """The rows as one Parquet file, in encodings that Redshift's COPY takes."""
    file = io.BytesIO()
    options = {"compression": "zstd", "data_page_version": "1.0"}
    with pq.ParquetWriter(file, first.schema, **options) as writer:
        for table in chain([first], rest):
            writer.write_table(table)
    return file.getvalue()


def _arrow(column_type: str) -> pa.DataType:
    kind, _, sizes = column_type.rstrip(")").partition("(")
    return pa.decimal128(*map(int, sizes.split(","))) if kind == "decimal" else _ARROW[kind]
