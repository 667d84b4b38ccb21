"""What the raw files of one commit say, and what of them could not be taken."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from aws_lambda_powertools import Logger

from cwp_shared import keys, metrics
from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping
from cwp_transformer.facts import Facts, read_facts
from cwp_transformer.lake import Lake
from cwp_transformer.ledger import HistoryRef
from cwp_transformer.raw_file import open_raw, read_absences, read_rows, says_absences
from cwp_transformer.tombstones import read_tombstones

#: Files that are read and mapped at the same time: as many as the function has cores.
_AT_ONCE: Final = 2

logger = Logger()


class Batch(NamedTuple):
    """The facts (wide) of raw files that go into one commit."""

    history: HistoryRef
    mapping: Mapping
    raw_keys: tuple[str, ...]
    facts: pa.Table
    quarantined: int


class ReadFiles(NamedTuple):
    """The batch of the good files, None if there is none, and why each other one is bad."""

    batch: Batch | None
    failures: dict[str, Terminal]


def tell_set_aside(history: HistoryRef, rows: int) -> None:
    """Count rows that went to quarantine, where the alarm looks; nothing if there are none."""
    if rows:
        metrics.put({metrics.QUARANTINED_ROWS: rows}, history._asdict())
        facts = {**history._asdict(), "quarantined": rows}
        logger.warning("rows set aside in quarantine", extra=facts)


def read_files(
    history: HistoryRef, mapping: Mapping, raw_keys: Iterable[str], lake: Lake
) -> ReadFiles:
    """Read and map raw files; set aside rows that cannot be taken. A bad file costs only itself."""
    tables, failures, quarantined = {}, {}, 0
    for raw_key, found in _read_at_once(history, mapping, list(raw_keys), lake):
        if isinstance(found, Terminal):
            failures[raw_key] = found
            continue
        if len(found.facts.rejected):
            lake.write(*_quarantine(raw_key, found, mapping))
        tables[raw_key] = found.facts.rows
        quarantined += len(found.facts.rejected)
    if not tables:
        return ReadFiles(None, failures)
    together = pa.concat_tables(tables.values())
    # What threads have freed would else stay: some 20 MB after 100,000 rows, at the later peak.
    pa.default_memory_pool().release_unused()
    return ReadFiles(Batch(history, mapping, tuple(tables), together, quarantined), failures)


class _ReadFile(NamedTuple):
    body: bytes
    facts: Facts


def _read_at_once(
    history: HistoryRef, mapping: Mapping, raw_keys: Sequence[str], lake: Lake
) -> Iterator[tuple[str, _ReadFile | Terminal]]:
    """Each file, in order. Only reading is done ahead, so a death leaves what it always would."""

    def read(raw_key: str) -> _ReadFile | Terminal:
        try:
            body = lake.read(raw_key)
            return _ReadFile(body, _facts(body, raw_key, history, mapping))
        except Terminal as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from zip(raw_keys, pool.map(read, raw_keys), strict=True)


def _facts(body: bytes, raw_key: str, history: HistoryRef, mapping: Mapping) -> Facts:
    file = open_raw(body, raw_key)
    if says_absences(file):
        absences = read_absences(file, raw_key)
        gone = read_tombstones(absences, raw_key, history.tenant_id, mapping)
        return Facts(gone, rejected=gone.slice(0, 0))
    return read_facts(read_rows(file, raw_key, mapping), raw_key, history.tenant_id, mapping)


def _quarantine(raw_key: str, file: _ReadFile, mapping: Mapping) -> tuple[str, bytes]:
    """Key and content, JSON lines; both follow from the raw file, so twice is once."""
    place = keys.parse_raw(raw_key)
    name = f"{mapping.table}-{place.timestamp}.jsonl"
    rejected = file.facts.rejected
    records = pq.read_table(io.BytesIO(file.body)).take(rejected["raw_row"]).to_pylist()
    lines = [
        json.dumps(
            {
                "reason": row["reason"],
                "canonical_table": mapping.table,
                "mapping_version": mapping.version,
                "raw_key": raw_key,
                "raw_row": row["raw_row"],
                "record": {name: value for name, value in record.items() if value is not None},
            },
            default=str,
        )
        for row, record in zip(rejected.to_pylist(), records, strict=True)
    ]
    return keys.quarantine(place.tenant_id, place.table, name), "\n".join([*lines, ""]).encode()
