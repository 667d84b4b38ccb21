"""Which ids of a table are gone: what was ever seen, against complete sweeps (scd2.md R11).

A table of known ids (`SCHEMA`) has one row per id that was ever observed, by a page of rows or by
a sweep. It is a function of the observations and of the sweeps in the order they were made:
observing twice, or in another order, changes nothing.

* An observation is (id, T): a run whose frozen upper bound is T had the row.
* A sweep with upper bound U misses an id that it does not list although the id was observed by a
  run with T <= U. Rows observed later may be younger than the sweep, and prove nothing.
* An id is proven absent when two sweeps in a row miss it; `missed` is the first one's U.
* An observation with T after `missed` brings the id back (R12); an older one, however late it
  arrives, does not.
"""

from datetime import datetime
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

_MOMENT: Final = pa.timestamp("us", "UTC")
#: `seen` is the greatest T; `missed` is null unless the last sweep missed the id; `told` says
#: whether its absence was published.
SCHEMA: Final = pa.schema(
    [
        pa.field("id", pa.int64()),
        pa.field("seen", _MOMENT),
        pa.field("missed", _MOMENT),
        pa.field("told", pa.bool_()),
    ]
)
OBSERVED: Final = pa.schema([SCHEMA.field("id"), SCHEMA.field("seen")])


def nothing_known() -> pa.Table:
    """The known ids of a table that nobody looked at."""
    return SCHEMA.empty_table()


def observed(ids: pa.ChunkedArray, upper: datetime) -> pa.Table:
    """Observations of `ids` (int64) by a run up to `upper`."""
    moments = pa.repeat(pa.scalar(upper, _MOMENT), len(ids))
    return pa.table([ids, pa.chunked_array([moments])], schema=OBSERVED)


def observe(known: pa.Table, observations: pa.Table) -> pa.Table:
    """The known ids after more observations (`OBSERVED`)."""
    count = len(observations)
    added = observations.append_column(SCHEMA.field("missed"), pa.nulls(count, _MOMENT))
    added = added.append_column(SCHEMA.field("told"), pa.repeat(pa.scalar(value=False), count))
    # Only one of an id's rows has `missed` and `told`: the one that was known before.
    merged = (
        pa.concat_tables([known, added])
        .group_by("id")
        .aggregate([("seen", "max"), ("missed", "max"), ("told", "any")])
    )
    back = pc.fill_null(pc.greater(merged["seen_max"], merged["missed_max"]), fill_value=False)
    return pa.table(
        [
            merged["id"],
            merged["seen_max"],
            pc.if_else(back, pa.scalar(None, _MOMENT), merged["missed_max"]),
            pc.and_(merged["told_any"], pc.invert(back)),
        ],
        schema=SCHEMA,
    ).sort_by("id")


def sweep(known: pa.Table, ids: pa.ChunkedArray, upper: datetime) -> pa.Table:
    """The known ids after a complete sweep with upper bound `upper` that listed `ids`."""
    after = observe(known, observed(ids, upper))
    at = pa.scalar(upper, _MOMENT)
    unlisted = pc.invert(pc.is_in(after["id"], value_set=ids.combine_chunks()))
    first_miss = pc.and_(
        pc.and_(unlisted, pc.less_equal(after["seen"], at)), pc.is_null(after["missed"])
    )
    missed = pc.if_else(first_miss, at, after["missed"])
    return after.set_column(2, SCHEMA.field("missed"), missed)


def proven(known: pa.Table, upper: datetime) -> pa.Table:
    """Of the known ids after the sweep up to `upper`: those proven absent and not told of yet."""
    earlier = pc.less(known["missed"], pa.scalar(upper, _MOMENT))
    return known.filter(pc.and_(pc.fill_null(earlier, fill_value=False), pc.invert(known["told"])))


def told_of(known: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """The known ids once the absence of `ids` is published."""
    told = pc.or_(known["told"], pc.is_in(known["id"], value_set=ids.combine_chunks()))
    return known.set_column(3, SCHEMA.field("told"), told)


def alive(known: pa.Table) -> int:
    """How many ids are not known to be gone: those that no published absence names."""
    return len(known) - (pc.sum(known["told"]).as_py() or 0)
