"""What the demo claims, checked: counts, histories, queues. Reads only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cwp_ops.history_checks import broken
from cwp_ops.queue_depths import Depth
from cwp_ops.warehouse import Warehouse, quoted

#: Ids asked for in one statement.
_IDS_PER_QUERY = 500


@dataclass(frozen=True)
class TableCount:
    """Rows of one table: in the sandbox, current in the warehouse, and all versions of them."""

    tenant_id: str
    table: str
    canonical_table: str
    sandbox: int
    current: int
    versions: int
    closed: int

    @property
    def is_right(self) -> bool:
        """As many current rows as the sandbox has rows.

        The demo deletes nothing: a delete needs proof by a reconcile run, which is yet to come.
        """
        return self.sandbox == self.current


def count(
    warehouse: Warehouse,
    tenant_id: str,
    sandbox: Mapping[str, int],
    canonical_tables: Mapping[str, Sequence[str]],
) -> list[TableCount]:
    """Counts of all tables of a tenant, side by side."""
    return [
        _count(warehouse, tenant_id, table, canonical, rows)
        for table, rows in sandbox.items()
        for canonical in canonical_tables.get(table, ())
    ]


def _count(
    warehouse: Warehouse, tenant_id: str, table: str, canonical: str, sandbox: int
) -> TableCount:
    name = quoted(tenant_id, canonical)
    answer = warehouse.query(
        "SELECT COALESCE(sum(CASE WHEN is_current THEN 1 ELSE 0 END), 0), count(*), "  # noqa: S608 - quoted
        f"COALESCE(sum(CASE WHEN is_current THEN 0 ELSE 1 END), 0) FROM {name}"
    )
    current, versions, closed = map(int, answer.rows[0])
    return TableCount(tenant_id, table, canonical, sandbox, current, versions, closed)


def count_problems(counts: Sequence[TableCount]) -> Iterator[str]:
    """Counts that are not as they must be."""
    for one in counts:
        if not one.is_right:
            yield (
                f"{one.tenant_id} {one.canonical_table}: the sandbox has {one.sandbox:,} rows, the "
                f"warehouse {one.current:,} current ones (rows deleted in the sandbox stay current "
                "until reconcile runs exist)"
            )


def history_problems(
    warehouse: Warehouse, tenant_id: str, keys: Mapping[str, Sequence[str]], tables: Sequence[str]
) -> Iterator[str]:
    """Invariants I1 to I7 that do not hold."""
    for table in tables:
        for found in broken(warehouse, tenant_id, table, keys[table]):
            yield f"{found.table}: {found.rule} ({found.meaning}) is broken {found.count} times"


def change_problems(
    warehouse: Warehouse,
    tenant_id: str,
    table: str,
    key: str,
    updated: Sequence[int],
    at: datetime,
) -> Iterator[str]:
    """Updated records without a version that begins exactly where the one before ends, at `at`."""
    moment = at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    name, column = quoted(tenant_id, table), quoted(key)
    right: set[int] = set()
    for start in range(0, len(updated), _IDS_PER_QUERY):
        ids = ", ".join(str(int(one)) for one in updated[start : start + _IDS_PER_QUERY])
        answer = warehouse.query(
            f"SELECT n.{column} FROM {name} AS n JOIN {name} AS o ON o.{column} = n.{column} "  # noqa: S608 - quoted
            f"AND o.effective_to = n.effective_from WHERE n.{column} IN ({ids}) "
            f"AND n.is_current AND n.effective_from = TIMESTAMP '{moment}'"
        )
        right.update(int(row[0]) for row in answer.rows)
    if wrong := sorted(set(updated) - right):
        yield (
            f"{tenant_id} {table}: {len(wrong)} of {len(updated)} updated records have no new "
            f"version from {moment}, for example {wrong[:5]}"
        )


def versions_of(
    warehouse: Warehouse, tenant_id: str, table: str, key: str, record: int
) -> list[dict[str, Any]]:
    """All versions of one record, oldest first."""
    return warehouse.query(
        f"SELECT * FROM {quoted(tenant_id, table)} WHERE {quoted(key)} = {int(record)} "  # noqa: S608 - quoted
        "ORDER BY effective_from"
    ).records()


def queue_problems(seen: Sequence[Depth]) -> Iterator[str]:
    """Queues that are not empty."""
    for depth in seen:
        if not depth.is_empty:
            yield (
                f"queue {depth.queue.name}: {depth.waiting} waiting, {depth.in_flight} in work, "
                f"{depth.dead} dead letters"
            )
