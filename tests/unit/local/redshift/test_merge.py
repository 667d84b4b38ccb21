"""MERGE as the guide's page r_MERGE has it, and what Redshift refuses of it (redshift.md 3.2)."""

import pytest

from cwp_local.redshift.errors import SqlError
from tests.unit.local.redshift.runner import Sql

UPSERT = (
    "MERGE INTO target USING source ON target.id = source.id "
    "WHEN MATCHED THEN UPDATE SET id = source.id, name = source.name "
    "WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name)"
)
REMOVE = (
    "MERGE INTO target USING source ON target.id = source.id WHEN MATCHED THEN DELETE "
    "WHEN NOT MATCHED THEN INSERT VALUES (source.id, source.name)"
)


@pytest.fixture
def tables(sql: Sql) -> Sql:
    sql("CREATE TABLE target (id INT, name CHAR(10))")
    sql("CREATE TABLE source (id INT, name CHAR(10))")
    sql("INSERT INTO target VALUES (101, 'Bob'), (102, 'John'), (103, 'Susan')")
    sql("INSERT INTO source VALUES (102, 'Tony'), (103, 'Alice'), (104, 'Bill')")
    return sql


def _target(sql: Sql) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = sql("SELECT * FROM target ORDER BY id, name")
    return found


def _merge(sql: Sql, text: str) -> int:
    count: int = sql(text)
    return count


def test_the_guides_examples(tables: Sql) -> None:
    assert _merge(tables, UPSERT) == 3
    assert _target(tables) == [(101, "Bob"), (102, "Tony"), (103, "Alice"), (104, "Bill")]
    tables("INSERT INTO source VALUES (105, 'David')")
    _merge(tables, REMOVE)
    assert _target(tables) == [(101, "Bob"), (105, "David")]


def test_values_are_computed_and_fitted_as_elsewhere(sql: Sql) -> None:
    sql("CREATE TABLE t (id INT, price DECIMAL(8,2), name VARCHAR(3))")
    sql("CREATE TEMP TABLE s (id INT, price DECIMAL(8,2), name VARCHAR(9))")
    sql("INSERT INTO t VALUES (1, 10, 'a')")
    sql("INSERT INTO s VALUES (1, 1, 'b'), (2, 2, 'c')")
    text = (
        "MERGE INTO t USING s AS x ON t.id = x.id "
        "WHEN MATCHED THEN UPDATE SET price = t.price / 3, name = x.name "
        "WHEN NOT MATCHED THEN INSERT (id, name) VALUES (x.id, x.name)"
    )
    assert sql(text) == 2
    assert sql("SELECT * FROM t ORDER BY id") == [(1, "3.33", "b"), (2, None, "c")]
    sql("UPDATE s SET name = 'long'")
    with pytest.raises(SqlError, match=r"value too long for type character varying\(3\)"):
        sql(text)


def test_a_row_that_matches_twice_is_an_error(tables: Sql) -> None:
    tables("INSERT INTO source VALUES (102, 'Tony II')")
    with pytest.raises(SqlError, match=r"^Found multiple matches to update the same tuple\.$"):
        tables(UPSERT)
    tables("DELETE FROM source WHERE name = 'Tony II'")
    tables("INSERT INTO target VALUES (102, 'John II')")
    with pytest.raises(SqlError, match="matches several rows of the target"):
        tables(UPSERT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (UPSERT.replace("USING source", "USING (SELECT * FROM source) AS source"), "no subquery"),
        (UPSERT.replace("USING source", "USING seen AS source"), "is a view"),
        (UPSERT.replace("USING source", "USING target AS source"), "the source is the target"),
        (UPSERT.replace("USING source", "USING nope AS source"), 'relation "nope" does not exist'),
        (UPSERT.replace("WHEN MATCHED THEN", "WHEN MATCHED AND 1 = 1 THEN"), "at or near"),
        (UPSERT.partition(" WHEN NOT")[0], "one WHEN NOT MATCHED"),
        (UPSERT.replace("(source.id, source.name)", "(source.id)"), "other numbers of columns"),
        (UPSERT.replace("SET id", "SET nope"), 'column "nope" does not exist'),
        ("MERGE INTO target USING source ON target.id = source.id REMOVE DUPLICATES", "REMOVE"),
    ],
)
def test_refusals(tables: Sql, text: str, words: str) -> None:
    tables("CREATE VIEW seen AS SELECT id, name FROM source")
    try:
        with pytest.raises(SqlError, match=words):
            tables(text)
    finally:
        tables("DROP VIEW seen")
