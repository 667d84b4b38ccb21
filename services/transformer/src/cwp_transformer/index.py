"""The history index: which facts are known, in immutable files sharded by key hash.

A shard is named by a prefix of the key hash in hex digits; the shards of a commit cover all
hashes, none twice. At first there is one shard, named by the empty prefix. A shard that outgrows
`SHARD_FACTS` is written as sixteen, so a batch reads and writes what lies near its keys and no
more, however long the history is.
"""

import io
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

#: A shard with more facts than this is split.
SHARD_FACTS: Final = 50_000

_DIGITS: Final = "0123456789abcdef"
_HASH_DIGITS: Final = 32
#: A shard's name is never longer.
_LONGEST_NAME: Final = 8


def shards_of(key_hashes: pa.ChunkedArray, shards: Iterable[str]) -> set[str]:
    """The shards, out of all there are, that some of the keys belong to."""
    there = set(shards)
    lengths = sorted({len(name) for name in there})
    starts = pc.unique(pc.binary_slice(key_hashes, 0, _LONGEST_NAME // 2)).to_pylist()
    digits = {start.hex()[:length] for start in starts for length in lengths}
    return digits & there


def split(facts: pa.Table, shard: str) -> dict[str, pa.Table]:
    """A shard's facts, sorted by key hash, as the one shard or, if they are many, as sixteen.

    Sixteen are enough: a commit is far smaller than what a shard may hold, and a shard that is
    still too large is split again when it is next written.
    """
    if len(facts) <= SHARD_FACTS or len(shard) == _LONGEST_NAME:
        return {shard: facts}
    return {shard + digit: part(facts, shard + digit) for digit in _DIGITS}


def part(facts: pa.Table, shard: str) -> pa.Table:
    """The facts of one shard, out of facts sorted by key hash."""
    low, high = (bytes.fromhex(shard.ljust(_HASH_DIGITS, digit)) for digit in ("0", "f"))
    hashes = facts["key_hash"]
    rows = range(len(facts))
    first = bisect_left(rows, low, key=lambda row: hashes[row].as_py())
    after = bisect_left(rows, high + b"\0", key=lambda row: hashes[row].as_py())
    return facts.slice(first, after - first)


def encode(facts: pa.Table) -> bytes:
    """A shard as Parquet."""
    file = io.BytesIO()
    pq.write_table(facts, file, compression="zstd")
    return file.getvalue()


def decode(body: bytes, schema: pa.Schema) -> pa.Table:
    """A shard that `encode` made."""
    return pq.read_table(io.BytesIO(body), schema=schema)
