from unittest.mock import patch

import pyarrow as pa
import pytest

from cwp_transformer import index


def facts(*hashes: str) -> pa.Table:
    keys = sorted(bytes.fromhex(h.ljust(32, "0")) for h in hashes)
    return pa.table({"key_hash": pa.array(keys, pa.binary()), "n": range(len(keys))})


def hashes(table: pa.Table) -> list[str]:
    return [key.hex().rstrip("0") for key in table["key_hash"].to_pylist()]


def test_few_facts_stay_one_shard() -> None:
    assert list(index.split(facts("1", "2"), "")) == [""]


def test_many_facts_become_sixteen_shards_that_hold_each_fact_once() -> None:
    with patch.object(index, "SHARD_FACTS", 2):
        parts = index.split(facts("01", "1", "1f", "f", "ff"), "")
    assert sorted(parts) == [f"{n:x}" for n in range(16)]
    assert {name: hashes(p) for name, p in parts.items() if len(p)} == {
        "0": ["01"],
        "1": ["1", "1f"],
        "f": ["f", "ff"],
    }


def test_a_part_is_found_at_odd_and_even_digits() -> None:
    table = facts("3a", "3af", "3b", "4", "3")
    assert hashes(index.part(table, "3a")) == ["3a", "3af"]
    assert hashes(index.part(table, "3")) == ["3", "3a", "3af", "3b"]
    assert hashes(index.part(table, "5")) == []


def test_the_last_hash_of_all_belongs_to_the_last_shard() -> None:
    assert len(index.part(facts("f" * 32), "f")) == 1


@pytest.mark.parametrize(
    ("keys", "expected"),
    [(["3a", "3b"], {"3"}), (["00", "0f"], {"00", "0f"}), ([], set())],
)
def test_keys_find_their_shards_at_any_depth(keys: list[str], expected: set[str]) -> None:
    shards = [f"{n:x}" for n in range(1, 16)] + [f"0{n:x}" for n in range(16)]
    assert index.shards_of(facts(*keys)["key_hash"], shards) == expected


def test_a_shard_reads_back_as_it_was_written() -> None:
    table = facts("1", "2")
    assert index.decode(index.encode(table), table.schema).equals(table)
