"""Where one record is and was: the raw files that saw it, the commits, versions and loads.

Raw files are read newest first, and of each only what is needed: its statistics say whether the id
can be in it, and then four columns of it are looked through. What the transformer and the loader
did with a file is in the commits and in the ledger of the warehouse.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import pyarrow.compute as pc
import pyarrow.parquet as pq

from cwp_ops.warehouse import Warehouse, quoted
from cwp_shared import keys, raw_columns

_READERS = 8
_PLACE = (raw_columns.RUN_ID, raw_columns.UPPER, raw_columns.WINDOW, raw_columns.PAGE)
_LAST_UPDATED = "_info__lastUpdated"


@dataclass(frozen=True)
class Sighting:
    """A row of the record in a raw file, or the proof of its absence (`absent_at`)."""

    raw_key: str
    run_id: str
    upper: str
    window: int
    page: int
    last_updated: str | None = None
    absent_at: str | None = None
    #: The page's body as the API sent it, if its run is remembered; it expires.
    landing_key: str | None = None


@dataclass(frozen=True)
class CommitOf:
    """What became of a raw file in one canonical table."""

    canonical_table: str
    raw_key: str
    revision: int
    sequence: int
    canonical_key: str | None


@dataclass(frozen=True)
class Load:
    """One load of the warehouse: commits of which sequences, when.

    `statement_id` is the Data API's: the loader remembers it of the newest loads of a table, the
    Data API for a day.
    """

    canonical_table: str
    load_id: str
    statement_id: str | None
    first_sequence: int
    last_sequence: int
    loaded_at: str


@dataclass(frozen=True)
class Trace:
    """All that is known of a record. `looked_at` of `files` raw files were looked into."""

    tenant_id: str
    table: str
    id: int
    files: int
    looked_at: int
    sightings: tuple[Sighting, ...]
    commits: tuple[CommitOf, ...]
    versions: Mapping[str, Sequence[Mapping[str, Any]]]
    loads: tuple[Load, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


class Lake(Protocol):
    """What tracing needs of the bucket (`recover.S3Lake`)."""

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes under a prefix."""

    def texts(self, wanted: Iterable[str]) -> Iterator[str]:
        """The contents of objects, in any order."""


def sightings(
    open_file: Callable[[str], Any],
    raw_keys: Sequence[str],
    record_id: int,
    seen: Callable[[int], None],
) -> list[Sighting]:
    """The rows of a record in raw files, in the order of the files; `seen` is told of each."""

    def look(key: str) -> list[Sighting]:
        found = in_file(open_file(key), key, record_id)
        seen(1)
        return found

    with ThreadPoolExecutor(_READERS) as readers:
        return [one for found in readers.map(look, raw_keys) for one in found]


def in_file(source: Any, key: str, record_id: int) -> list[Sighting]:
    """The rows of a record in one raw file; of row groups that cannot have it nothing is read."""
    file = pq.ParquetFile(source)
    names = file.schema_arrow.names
    if "id" not in names:
        return []
    groups = [n for n in range(file.num_row_groups) if _may_have(file, n, record_id)]
    if not groups:
        return []
    wanted = [c for c in ("id", *_PLACE, _LAST_UPDATED, raw_columns.ABSENT_AT) if c in names]
    rows = file.read_row_groups(groups, columns=wanted)
    found = rows.filter(pc.equal(rows["id"], record_id))
    return [_sighting(key, row) for row in found.to_pylist()]


def _may_have(file: pq.ParquetFile, group: int, record_id: int) -> bool:
    column = file.schema_arrow.names.index("id")
    statistics = file.metadata.row_group(group).column(column).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= record_id <= statistics.max)


def _sighting(key: str, row: Mapping[str, Any]) -> Sighting:
    absent_at = row.get(raw_columns.ABSENT_AT)
    return Sighting(
        raw_key=key,
        run_id=str(row[raw_columns.RUN_ID]),
        upper=row[raw_columns.UPPER].isoformat(),
        window=int(row[raw_columns.WINDOW]),
        page=int(row[raw_columns.PAGE]),
        last_updated=row.get(_LAST_UPDATED),
        absent_at=absent_at.isoformat() if absent_at else None,
    )


def commits_of(
    lake: Lake, tenant_id: str, canonical_table: str, raw_keys: Iterable[str]
) -> list[CommitOf]:
    """The commits that raw files are in, oldest first."""
    wanted = set(raw_keys)
    prefix = keys.state(tenant_id, canonical_table, "commits/")
    found = []
    for text in lake.texts(key for key, _ in lake.keys(prefix)):
        commit = json.loads(text)
        canonical = commit.get("canonical") or {}
        found += [
            CommitOf(
                canonical_table, key, commit["revision"], commit["sequence"], canonical.get("key")
            )
            for key in wanted.intersection(commit.get("raw_keys", ()))
        ]
    return sorted(found, key=lambda commit: (commit.revision, commit.raw_key))


def versions(
    warehouse: Warehouse, tenant_id: str, canonical_table: str, key_column: str, record_id: int
) -> list[dict[str, Any]]:
    """The record's versions in the warehouse, oldest first; none if there is no such table."""
    if not warehouse.has_table(tenant_id, canonical_table):
        return []
    name = quoted(tenant_id, canonical_table)
    columns = "effective_from, effective_to, is_current, is_deleted, sequence, run_id"
    condition = f"{quoted(key_column)} = {int(record_id)}"
    return warehouse.query(
        f"SELECT {columns} FROM {name} WHERE {condition} ORDER BY effective_from"  # noqa: S608 - quoted
    ).records()


def loads_of(
    warehouse: Warehouse,
    tenant_id: str,
    canonical_table: str,
    sequences: Iterable[int],
    head: Mapping[str, Any],
) -> list[Load]:
    """The loads that brought commits into the warehouse, as its ledger vouches for them.

    `head` is the loader's item about the table, which knows statements.
    """
    wanted = sorted(set(sequences))
    if not wanted or not warehouse.has_table(tenant_id, "load_ledger"):
        return []
    ledger, columns = quoted(tenant_id, "load_ledger"), "load_id, first_sequence, last_sequence"
    found = warehouse.query(
        f"SELECT {columns}, loaded_at FROM {ledger} WHERE table_name = :name ORDER BY 3",  # noqa: S608 - quoted
        name=canonical_table,
    )
    statements = {load["load_id"]: load["statement_id"] for load in head.get("past", ())}
    return [
        Load(
            canonical_table,
            str(load_id),
            statements.get(str(load_id)),
            int(first),
            int(last),
            str(loaded_at),
        )
        for load_id, first, last, loaded_at in found.rows
        if any(int(first) <= sequence <= int(last) for sequence in wanted)
    ]
