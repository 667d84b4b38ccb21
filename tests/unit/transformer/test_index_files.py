"""A batch against a large index: whatever the engine's row order, each fact is on its own side."""

from datetime import UTC, datetime
from unittest.mock import patch

import pyarrow as pa

from cwp_shared.mapping import Mapping
from cwp_transformer import index, index_files
from cwp_transformer.commits import Commit, Tally, Totals
from cwp_transformer.facts import fact_schema
from tests.unit.transformer.fakes import HISTORY, TENANT, TICKETS, FakeLake, Fate

KNOWN = 150_000
BATCH = range(0, KNOWN, 21)


def key_hash(number: int) -> bytes:
    return (number * 0x9E3779B97F4A7C15 % 2**64).to_bytes(16, "big")


def facts(numbers: range, mapping: Mapping) -> pa.Table:
    """Facts of these keys, sorted by key hash as a shard is; other columns say nothing."""
    ordered = sorted(numbers, key=key_hash)
    table = fact_schema(mapping).empty_table()
    columns = {
        name: pa.nulls(len(ordered), kind)
        for name, kind in zip(table.schema.names, table.schema.types, strict=True)
    }
    columns["key_hash"] = pa.array([key_hash(n) for n in ordered], pa.binary())
    columns["k0"] = pa.array(ordered, pa.int64())
    return pa.table(columns, schema=table.schema)


def head_of(shard_key: str) -> Commit:
    return Commit(
        tenant_id=TENANT,
        canonical_table=HISTORY.canonical_table,
        revision=1,
        sequence=1,
        committed_at=datetime(2026, 1, 1, tzinfo=UTC),
        mapping_version=1,
        mapping_digest="",
        key=(),
        raw_keys=(),
        run_ids=(),
        canonical=None,
        shards={"": shard_key},
        tally=Tally(),
        totals=Totals(),
    )


def test_touched_facts_are_exactly_those_of_the_batch_s_keys() -> None:
    lake = FakeLake(Fate())
    with patch.object(index, "SHARD_FACTS", KNOWN):
        lake.write("shard", index.encode(facts(range(KNOWN), TICKETS)))
    known = index_files.read_known(facts(BATCH, TICKETS), head_of("shard"), TICKETS, lake)
    assert set(known.touched["k0"].to_pylist()) == set(BATCH)
    assert len(known.touched) == len(BATCH)
    assert len(known.others) == KNOWN - len(BATCH)
