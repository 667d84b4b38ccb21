"""The transformer's own commit, measured: each function here runs in a process of its own."""

import os
import time
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.history_growth import workload
from benchmarks.history_growth.places import FolderLake, Memory, Traffic
from cwp_shared import keys
from cwp_shared.clock import utc_now
from cwp_shared.events import CanonicalColumn
from cwp_transformer.backends import Backends
from cwp_transformer.commits import Commit, Tally, Totals, commits_after, put_commit
from cwp_transformer.facts import fact_schema
from cwp_transformer.index import Run
from cwp_transformer.index_files import Index
from cwp_transformer.ledger import HistoryRef
from cwp_transformer.merging import merge_files

_HISTORY = HistoryRef(workload.TENANT, "tickets")


def prepare(folder: str, rows: int) -> int:
    """Make a history of one fact for each of `rows` tickets, in one run; its bytes."""
    base = Path(folder)
    lake = FolderLake(base, base)
    mapping = workload.mapping()
    empty = Index((), fact_schema(mapping), lake)
    names = (keys.state(*_HISTORY, f"runs/{number}.arrow") for number in count())
    segments = [
        segment
        for facts in workload.facts(rows)
        for segment in empty.having(facts, lambda: next(names)).runs[0].segments
    ]
    put_commit(lake, _first(rows, Run(segments=tuple(segments))))
    return lake.traffic.written_bytes


def _first(rows: int, run: Run) -> Commit:
    mapping = workload.mapping()
    return Commit(
        tenant_id=workload.TENANT,
        canonical_table="tickets",
        revision=1,
        sequence=1,
        committed_at=datetime(2026, 10, 31, tzinfo=UTC),
        mapping_version=mapping.version,
        mapping_digest=mapping.digest,
        key=tuple(CanonicalColumn(name=c.name, type=c.type) for c in mapping.key_columns),
        raw_keys=(),
        run_ids=(),
        canonical=None,
        runs=(run,),
        tally=Tally(),
        totals=Totals(keys=rows, versions=rows, current=rows, facts=rows),
    )


def commits(
    base: str, own: str, rows: int, batches: int, spread: str, delay_s: float
) -> list[dict[str, Any]]:
    """Commit one batch of `BATCH_ROWS` after the other; what each took."""
    size = workload.BATCH_ROWS
    lake = FolderLake(Path(base), Path(own), delay_s)
    memory = Memory(revision=1)
    backends = Backends(lake, memory, memory, utc_now)
    mapping = workload.mapping()
    taken = []
    for number in range(batches):
        ids = workload.chosen_ids(rows, size, spread, number)
        key, body = workload.raw_file(ids, number)
        lake.write(key, body)
        lake.traffic = Traffic()
        began, used = time.perf_counter(), _used()
        failures = merge_files(_HISTORY, mapping, [key], backends)
        clocks = {"seconds": time.perf_counter() - began, "cpu_seconds": _used() - used}
        taken.append(clocks | asdict(lake.traffic) | _checked(lake, failures, rows, size))
    return taken


def _checked(lake: FolderLake, failures: object, rows: int, size: int) -> dict[str, int]:
    """Every ticket that was changed got one version, and its old one was closed."""
    made = commits_after(lake, *_HISTORY, 1)[-1]
    file = made.canonical
    if failures or not file or (file.opened, file.closed, file.removed) != (size, size, 0):
        raise AssertionError(f"a wrong commit: {failures or made}")
    if (made.totals.keys, made.totals.current) != (rows, rows):
        raise AssertionError(f"wrong totals: {made.totals}")
    return {"runs": len(made.runs)}


def index_alone(base: str, own: str, rows: int, size: int) -> dict[str, float]:
    """Read what the index knows of `size` random keys, and write as many; what it took."""
    lake = FolderLake(Path(base), Path(own))
    head = commits_after(lake, *_HISTORY, 0)[0]
    made = Index(head.runs, fact_schema(workload.mapping()), lake)
    wanted = pa.array(workload.chosen_ids(rows, size, "random", 0))
    parts = [facts.filter(pc.is_in(facts["k0"], wanted)) for facts in workload.facts(rows)]
    batch = pa.concat_tables(parts).combine_chunks()
    began, used = time.perf_counter(), _used()
    known = made.known(batch)
    taken = {"read_seconds": time.perf_counter() - began, "read_cpu_seconds": _used() - used}
    if not _plain(known).equals(_plain(batch)):
        raise AssertionError("the index gave other facts than it was given")
    began, used = time.perf_counter(), _used()
    made.having(batch, lambda: keys.state(*_HISTORY, "runs/new.arrow"))
    wrote = {"write_seconds": time.perf_counter() - began, "write_cpu_seconds": _used() - used}
    return taken | wrote


def _plain(facts: pa.Table) -> pa.Table:
    """In order, and with texts as such and not by number."""
    texts = [
        f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in facts.schema
    ]
    return facts.cast(pa.schema(texts)).sort_by("k0")


def _used() -> float:
    spent = os.times()
    return spent.user + spent.system
