"""History as a pure function of the set of facts, and what a commit has to change (scd2.md).

Everything here is about the keys that a batch touches: their old facts, their new facts, the
versions before and after, and the operations that lead from one to the other. Where records and
contents only have to be told apart, they have numbers: SQL sorts a number far sooner than a hash.
"""

from collections import Counter
from operator import add
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from cwp_transformer.engine import literal, query
from cwp_transformer.facts import RECORD, key_parts
from cwp_transformer.index import identity
from cwp_transformer.invariants import check, check_operations
from cwp_transformer.neighbours import all_of, count, in_order, is_true, same_as_before
from cwp_transformer.versions import ORDER, difference, versions


class Merged(NamedTuple):
    """The facts of the touched keys, each once.

    `rows` says of each one which row of the batch it is, NULL if it was known already. `added` of
    them were not known before; `late` of those are older than something known of their key,
    `same_second` of those say something else than another fact of their key and time.
    """

    facts: pa.Table
    rows: pa.Array
    added: int
    late: int
    same_second: int


class Counts(NamedTuple):
    """What operations do: how many versions they open, put other content under, close, remove.

    `opened` counts new surrogate keys, `replaced` the opens that put other content under a known
    one. `keys` and `current` are how many more records and current versions there are.
    """

    opened: int = 0
    replaced: int = 0
    closed: int = 0
    removed: int = 0
    keys: int = 0
    current: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        return Counts(*map(add, self, other))


class Change(NamedTuple):
    """Operations on versions, and how many there are of each kind.

    `operations` has `op`; `start`, the version's; of the fact that the version begins with its key
    parts, `u`, `attr_hash`, `run_id` and place in raw/ (`raw_key`, `raw_row`); `effective_from`,
    `effective_to`, `is_current`, `is_deleted`; `row` and `newest_row`, the rows of the batch, NULL
    if it has them not, where the version's attributes and those that are overwritten are; and
    `newest_key`, `newest_place`, where the latter are in raw/.
    """

    operations: pa.Table
    counts: Counts


def merge(old: pa.Table, new: pa.Table) -> Merged:
    """Put `new` facts to the `old` ones of the same keys.

    One fact stays of each (key, u, T): the greatest by o. All T of one (key, u) are kept, because
    a tombstone that comes later asks for the earliest T after it (R12). A fact that is known
    already changes nothing (R13): the old one stays, with the place where its row is.
    """
    together = pa.concat_tables([old, new.select(old.column_names)])
    rows = pa.concat_arrays([pa.nulls(len(old), pa.int32()), _count_to(len(new))])
    facts = _keyed(together).append_column("row", rows)
    late = _late(facts)
    if not _is_crowded(facts):
        return Merged(together, rows, added=len(new), late=count(late), same_second=0)
    crowded = _crowded(facts)
    gone = crowded.filter(pc.invert(crowded["stays"]))
    stays = pc.invert(_is_in(facts["fact"], gone["fact"]))
    return Merged(
        together.filter(stays),
        rows.filter(stays.combine_chunks()),
        added=len(new) - count(gone["is_new"]),
        late=count(pc.and_(late, stays)),
        same_second=count(crowded["is_other"]),
    )


def _late(facts: pa.Table) -> pa.ChunkedArray:
    """Whether a fact is a new record, older than something known of its key."""
    is_record, is_known = pc.equal(facts["kind"], RECORD), pc.is_null(facts["row"])
    known = facts.filter(pc.and_(is_record, is_known)).group_by("key").aggregate([("start", "max")])
    place = pc.index_in(facts["key"], value_set=known["key"].combine_chunks())
    is_older = pc.less(facts["start"], known["start_max"].take(place))
    return all_of(is_record, pc.invert(is_known), is_true(is_older))


def _is_crowded(facts: pa.Table) -> bool:
    placed = in_order(facts.select(["key", "start"]), ["key", "start"])
    return count(same_as_before(placed, "key", "start")) > 0


def _crowded(facts: pa.Table) -> pa.Table:
    """Facts that share key and time with others: whether one `stays`, whether it `is_other`."""
    return query(
        f"""
        WITH crowds AS (SELECT key, start FROM facts GROUP BY key, start HAVING count(*) > 1),
        crowded AS (SELECT * FROM facts SEMI JOIN crowds USING (key, start)),
        disputed AS (
            SELECT key, start FROM crowded WHERE kind = {literal(RECORD)}
            GROUP BY key, start, mapping_version HAVING count(DISTINCT attr_hash) > 1
        ),
        ranked AS (
            SELECT *, row IS NOT NULL AS is_new, row_number() OVER (
                PARTITION BY key, kind, start, upper
                ORDER BY {ORDER}, row IS NOT NULL, raw_key, raw_row
            ) = 1 AS stays
            FROM crowded
        )
        SELECT fact, is_new, stays, is_new AND stays AND d.key IS NOT NULL AS is_other
        FROM ranked LEFT JOIN (SELECT DISTINCT * FROM disputed) d USING (key, start)
        """,  # noqa: S608 - constants of ours
        facts=facts,
    )


def all_known(facts: pa.Table) -> Merged:
    """Facts that are merged already, none of them out of a batch."""
    return Merged(facts, pa.nulls(len(facts), pa.int32()), added=0, late=0, same_second=0)


def changes(before: pa.Table, merged: Merged) -> Change:
    """What leads from the versions that the facts `before` make to those of the merged facts.

    Raises:
        AssertionError: the outcome breaks an invariant; nothing may be committed.
    """
    facts = _keyed(pa.concat_tables([before, merged.facts.select(before.column_names)]))
    was, now = versions(facts.slice(0, len(before))), versions(facts.slice(len(before)))
    check(now, facts.slice(len(before)))
    operations = difference(was, _moved(now, len(before)))
    kinds = operations.group_by(["op", "was_there"]).aggregate([([], "count_all")]).to_pylist()
    done = Counter({(kind["op"], kind["was_there"]): kind["count_all"] for kind in kinds})
    check_operations(was, now, done)
    rows = pa.concat_arrays([pa.nulls(len(before), pa.int32()), merged.rows])
    counts = Counts(
        opened=done["open", False],
        replaced=done["open", True],
        closed=done["close", True],
        removed=done["remove", True],
        keys=len(pc.unique(now["key"])) - len(pc.unique(was["key"])),
        current=count(now["is_current"]) - count(was["is_current"]),
    )
    return Change(_with_facts(operations, facts, rows), counts)


def _moved(versions: pa.Table, rows: int) -> pa.Table:
    """With `fact` and `newest` counted from `rows` on."""
    moved = {
        name: pc.add(versions[name], pa.scalar(rows, pa.int32())) for name in ("fact", "newest")
    }
    columns = {name: versions[name] for name in versions.column_names}
    return pa.table(columns | moved)


def _keyed(facts: pa.Table) -> pa.Table:
    """With `fact`, the place in the table, and `key`, a number for each record."""
    keys = facts[identity(facts.schema)].combine_chunks().dictionary_encode().indices
    return facts.append_column("fact", _count_to(len(facts))).append_column("key", keys)


def _with_facts(operations: pa.Table, facts: pa.Table, rows: pa.Array) -> pa.Table:
    own = facts.select([*key_parts(facts.schema), "run_id", "raw_key", "raw_row"])
    own, newest = own.take(operations["fact"]), operations["newest"]
    columns = {name: operations[name] for name in _OPERATION}
    columns |= {name: own[name] for name in own.column_names}
    return pa.table(
        columns
        | {
            "row": rows.take(operations["fact"]),
            "newest_row": rows.take(newest),
            "newest_key": facts["raw_key"].take(newest),
            "newest_place": facts["raw_row"].take(newest),
        }
    )


#: What of `versions.difference` a commit needs.
_OPERATION: Final = (
    *("op", "start", "u", "attr_hash"),
    *("effective_from", "effective_to", "is_current", "is_deleted"),
)


def _is_in(values: pa.ChunkedArray, some: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.is_in(values, value_set=some.combine_chunks())


def _count_to(number: int) -> pa.Array:
    return pa.arange(0, number).cast(pa.int32())
