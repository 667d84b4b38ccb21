"""Reading and writing the shards that a batch touches."""

from typing import NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared import keys
from cwp_shared.mapping import Mapping
from cwp_transformer import index
from cwp_transformer.commits import Commit
from cwp_transformer.facts import fact_schema
from cwp_transformer.lake import Lake
from cwp_transformer.ledger import HistoryRef

#: The one shard of a history that has none yet.
_ALL = ""


class Known(NamedTuple):
    """What the shards near some keys hold: facts of just these keys, and of others."""

    shards: frozenset[str]
    touched: pa.Table
    others: pa.Table


def read_known(facts: pa.Table, head: Commit | None, mapping: Mapping, lake: Lake) -> Known:
    """The known facts in the shards that the keys of `facts` belong to."""
    schema = fact_schema(mapping)
    shards = head.shards if head else {}
    near = index.shards_of(facts["key_hash"], shards) if shards else {_ALL}
    bodies = (lake.read(shards[name]) for name in sorted(near & shards.keys()))
    known = pa.concat_tables([schema.empty_table(), *(index.decode(b, schema) for b in bodies)])
    # A mask goes by position, so it is not for SQL, whose answers have no order of their own.
    marked = pc.is_in(known["key_hash"], value_set=pc.unique(facts["key_hash"]))
    return Known(frozenset(near), known.filter(marked), known.filter(pc.invert(marked)))


def write_shards(
    merged: pa.Table, known: Known, revision: int, history: HistoryRef, lake: Lake
) -> dict[str, str]:
    """Write the facts of the touched shards under new keys: shard -> key."""
    together = pa.concat_tables([known.others, merged.cast(known.others.schema)])
    facts = together.sort_by([(name, "ascending") for name in ("key_hash", "start", "upper")])
    written = {}
    for shard in sorted(known.shards):
        for name, some in index.split(index.part(facts, shard), shard).items():
            # Racing workers write the same revision, so the key must not follow from it alone.
            unique = f"shards/{revision:012d}-{name or 'all'}-{uuid4().hex}.parquet"
            written[name] = keys.state(*history, unique)
            lake.write(written[name], index.encode(some))
    return written
