"""I1 to I9 (scd2.md), asserted of every commit before anything of it is written."""

from collections import Counter

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
    count,
    equal,
    in_order,
    is_true,
    same_as_before,
)


def check(versions: pa.Table, facts: pa.Table) -> None:
    """Assert I1 to I7 and I9 of the versions of whole keys and of their facts, which are merged.

    Raises:
        AssertionError: this code is wrong; nothing may be committed.
    """
    placed = in_order(versions, ["key", "start"])
    broken = {name: count(rows) for name, rows in _broken(placed).items()}
    broken["I9"] = _unaccounted(versions, facts)
    if failed := {name: number for name, number in broken.items() if number}:
        raise AssertionError(f"history breaks its invariants (scd2.md): {failed}")


def check_operations(was: pa.Table, now: pa.Table, done: Counter[tuple[str, bool]]) -> None:
    """Assert I8: rows add up, and only what is there is closed.

    Raises:
        AssertionError: as `check`.
    """
    if len(now) != len(was) + done["open", False] - done["remove", True] or done["close", False]:
        raise AssertionError(f"rows do not add up (scd2.md I8): {len(was)}, {len(now)}, {done}")


def _broken(versions: pa.Table) -> dict[str, Column]:
    follows = same_as_before(versions, "key")
    is_last = pc.invert(is_true(after(follows)))
    start, end = versions["effective_from"], versions["effective_to"]
    ended, was_deleted = before(end), is_true(before(versions["is_deleted"]))
    touches = equal(ended, start)
    overlaps = pc.invert(is_true(pc.less_equal(ended, start)))
    is_wrong_gap = all_of(pc.invert(touches), pc.invert(was_deleted))
    ends = pc.is_null(end)
    return {
        "I1": pc.not_equal(
            versions["is_current"], pc.and_(is_last, pc.invert(versions["is_deleted"]))
        ),
        "I2": pc.not_equal(versions["is_current"], ends),
        "I3": pc.and_(follows, any_of(overlaps, is_wrong_gap)),
        "I4": is_true(pc.greater_equal(start, end)),
        "I5": pc.and_(same_as_before(versions, "key", "attr_hash"), pc.invert(was_deleted)),
        "I6": same_as_before(versions, "key", "start"),
        "I7": same_as_before(versions, "key", "effective_from"),
    }


def _unaccounted(versions: pa.Table, facts: pa.Table) -> int:
    """Record facts that are neither a version's start, nor inside a run, nor replaced."""
    numbered = facts.drop_columns(["fact"]).append_column(
        "fact", pa.arange(0, len(facts)).cast(pa.int32())
    )
    is_start = pc.is_in(numbered["fact"], value_set=versions["fact"].combine_chunks())
    rest = numbered.filter(pc.invert(is_start))
    if not len(rest):
        return 0
    # Step by step, and never all facts of a record against all: one may have 100,000 of them.
    found = query(
        f"""
        WITH seconds AS (
            SELECT key, start FROM facts WHERE kind = {literal(RECORD)}
            GROUP BY key, start HAVING count(*) > 1
        ),
        runs AS (SELECT key, attr_hash, min(start) AS first FROM versions GROUP BY ALL),
        missing AS MATERIALIZED (
            SELECT r.key, r.start, r.upper FROM rest r
            ANTI JOIN seconds s  -- replaced in its second
            ON s.key = r.key AND s.start = r.start
            ANTI JOIN runs v  -- inside a run, perhaps as what came back after a tombstone
            ON v.key = r.key AND v.attr_hash = r.attr_hash AND v.first <= greatest(r.start, r.upper)
            WHERE r.kind = {literal(RECORD)}
        )
        SELECT count(*) AS number FROM missing r
        WHERE NOT EXISTS (  -- replaced in the instant in which it came back with a later one
            FROM facts t, facts f WHERE t.key = r.key AND t.kind = {literal(TOMBSTONE)}
            AND r.start <= t.start AND t.start < r.upper
            AND f.key = r.key AND f.kind = {literal(RECORD)} AND f.start > r.start
            AND (f.upper = r.upper OR f.start = r.upper))
        """,  # noqa: S608 - constants of ours
        rest=rest,
        facts=numbered,
        versions=versions,
    )
    number: int = found["number"][0].as_py()
    return number
