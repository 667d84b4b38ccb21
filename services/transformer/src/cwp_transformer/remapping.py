"""Rows mapped again from their raw files, where the index keeps only what it needs of them."""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping, MappingError
from cwp_transformer.engine import query
from cwp_transformer.facts import RECORD, fact_schema, no_values, read_facts
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

    Raises:
        MappingError: it makes another record of a row.
    """
    of_another = pc.not_equal(facts["mapping_version"], mapping.version)
    stale = facts.filter(pc.and_(of_another, pc.equal(facts["kind"], RECORD)))
    if not len(stale):
        return Remapped(facts, 0)
    fresh = pa.concat_tables(_read(stale, tenant_id, mapping, lake)).select(facts.column_names)
    _check_keys(stale, fresh, mapping)
    kept = query(
        f"SELECT * FROM facts f WHERE NOT {_IN_PLACES}",  # noqa: S608 - only the constant above
        facts=facts,
        places=fresh.select(["raw_key", "raw_row"]),
    )
    return Remapped(pa.concat_tables([kept.cast(facts.schema), fresh]), len(fresh))


def _check_keys(known: pa.Table, fresh: pa.Table, mapping: Mapping) -> None:
    """See that every row is of the record that it was of: of others not all facts are at hand."""
    moved = query(
        """
        SELECT f.raw_key, f.raw_row FROM fresh f
        JOIN known k ON k.raw_key = f.raw_key AND k.raw_row = f.raw_row
        WHERE k.key_hash <> f.key_hash
        """,
        known=known.select([*_PLACE, "key_hash"]),
        fresh=fresh.select([*_PLACE, "key_hash"]),
    )
    if len(moved):
        raise MappingError(
            f"mappings/{mapping.table}.json: key: version {mapping.version} makes other records of "
            f"{len(moved)} rows that the history knows, one of them in {moved['raw_key'][0]}; what "
            "a key is made of cannot change within one history; make a table of another name"
        )


class Shown(NamedTuple):
    """Operations whose `row` and `newest_row` are places in `facts`, which are wide."""

    operations: pa.Table
    facts: pa.Table


def shown_rows(
    operations: pa.Table, facts: pa.Table, tenant_id: str, mapping: Mapping, lake: Lake
) -> Shown:
    """The wide facts that opened versions show: from the batch's `facts`, or mapped again.

    Raises:
        Terminal: the raw row of a version does not fit the mapping any more.
    """
    opened = operations.filter(pc.equal(operations["op"], "open"))
    here = _absent(opened, "row", "raw_key", "raw_row")
    if any(column.history == "overwritten" for column in mapping.attributes):
        newest = _absent(opened, "newest_row", "newest_key", "newest_place")
        here = pa.concat_tables([here, newest]).group_by(_PLACE).aggregate([])
    if not len(here):
        return Shown(operations, facts)
    found = _read(here, tenant_id, mapping, lake)
    if sum(map(len, found)) < len(here):
        raise Terminal(
            f"{tenant_id}.{mapping.table}: version {mapping.version} of the mapping cannot take "
            f"rows that an older one took, in {', '.join(pc.unique(here['raw_key']).to_pylist())}; "
            "give the narrower column a new name"
        )
    together = pa.concat_tables([facts, *found])
    return Shown(_placed(operations, together.slice(len(facts)), len(facts)), together)


_PLACE = ["raw_key", "raw_row"]


def _absent(opened: pa.Table, row: str, raw_key: str, raw_row: str) -> pa.Table:
    """Where in raw/ the rows are that the batch does not have, each once."""
    absent = opened.filter(pc.is_null(opened[row]))
    # Grouping takes no texts that stand as numbers.
    places = pa.table([absent[raw_key].cast(pa.string()), absent[raw_row]], names=_PLACE)
    return places.group_by(_PLACE).aggregate([])


def _placed(operations: pa.Table, found: pa.Table, first: int) -> pa.Table:
    """With the places of the rows that were `found`, which begin at `first`."""
    numbers = pa.arange(first, first + len(found)).cast(pa.int32())
    return query(
        """
        SELECT o.* REPLACE (coalesce(o.row, r.number) AS row,
                            coalesce(o.newest_row, n.number) AS newest_row)
        FROM operations o
        LEFT JOIN found r ON r.raw_key = o.raw_key AND r.raw_row = o.raw_row
        LEFT JOIN found n ON n.raw_key = o.newest_key AND n.raw_row = o.newest_place
        """,
        operations=operations,
        found=found.select(_PLACE).append_column("number", numbers),
    )


def no_rows(mapping: Mapping) -> pa.Table:
    """Wide facts, none of them."""
    wide = query(f"SELECT {no_values(mapping)} WHERE false")
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
