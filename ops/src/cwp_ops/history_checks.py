"""The invariants of a history (scd2.md, I1 to I7), asked of the warehouse in SQL.

I8 and I9 speak of commits and facts, which only the transformer sees.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cwp_ops.warehouse import Warehouse, quoted

#: Each version beside the one before it, of the same key.
_NEIGHBOURS = """(
    SELECT effective_from, attr_hash,
        row_number() OVER (PARTITION BY {keys} ORDER BY effective_from) > 1 AS has_before,
        lag(effective_to) OVER (PARTITION BY {keys} ORDER BY effective_from) AS before_to,
        lag(is_deleted) OVER (PARTITION BY {keys} ORDER BY effective_from) AS before_deleted,
        lag(attr_hash) OVER (PARTITION BY {keys} ORDER BY effective_from) AS before_hash
    FROM {name}
)"""
#: Per invariant: what it means, and rows to look at, and which of them break it.
_RULES = {
    "I1": (
        "one current version per key, unless deleted",
        """(SELECT {keys} FROM {name} GROUP BY {keys}
            HAVING sum(CASE WHEN is_current THEN 1 ELSE 0 END) > 1
            OR sum(CASE WHEN is_current OR is_deleted THEN 1 ELSE 0 END) = 0)""",
        "TRUE",
    ),
    "I2": (
        "current exactly when effective_to is empty",
        "{name}",
        "is_current <> (effective_to IS NULL)",
    ),
    "I3": (
        "no overlap, and a gap only after a delete",
        _NEIGHBOURS,
        """has_before AND (before_to IS NULL OR effective_from < before_to
            OR (effective_from > before_to AND NOT before_deleted))""",
    ),
    "I4": (
        "effective_from before effective_to",
        "{name}",
        "effective_from >= effective_to",
    ),
    "I5": (
        "neighbours without a gap differ",
        _NEIGHBOURS,
        "has_before AND effective_from = before_to AND attr_hash = before_hash",
    ),
    "I6": (
        "sk is unique",
        "(SELECT sk FROM {name} GROUP BY sk HAVING count(*) > 1)",
        "TRUE",
    ),
    "I7": (
        "key and effective_from are unique",
        """(SELECT {keys}, effective_from FROM {name}
            GROUP BY {keys}, effective_from HAVING count(*) > 1)""",
        "TRUE",
    ),
}


@dataclass(frozen=True)
class Broken:
    """An invariant that does not hold: how many rows or keys break it."""

    table: str
    rule: str
    meaning: str
    count: int


def broken(
    warehouse: Warehouse, tenant_id: str, table: str, key: Sequence[str]
) -> Iterator[Broken]:
    """The invariants that do not hold for one table, whose records `key` identifies."""
    name = quoted(tenant_id, table)
    keys = ", ".join(quoted(column) for column in key)
    for rule, (meaning, rows, breaks) in _RULES.items():
        source = rows.format(name=name, keys=keys)
        answer = warehouse.query(f"SELECT count(*) FROM {source} AS t WHERE {breaks}")  # noqa: S608 - names are quoted
        count = int(answer.rows[0][0])
        if count:
            yield Broken(name, rule, meaning, count)
