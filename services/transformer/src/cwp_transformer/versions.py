"""The versions that the facts of some keys make: the rules of scd2.md as one function.

Facts here are facts.fact_schema and `key`, a number for `key_hash`, which sorts far sooner.
"""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from cwp_transformer.engine import literal, query
from cwp_transformer.facts import RECORD, TOMBSTONE
from cwp_transformer.neighbours import (
    Column,
    after,
    all_of,
    any_of,
    before,
    equal,
    in_order,
    is_true,
    same_as_before,
)

#: Of two facts of one observation the greater comes first. Two that differ at the same place of
#: the same page cannot be; if they are there all the same, the hashes decide, not the arrival.
ORDER: Final = (
    "upper DESC, run_id DESC, id_window DESC, page DESC, page_row DESC, "
    "attr_hash DESC, rest_hash DESC, over_hash DESC"
)


def versions(facts: pa.Table) -> pa.Table:
    """One row for each version, by key and start (R2, R6 to R9, R11, R12).

    Columns: `key`; `start`, which is u or the time of a re-appearance; `fact` and `u` of the fact
    that it begins with, `newest` of the key's fact that began to hold last: both are rows of
    `facts`; `attr_hash`, `rest_hash` of the first, `over_hash` of the newest; `effective_from`,
    `effective_to`, `is_current`, `is_deleted`.
    """
    items = _items(facts)
    items = items.append_column("attr_hash", facts["attr_hash"].take(items["fact"]))
    # Runs of equal hash collapse to their first, but not across a tombstone, which has none (R7).
    begun = items.filter(pc.invert(same_as_before(items, "key", "attr_hash")))
    follows = is_true(pc.equal(begun["key"], after(begun["key"])))
    effective_to = pc.if_else(follows, after(begun["start"]), None)
    created = facts["created"].take(begun["fact"])
    is_first = pc.invert(same_as_before(begun, "key"))
    placed = {
        "effective_from": pc.if_else(
            is_first, pc.min_element_wise(begun["start"], created), begun["start"]
        ),
        "effective_to": effective_to,
        "is_current": pc.is_null(effective_to),
        "is_deleted": pc.and_(follows, is_true(pc.is_null(after(begun["fact"])))),
        "rest_hash": facts["rest_hash"].take(begun["fact"]),
        "newest": _newest(begun, items, facts),
    }
    placed["over_hash"] = facts["over_hash"].take(placed["newest"])
    found = pa.table({name: begun[name] for name in begun.column_names} | placed)
    return found.filter(pc.is_valid(found["fact"])).combine_chunks()


def _items(facts: pa.Table) -> pa.Table:
    """What begins to hold when, by `key` and `start`: a record's `fact` and `u`, or NULL for none.

    Where no time is told twice and nothing was ever deleted, that is each fact at its u.
    """
    here = pa.arange(0, len(facts)).cast(pa.int32())
    every = pa.table(
        {"key": facts["key"], "start": facts["start"], "u": facts["start"], "fact": here}
    )
    items = in_order(every, ["key", "start"])
    is_gone = pc.equal(facts["kind"], TOMBSTONE)
    told_twice = items.filter(same_as_before(items, "key", "start"))["key"]
    deleted = facts["key"].filter(is_gone)
    involved = pa.concat_arrays([told_twice.combine_chunks(), deleted.combine_chunks()])
    if not len(involved):
        return items
    few = pc.is_in(facts["key"], value_set=involved)
    plain = items.filter(pc.invert(pc.is_in(items["key"], value_set=involved)))
    numbered = facts.drop_columns(["fact"]).append_column("fact", here).filter(few)
    together = pa.concat_tables([plain, _involved_items(numbered).cast(plain.schema)])
    # At one instant a tombstone comes before a record (R11).
    placed = together.append_column("place", pc.cast(pc.is_valid(together["fact"]), pa.int8()))
    return in_order(placed, ["key", "start", "place"]).drop_columns(["place"])


def _involved_items(facts: pa.Table) -> pa.Table:
    return query(
        f"""
        WITH seconds AS (  -- one second, one version: the greatest o counts (R6)
            SELECT * FROM facts WHERE kind = {literal(RECORD)}
            QUALIFY row_number() OVER (PARTITION BY key, start ORDER BY {ORDER}) = 1
        ),
        gone AS (SELECT DISTINCT key, start AS t FROM facts WHERE kind = {literal(TOMBSTONE)}),
        seen AS (  -- the last tombstone between what a run saw and the run (R12)
            SELECT f.key, f.start AS u, f.upper, max(g.t) AS t
            FROM facts f LEFT JOIN gone g ON g.key = f.key AND g.t >= f.start AND g.t < f.upper
            WHERE f.kind = {literal(RECORD)} GROUP BY ALL
        ),
        starts AS (
            SELECT key, u, CASE WHEN t IS NULL THEN u ELSE min(upper) END AS start
            FROM seen GROUP BY key, u, t
        )
        SELECT s.key, s.start, s.u, f.fact
        FROM starts s JOIN seconds f ON f.key = s.key AND f.start = s.u
        QUALIFY row_number() OVER (PARTITION BY s.key, s.start ORDER BY s.u DESC) = 1
        UNION ALL
        SELECT key, t, NULL, NULL FROM gone
        """,  # noqa: S608 - constants of ours
        facts=facts,
    )


def _newest(begun: pa.Table, items: pa.Table, facts: pa.Table) -> pa.ChunkedArray:
    if len(pc.unique(facts["over_hash"].filter(pc.equal(facts["kind"], RECORD)))) < 2:  # noqa: PLR2004 - all the same
        return begun["fact"]
    # Not the one of the greatest u: a record may have come back in an older state (R12).
    records = items.filter(pc.is_valid(items["fact"]))
    is_last = pc.invert(is_true(pc.equal(records["key"], after(records["key"]))))
    last = records.filter(is_last)
    return last["fact"].take(pc.index_in(begun["key"], value_set=last["key"].combine_chunks()))


def difference(was: pa.Table, now: pa.Table) -> pa.Table:
    """What leads from the versions `was` to those `now`; they are of the same keys.

    Columns: those of `versions`, from `now` where it is there; `op`; `was_there`.
    """
    sides = [was.append_column("side", _all(was, 0)), now.append_column("side", _all(now, 1))]
    both = in_order(pa.concat_tables(sides), ["key", "start", "side"])
    was_there = same_as_before(both, "key", "start")
    is_new = pc.equal(both["side"], 1)
    stays = is_true(after(was_there))
    shows_other = pc.invert(same_as_before(both, "attr_hash", "rest_hash", "over_hash", "u"))
    lasts_other = pc.invert(
        all_of(
            same_as_before(both, "effective_from", "is_deleted"),
            equal(both["effective_to"], before(both["effective_to"])),
        )
    )
    is_open = all_of(is_new, any_of(pc.invert(was_there), shows_other))
    is_close = all_of(is_new, was_there, lasts_other)
    is_remove = pc.and_(pc.invert(is_new), pc.invert(stays))
    op = pc.case_when(_struct(is_open, is_close, is_remove), "open", "close", "remove")
    columns = {name: both[name] for name in both.column_names if name != "side"}
    columns["is_current"] = pc.and_(both["is_current"], pc.invert(is_remove))
    columns |= {"op": op, "was_there": pc.or_(was_there, is_remove)}
    return pa.table(columns).filter(pc.is_valid(op))


def _struct(*flags: Column) -> pa.Array:
    plain = [f.combine_chunks() if isinstance(f, pa.ChunkedArray) else f for f in flags]
    return pc.make_struct(*plain)


def _all(table: pa.Table, number: int) -> pa.Array:
    return pa.repeat(pa.scalar(number, pa.int8()), len(table))
