"""Rows mapped again from their raw files, where the index keeps only what it needs of them."""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping
from cwp_transformer.binding import sql_type
from cwp_transformer.engine import query
from cwp_transformer.facts import RECORD, fact_schema, read_facts
from cwp_transformer.lake import Lake
from cwp_transformer.raw_file import read_raw

_IN_PLACES = "EXISTS (SELECT 1 FROM places p WHERE p.raw_key = f.raw_key AND p.raw_row = f.raw_row)"


class Remapped(NamedTuple):
    """Facts brought to a mapping's version; `changed` is how many were of another one."""

    facts: pa.Table
    changed: int


def to_version(facts: pa.Table, tenant_id: str, mapping: Mapping, lake: Lake) -> Remapped:
    """Make the hashes of `facts` comparable with those of this mapping (scd2.md R4, R10).

    A row that this mapping cannot take keeps the hashes of the one that took it.
    """
    of_another = pc.not_equal(facts["mapping_version"], mapping.version)
    stale = facts.filter(pc.and_(of_another, pc.equal(facts["kind"], RECORD)))
    if not len(stale):
        return Remapped(facts, 0)
    fresh = pa.concat_tables(_read(stale, tenant_id, mapping, lake)).select(facts.column_names)
    kept = query(
        f"SELECT * FROM facts f WHERE NOT {_IN_PLACES}",  # noqa: S608 - only the constant above
        facts=facts,
        places=fresh.select(["raw_key", "raw_row"]),
    )
    return Remapped(pa.concat_tables([kept.cast(facts.schema), fresh]), len(fresh))


def shown_rows(
    opened: pa.Table, facts: pa.Table, tenant_id: str, mapping: Mapping, lake: Lake
) -> pa.Table:
    """The wide facts that opened versions show: from the batch's `facts`, or mapped again.

    Raises:
        Terminal: the raw row of a version does not fit the mapping any more.
    """
    here = query(
        f"SELECT DISTINCT raw_key, raw_row FROM opened f WHERE NOT {_IN_PLACES}",  # noqa: S608 - only the constant above
        opened=opened,
        places=facts.select(["raw_key", "raw_row"]),
    )
    found = _read(here, tenant_id, mapping, lake)
    if sum(map(len, found)) < len(here):
        raise Terminal(
            f"{tenant_id}.{mapping.table}: version {mapping.version} of the mapping cannot take "
            f"rows that an older one took, in {', '.join(pc.unique(here['raw_key']).to_pylist())}; "
            "give the narrower column a new name"
        )
    return pa.concat_tables([facts, *found])


def no_rows(mapping: Mapping) -> pa.Table:
    """Wide facts, none of them."""
    nulls = [f"NULL::{sql_type(c)} AS v{number}" for number, c in enumerate(mapping.columns)]
    wide = query(f"SELECT {', '.join(nulls)} WHERE false")
    narrow = fact_schema(mapping).empty_table()
    return pa.table({n: table[n] for table in (narrow, wide) for n in table.column_names})


def _read(places: pa.Table, tenant_id: str, mapping: Mapping, lake: Lake) -> list[pa.Table]:
    found = []
    for raw_key in pc.unique(places["raw_key"]).to_pylist():
        rows = places.filter(pc.equal(places["raw_key"], raw_key))["raw_row"]
        raw = read_raw(lake.read(raw_key), raw_key, mapping)
        wanted = raw.filter(pc.is_in(raw["raw_row"], rows.combine_chunks()))
        found.append(read_facts(wanted, raw_key, tenant_id, mapping).rows)
    return found
