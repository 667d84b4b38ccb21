"""Tickets: a long history of one fact each, and batches of changed ones as raw files."""

import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import read_mappings
from cwp_shared.raw_columns import META_TABLE, META_TENANT
from cwp_transformer import canonical_text
from cwp_transformer.engine import literal, query
from cwp_transformer.facts import fact_schema

TENANT: Final = "bench"
BATCH_ROWS: Final = 1_000
#: Source times of the history are before, of the batches after.
_TODAY: Final = datetime(2026, 11, 1, tzinfo=UTC)
_SOURCE: Final = "service_tickets"
_RAW: Final = f"{TENANT}/raw/connectwise/{_SOURCE}"
#: Facts that are made at once.
_CHUNK: Final = 2**18
#: A raw file of the history has so many rows, and a run a hundred files.
_FILE_ROWS: Final = 20_000
#: The newest tickets are so many times as many as a batch changes of them.
_NEWEST: Final = 20


def mapping() -> Mapping:
    """The one of tickets, as it is deployed."""
    (found,) = read_mappings(Path(__file__).parents[2] / "mappings").of_source(_SOURCE)
    return found


def facts(rows: int) -> Iterator[pa.Table]:
    """One fact of each of the tickets 1 to `rows`, in parts."""
    chosen = mapping()
    key = canonical_text.key_text(TENANT, chosen.table, chosen.key_columns, ["id"])
    number = f"lpad((id // {_FILE_ROWS})::VARCHAR, 12, '0')"
    values = {
        "key_hash": canonical_text.hash128(key),
        "k0": "id",
        "kind": "'record'",
        "start": f"TIMESTAMP '2026-01-01' + INTERVAL 1 SECOND * (hash(id) % {300 * 86_400})",
        "upper": "TIMESTAMP '2026-10-31'",
        "run_id": f"'20261031T000000000000Z-' || (id // {_FILE_ROWS * 100})",
        "raw_key": f"{literal(f'{_RAW}/20261031T')} || {number} || 'Z.parquet'",
        "raw_row": f"id % {_FILE_ROWS}",
        "page_row": "id % 1000",
        "mapping_version": str(chosen.version),
        # No column is overwritten: of every fact it is the hash of nothing.
        "over_hash": "unhex(md5(''))",
    }
    schema = fact_schema(chosen)
    for field in schema:
        if pa.types.is_binary(field.type):
            values.setdefault(field.name, f"unhex(md5({literal(field.name)} || id))")
        elif pa.types.is_timestamp(field.type):
            values.setdefault(field.name, "TIMESTAMP '2026-01-01'")
    columns = ", ".join(f"{values.get(name, '0')} AS {name}" for name in schema.names)
    for first in range(1, rows + 1, _CHUNK):
        ids = pa.table({"id": pa.array(range(first, min(first + _CHUNK, rows + 1)), pa.int64())})
        yield query(f"SELECT {columns} FROM ids", ids=ids).cast(schema)


def chosen_ids(rows: int, size: int, spread: str, number: int) -> list[int]:
    """The tickets that batch `number` changes: `random` of all there are, or of the `newest`."""
    first = 1 if spread == "random" else rows - _NEWEST * size + 1
    draw = random.Random(number)  # noqa: S311 - a workload, no secret
    return sorted(draw.sample(range(first, rows + 1), size))


def raw_file(ids: list[int], number: int) -> tuple[str, bytes]:
    """Key and content of the raw file of a run that saw these tickets changed."""
    now = _TODAY + timedelta(hours=number)
    count = len(ids)
    columns = {"id": pa.array(ids, pa.int64())}
    for column in mapping().attributes:
        if column.source is not None:
            values = _values(column.kind, ids, number)
            columns.setdefault(column.source.replace("/", "__"), values)
    text = (now - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    columns["_info__lastUpdated"] = pa.array([text] * count)
    columns["_info__dateEntered"] = pa.array(["2026-01-01T00:00:00Z"] * count)
    columns["_cwp_run_id"] = pa.array([f"{now:%Y%m%dT%H%M%S}000000Z-0"] * count)
    columns["_cwp_upper"] = pa.array([now] * count, pa.timestamp("us", tz="UTC"))
    for name in ("_cwp_window", "_cwp_page"):
        columns[name] = pa.array([0] * count, pa.int32())
    columns["_cwp_row"] = pa.array(range(count), pa.int32())
    file = io.BytesIO()
    owner = {META_TENANT: TENANT.encode(), META_TABLE: _SOURCE.encode()}
    pq.write_table(pa.table(columns).replace_schema_metadata(owner), file, compression="zstd")
    return f"{_RAW}/{now:%Y%m%dT%H%M%S}000000Z.parquet", file.getvalue()


def _values(kind: str, ids: list[int], number: int) -> pa.Array:
    match kind:
        case "bigint" | "integer":
            return pa.array([key % 1000 + number for key in ids], pa.int64())
        case "decimal" | "double precision":
            return pa.array([key % 97 / 4 for key in ids])
        case "boolean":
            return pa.array([key % 2 == 0 for key in ids])
        case "timestamp" | "date":
            return pa.array(["2026-05-05T05:05:05Z"] * len(ids))
        case "super":
            return pa.array(['[{"id":1,"caption":"a","value":"b"}]'] * len(ids))
    return pa.array([f"text {key % 5000} of batch {number}"[:40] for key in ids])
