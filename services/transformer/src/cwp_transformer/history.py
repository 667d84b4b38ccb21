"""History as a pure function of the set of facts, and what a commit has to change (scd2.md).

Everything here is about the keys that a batch touches: their old facts, their new facts, the
versions before and after, and the operations that lead from one to the other.
"""

from collections import Counter
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cwp_shared.mapping import Mapping
from cwp_transformer import canonical_text
from cwp_transformer.engine import literal, query
from cwp_transformer.facts import RECORD, TOMBSTONE

#: Of two facts of one observation the greater comes first. Two that differ at the same place of
#: the same page cannot be; if they are there all the same, the hashes decide, not the arrival.
_ORDER = (
    "upper DESC, run_id DESC, id_window DESC, page DESC, page_row DESC, "
    "attr_hash DESC, rest_hash DESC"
)


class Merged(NamedTuple):
    """The facts of the touched keys, each once.

    `added` of them were not known before; `late` of those are older than something known of
    their key, `same_second` of those say something else than another fact of their key and time.
    """

    facts: pa.Table
    added: int
    late: int
    same_second: int


class Change(NamedTuple):
    """Operations on versions, and how many there are of each kind.

    `operations` has `op`, the columns of `versions`, and for an open `raw_key` and `raw_row` of
    the row that it shows. `opened` counts new surrogate keys, `replaced` the opens that put other
    content under a known one.
    """

    operations: pa.Table
    opened: int
    replaced: int
    closed: int
    removed: int
    keys: int
    current: int


def merge(old: pa.Table, new: pa.Table) -> Merged:
    """Put `new` facts to the `old` ones of the same keys.

    One fact stays of each (key, u, T): the greatest by o. All T of one (key, u) are kept, because
    a tombstone that comes later asks for the earliest T after it (R12). A fact that is known
    already changes nothing (R13): the old one stays, with the place where its row is.
    """
    merged = query(
        f"""
        WITH seen AS (
            SELECT *, false AS is_new FROM old_facts UNION ALL
            SELECT *, true AS is_new FROM new_facts
        )
        SELECT * FROM seen
        QUALIFY row_number() OVER (
            PARTITION BY key_hash, kind, start, upper ORDER BY {_ORDER}, is_new, raw_key, raw_row
        ) = 1
        """,  # noqa: S608 - only the constant above
        old_facts=old,
        new_facts=new,
    )
    counts = query(
        """
        WITH known AS (
            SELECT key_hash, max(start) AS latest FROM old_facts
            WHERE kind = 'record' GROUP BY key_hash
        ),
        contents AS (
            SELECT key_hash, start
            FROM (SELECT * FROM old_facts UNION ALL SELECT * FROM new_facts)
            WHERE kind = 'record'
            GROUP BY key_hash, start, mapping_version HAVING count(DISTINCT attr_hash) > 1
        )
        SELECT count(*) FILTER (is_new) AS added,
               count(*) FILTER (
                   is_new AND kind = 'record' AND start < known.latest) AS late,
               count(*) FILTER (is_new AND contents.start IS NOT NULL) AS same_second
        FROM merged LEFT JOIN known USING (key_hash)
        LEFT JOIN contents USING (key_hash, start)
        """,
        merged=merged,
        old_facts=old,
        new_facts=new,
    ).to_pylist()[0]
    return Merged(merged.drop_columns(["is_new"]), **counts)


def versions(facts: pa.Table, tenant_id: str, mapping: Mapping) -> pa.Table:
    """The versions that the facts make, one row each (R2, R3, R6 to R9, R11, R12).

    Columns: `sk`, `key_hash`, `k0`..., `effective_from`, `effective_to`, `is_current`,
    `is_deleted`, `start`, and `u`, `attr_hash`, `rest_hash`, `run_id`, `raw_key`, `raw_row` of the
    fact that the version begins with. `start` is u, or the time of a re-appearance.
    """
    keys = [f"k{number}" for number in range(len(mapping.key))]
    key_text = canonical_text.key_text(tenant_id, mapping.table, mapping.key_columns, keys)
    return query(
        f"""
        WITH seconds AS (  -- one second, one version: the greatest o counts (R6)
            SELECT * RENAME (start AS u) FROM facts WHERE kind = {literal(RECORD)}
            QUALIFY row_number() OVER (PARTITION BY key_hash, start ORDER BY {_ORDER}) = 1
        ),
        gone AS (
            SELECT DISTINCT key_hash, start AS t FROM facts WHERE kind = {literal(TOMBSTONE)}
        ),
        seen AS (  -- the last tombstone between what a run saw and the run (R12)
            SELECT f.key_hash, f.start AS u, f.upper, max(g.t) AS t
            FROM facts f LEFT JOIN gone g
            ON g.key_hash = f.key_hash AND g.t >= f.start AND g.t < f.upper
            WHERE f.kind = {literal(RECORD)} GROUP BY ALL
        ),
        starts AS (
            SELECT key_hash, u, CASE WHEN t IS NULL THEN u ELSE min(upper) END AS start
            FROM seen GROUP BY key_hash, u, t
        ),
        items AS (  -- at one instant a tombstone comes before a record (R11)
            SELECT *, 1 AS place FROM starts JOIN seconds USING (key_hash, u)
            QUALIFY row_number() OVER (PARTITION BY key_hash, start ORDER BY u DESC) = 1
            UNION ALL BY NAME
            SELECT key_hash, t AS start, 0 AS place FROM gone
        ),
        begun AS (  -- runs of equal hash collapse to their first, but not across a tombstone (R7)
            SELECT * FROM items
            QUALIFY lag(attr_hash) OVER (PARTITION BY key_hash ORDER BY start, place)
                    IS DISTINCT FROM attr_hash OR place = 0
        ),
        placed AS (
            SELECT *, row_number() OVER timeline = 1 AS is_first,
                   lead(start) OVER timeline AS effective_to,
                   coalesce(lead(place) OVER timeline = 0, false) AS is_deleted
            FROM begun WINDOW timeline AS (PARTITION BY key_hash ORDER BY start, place)
        )
        SELECT {canonical_text.surrogate_key(key_text, "start")} AS sk, key_hash, {", ".join(keys)},
               CASE WHEN is_first THEN least(start, created) ELSE start END AS effective_from,
               effective_to, effective_to IS NULL AS is_current, is_deleted,
               start, u, attr_hash, rest_hash, run_id, raw_key, raw_row
        FROM placed WHERE place = 1
        """,  # noqa: S608 - names by number, texts quoted by canonical_text
        facts=facts,
    )


def difference(before: pa.Table, after: pa.Table, mapping: Mapping) -> Change:
    """What leads from the versions `before` to those `after`; they are of the same keys."""
    keys = [f"k{number}" for number in range(len(mapping.key))]
    named = [
        "sk", "key_hash", *keys, "effective_from", "effective_to", "start",
        "u", "attr_hash", "run_id", "raw_key", "raw_row",
    ]  # fmt: skip
    chosen = ", ".join(f"CASE WHEN a.sk IS NULL THEN b.{n} ELSE a.{n} END AS {n}" for n in named)
    operations = query(
        f"""
        SELECT CASE
                   WHEN a.sk IS NULL THEN 'remove'
                   WHEN b.sk IS NULL OR a.attr_hash <> b.attr_hash OR a.rest_hash <> b.rest_hash
                        OR a.u <> b.u
                   THEN 'open'
                   WHEN a.effective_from <> b.effective_from
                        OR a.effective_to IS DISTINCT FROM b.effective_to
                        OR a.is_deleted <> b.is_deleted
                   THEN 'close'
               END AS op,
               b.sk IS NOT NULL AS was_there, {chosen},
               coalesce(a.is_current, false) AS is_current,
               coalesce(a.is_deleted, b.is_deleted) AS is_deleted
        FROM after a FULL JOIN before b ON a.key_hash = b.key_hash AND a.start = b.start
        """,  # noqa: S608 - fixed names
        before=before,
        after=after,
    )
    done = Counter(zip(*(operations[n].to_pylist() for n in ("op", "was_there")), strict=True))
    return Change(
        operations.drop_columns(["was_there"]).filter(pc.is_valid(operations["op"])),
        opened=done["open", False],
        replaced=done["open", True],
        closed=done["close", True],
        removed=done["remove", True],
        keys=len(pc.unique(after["key_hash"])) - len(pc.unique(before["key_hash"])),
        current=_count(after["is_current"]) - _count(before["is_current"]),
    )


def _count(flags: pa.ChunkedArray) -> int:
    count: int = pc.sum(flags, min_count=0).as_py()
    return count


def check(after: pa.Table) -> None:
    """Assert I1 to I7 on the versions of whole keys.

    Raises:
        AssertionError: this code is wrong; nothing may be committed.
    """
    broken = query(
        """
        WITH placed AS (
            SELECT *, lag(effective_to) OVER timeline AS ended, lag(attr_hash) OVER timeline AS was,
                   lag(is_deleted) OVER timeline AS was_deleted,
                   lag(sk) OVER timeline IS NOT NULL AS follows,
                   lead(sk) OVER timeline IS NULL AS is_last
            FROM versions WINDOW timeline AS (PARTITION BY key_hash ORDER BY effective_from, start)
        )
        SELECT count(*) FILTER (is_current <> (is_last AND NOT is_deleted)) AS i1,
               count(*) FILTER (is_current <> (effective_to IS NULL)) AS i2,
               count(*) FILTER (follows AND (
                   ended IS NULL OR ended > effective_from
                   OR (ended < effective_from AND NOT was_deleted))) AS i3,
               count(*) FILTER (effective_from >= effective_to) AS i4,
               count(*) FILTER (was = attr_hash AND NOT was_deleted) AS i5,
               count(*) - count(DISTINCT sk) AS i6,
               count(*) - count(DISTINCT (key_hash, effective_from)) AS i7
        FROM placed
        """,
        versions=after,
    ).to_pylist()[0]
    if failed := {name: count for name, count in broken.items() if count}:
        raise AssertionError(f"history breaks its invariants (scd2.md): {failed}")
