from collections.abc import Iterator

import duckdb
import pytest

from cwp_ops.history_checks import broken
from cwp_ops.timeline import timeline
from cwp_ops.warehouse import Answer, Warehouse

GOOD = [
    # sk, id, from, to, current, deleted, hash
    ("a1", 1, "2026-01-01", "2026-02-01", False, False, "x"),
    ("a2", 1, "2026-02-01", None, True, False, "y"),
    ("b1", 2, "2026-01-01", "2026-01-05", False, True, "x"),
    ("b2", 2, "2026-03-01", None, True, False, "x"),
    ("c1", 3, "2026-01-01", "2026-01-02", False, True, "x"),
]


class DuckDbWarehouse(Warehouse):
    """The checks' SQL, run for real."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def query(self, sql: str, **_: str) -> Answer:
        found = self._connection.execute(sql)
        columns = tuple(column[0] for column in found.description or ())
        return Answer(columns, found.fetchall())


@pytest.fixture
def warehouse() -> Iterator[DuckDbWarehouse]:
    with duckdb.connect() as connection:
        connection.execute('CREATE SCHEMA "acme"')
        connection.execute(
            'CREATE TABLE "acme"."tickets" (sk VARCHAR, ticket_id BIGINT, '
            "effective_from TIMESTAMP, effective_to TIMESTAMP, is_current BOOLEAN, "
            "is_deleted BOOLEAN, attr_hash VARCHAR)"
        )
        connection.executemany('INSERT INTO "acme"."tickets" VALUES (?, ?, ?, ?, ?, ?, ?)', GOOD)
        yield DuckDbWarehouse(connection)


def rules(warehouse: DuckDbWarehouse) -> set[str]:
    return {found.rule for found in broken(warehouse, "acme", "tickets", ["ticket_id"])}


def test_a_right_history_breaks_nothing(warehouse: DuckDbWarehouse) -> None:
    assert rules(warehouse) == set()


@pytest.mark.parametrize(
    ("rule", "row"),
    [
        ("I1", ("d1", 4, "2026-01-01", "2026-01-02", False, False, "x")),
        ("I2", ("d1", 4, "2026-01-01", "2026-01-02", True, False, "x")),
        ("I3", ("b3", 2, "2026-01-04", "2026-01-06", False, False, "z")),
        ("I4", ("d1", 4, "2026-01-03", "2026-01-02", False, True, "x")),
        ("I5", ("c2", 3, "2026-01-02", None, True, False, "x")),
        ("I6", ("a1", 4, "2026-01-01", None, True, False, "x")),
        ("I7", ("a3", 1, "2026-01-01", "2026-01-01 01:00", False, False, "z")),
    ],
)
def test_each_rule_finds_what_breaks_it(
    warehouse: DuckDbWarehouse, rule: str, row: tuple[object, ...]
) -> None:
    warehouse._connection.execute('INSERT INTO "acme"."tickets" VALUES (?, ?, ?, ?, ?, ?, ?)', row)
    assert rule in rules(warehouse)


def test_two_current_versions_break_rule_one(warehouse: DuckDbWarehouse) -> None:
    warehouse._connection.execute(
        "INSERT INTO \"acme\".\"tickets\" VALUES ('a3', 1, '2026-05-01', NULL, TRUE, FALSE, 'z')"
    )
    assert {"I1", "I3"} <= rules(warehouse)


def test_a_gap_that_no_delete_explains_breaks_rule_three(warehouse: DuckDbWarehouse) -> None:
    warehouse._connection.execute('UPDATE "acme"."tickets" SET is_deleted = FALSE')
    assert "I3" in rules(warehouse)


def test_a_timeline_tells_what_changed_when(warehouse: DuckDbWarehouse) -> None:
    rows = warehouse.query(
        'SELECT *, sk AS status FROM "acme"."tickets" WHERE ticket_id = 1 ORDER BY effective_from'
    ).records()
    first, second = timeline(rows)
    assert first.changes == ()
    assert first.effective_to == second.effective_from
    assert second.changes == (("status", "a1", "a2"),)
    assert second.effective_to is None
