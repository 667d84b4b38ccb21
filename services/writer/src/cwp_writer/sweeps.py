"""Sweeps in S3: the ids that runs listed, what is known after each, and the absences found."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from cwp_shared import keys, raw_columns
from cwp_shared.clock import UtcTime
from cwp_shared.events import RunCompleted
from cwp_writer import known_ids
from cwp_writer.lake import RawFiles

#: A state's own facts, as JSON in the Parquet file's metadata.
_META: Final = b"cwp.standing"
#: Raw files whose ids are gathered before they are made one.
_GATHERED: Final = 64
#: States of a table that are kept; a sweep has two if it was released.
_STATES_KEPT: Final = 4


class Found(BaseModel):
    """What a sweep found gone: nothing, or so many ids, told in `raw_key` or held back."""

    model_config = ConfigDict(frozen=True)

    count: int = 0
    known: int = 0
    raw_key: str | None = None
    absent_at: UtcTime | None = None
    #: Why it is held back.
    held: str | None = None


@dataclass(frozen=True)
class Standing:
    """What is known of a table's ids after a sweep.

    `raw_through` is the last raw file whose ids, and those of all files before it, are in `known`.
    """

    run: RunCompleted
    known: pa.Table
    raw_through: str
    found: Found
    #: Whether an operator released what was held.
    released: bool = False


class Sweeps:
    """Reads and writes; all keys lie under the tenant.

    Args:
        s3: an S3 client.
        bucket: the lake.
        files: stores files under conditions, absences under names of their own.
    """

    def __init__(self, s3: Any, bucket: str, files: RawFiles) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._files = files

    def latest(self, tenant_id: str, table: str) -> Standing | None:
        """The state after the last sweep that was compared."""
        found = max(self._keys(keys.known_ids_prefix(tenant_id, table)), default=None)
        return _standing(self._read(found)) if found else None

    def of(self, tenant_id: str, table: str, run_id: str) -> Standing | None:
        """The state after a sweep, the released one if there is one."""
        found = max(self._keys(f"{keys.known_ids_prefix(tenant_id, table)}{run_id}"), default=None)
        return _standing(self._read(found)) if found else None

    def put(self, standing: Standing) -> bool:
        """Keep a state; False if its sweep has one, or somebody is just storing it."""
        run = standing.run
        # `~` sorts after the `.` of the state it replaces.
        name = f"{run.run_id}~released" if standing.released else run.run_id
        table = standing.known.replace_schema_metadata({_META: _facts(standing)})
        key = keys.known_ids(run.tenant_id, run.table, name)
        return self._files.create(key, _parquet(table))

    def forget_old(self, tenant_id: str, table: str) -> None:
        """Remove the states of all sweeps but the last few.

        Only the newest is ever built on or released, and a copy of an older sweep's message that
        still comes finds that a later one was compared. The few are for that, and for people.
        """
        every = sorted(self._keys(keys.known_ids_prefix(tenant_id, table)))
        for key in every[:-_STATES_KEPT]:
            self._s3.delete_object(Bucket=self._bucket, Key=key)

    def ids(self, keys_: tuple[str, ...]) -> pa.ChunkedArray:
        """The ids in sweep files, or raw files; int64."""
        columns = [self._read(key).read(["id"])["id"].cast(pa.int64()) for key in keys_]
        return pa.chunked_array([c for column in columns for c in column.chunks], pa.int64())

    def observations(self, run: RunCompleted, after: str) -> tuple[pa.Table, str]:
        """What raw files after the key `after` saw up to the sweep, and the key to go on after.

        Files of runs that look further than the sweep stay for the next one.
        """
        seen, left_out = _Seen(), False
        through = after
        for key in self._keys(keys.raw_prefix(run.tenant_id, run.table), after):
            rows = _observed(self._read(key))
            if len(rows) and rows["seen"][0].as_py() > run.upper:
                left_out = True
                continue
            seen.add(rows)
            through = through if left_out else key
        return seen.once(), through

    def put_absences(self, run: RunCompleted, gone: pa.Table) -> str:
        """Write an absences file (`raw_columns.KIND_ABSENCES`); its key."""
        count = len(gone)
        zero = pa.repeat(pa.scalar(0, pa.int32()), count)
        moment = pa.repeat(pa.scalar(run.upper, known_ids.SCHEMA.field("seen").type), count)
        table = pa.table(
            {
                raw_columns.RUN_ID: pa.repeat(pa.scalar(run.run_id), count),
                raw_columns.UPPER: moment,
                raw_columns.WINDOW: zero,
                raw_columns.PAGE: zero,
                raw_columns.ROW: pa.array(range(count), pa.int32()),
                raw_columns.ABSENT_AT: gone["missed"],
                "id": gone["id"],
            },
            metadata={
                raw_columns.META_TENANT: run.tenant_id.encode(),
                raw_columns.META_TABLE: run.table.encode(),
                raw_columns.META_RUN: run.run_id.encode(),
                raw_columns.META_ROWS: str(count).encode(),
                raw_columns.META_KIND: raw_columns.KIND_ABSENCES,
            },
        )
        return self._files.put(run.tenant_id, run.table, _parquet(table))

    def _keys(self, prefix: str, after: str = "") -> Iterator[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, StartAfter=after
        )
        for page in pages:
            yield from (found["Key"] for found in page.get("Contents", ()))

    def _read(self, key: str) -> pq.ParquetFile:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return pq.ParquetFile(io.BytesIO(body))


class _Seen:
    """Observations of many files, made one row an id before they grow large."""

    def __init__(self) -> None:
        self._tables = [known_ids.OBSERVED.empty_table()]

    def add(self, rows: pa.Table) -> None:
        self._tables.append(rows)
        if len(self._tables) > _GATHERED:
            self._tables = [self.once()]

    def once(self) -> pa.Table:
        merged = pa.concat_tables(self._tables).group_by("id").aggregate([("seen", "max")])
        return merged.rename_columns({"seen_max": "seen"}).select(known_ids.OBSERVED.names)


def _observed(file: pq.ParquetFile) -> pa.Table:
    """What a raw file saw: its ids, all at its run's upper bound. Absences are no observation."""
    metadata = file.schema_arrow.metadata or {}
    if metadata.get(raw_columns.META_KIND) == raw_columns.KIND_ABSENCES:
        return known_ids.OBSERVED.empty_table()
    rows = file.read(["id", raw_columns.UPPER])
    return pa.table([rows["id"], rows[raw_columns.UPPER]], names=known_ids.OBSERVED.names).cast(
        known_ids.OBSERVED
    )


def _facts(standing: Standing) -> bytes:
    facts = {
        "run": standing.run.model_dump(mode="json"),
        "raw_through": standing.raw_through,
        "found": standing.found.model_dump(mode="json"),
        "released": standing.released,
    }
    return json.dumps(facts).encode()


def _standing(file: pq.ParquetFile) -> Standing:
    facts = json.loads(file.schema_arrow.metadata[_META])
    return Standing(
        run=RunCompleted.model_validate(facts["run"]),
        known=file.read().replace_schema_metadata(None),
        raw_through=facts["raw_through"],
        found=Found.model_validate(facts["found"]),
        released=facts["released"],
    )


def _parquet(table: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    return sink.getvalue()
