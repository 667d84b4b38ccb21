"""Syntax of other engines is refused, and what DuckDB would compute otherwise is not its answer."""

import pytest

from cwp_local.redshift.errors import SqlError
from tests.unit.local.redshift.runner import Sql


@pytest.fixture
def table(sql: Sql) -> Sql:
    sql("CREATE TEMP TABLE t (n INT, f FLOAT, d DATE, j SUPER)")
    sql("INSERT INTO t VALUES (1, 1.5, '2026-02-28', NULL), (2, 2.0, '2026-01-31', NULL)")
    return sql


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("INSERT INTO t (n) VALUES (1) ON CONFLICT DO NOTHING", "at or near"),
        ("INSERT INTO t (n) VALUES (1) RETURNING n", "at or near"),
        ("INSERT OR REPLACE INTO t (n) VALUES (1)", "at or near"),
        ("UPDATE t SET n = 1 RETURNING n", "at or near"),
        ("DELETE FROM t RETURNING n", "at or near"),
        ("SELECT DISTINCT ON (n) n FROM t", "DISTINCT ON is not supported"),
        ("SELECT n FROM t USING SAMPLE 1", "at or near"),
        ("FROM t", "at or near"),
        ("SELECT * REPLACE (1 AS n) FROM t", "at or near"),
        ("SELECT [1, 2]", "at or near"),
        ("SELECT 1 FROM t SEMI JOIN t AS u ON t.n = u.n", "at or near"),
        ("SELECT 1 FROM t POSITIONAL JOIN t AS u", "at or near"),
        ("SELECT 1 FROM t, LATERAL (SELECT n) AS u", "at or near"),
        ("SELECT SUM(n) OVER (ORDER BY n) FROM t", "require a frame clause"),
        ("SELECT FIRST_VALUE(n) IGNORE NULLS OVER (ORDER BY n) FROM t", "require a frame clause"),
        ("SELECT d::timestamp - d::timestamp FROM t", "cannot give a value of type interval"),
        ("SELECT * FROM (SELECT n, f FROM t) PIVOT (AVG(f) FOR n IN (1))", "AVG in PIVOT"),
        ("SELECT 'a' SIMILAR TO t.d::varchar FROM t", "takes a literal pattern"),
    ],
)
def test_what_redshift_has_not_is_refused(table: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        table(text)


def test_an_average_of_integers_is_an_integer(table: Sql) -> None:
    assert table("SELECT AVG(n), AVG(DISTINCT n), AVG(f), AVG(n * 1.0) FROM t") == [
        (1, 1, 1.75, "1.5")
    ]
    assert table("SELECT AVG(n) FROM t WHERE FALSE") == [(None,)]
    assert table("SELECT AVG(n) OVER (PARTITION BY 1) FROM t") == [(1,), (1,)]
    assert table.labels("SELECT AVG(n) FROM t") == [("avg", "int8")]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("ADD_MONTHS('2026-02-28'::date, 1)", "2026-03-31 00:00:00"),
        ("ADD_MONTHS('2026-01-31 10:00:00'::timestamp, 1)", "2026-02-28 10:00:00"),
        ("ADD_MONTHS('2026-01-15'::date, -1)", "2025-12-15 00:00:00"),
        ("DATEADD(month, 1, '2026-02-28'::date)", "2026-03-28 00:00:00"),
        ("'abc' SIMILAR TO '%b%'", True),
        ("'abc' SIMILAR TO '_b_'", True),
        ("'abc' SIMILAR TO 'b'", False),
        ("'abc' SIMILAR TO 'a.c'", False),
        ("'abc' NOT SIMILAR TO '(x|a)%'", False),
        ("HAS_DATABASE_PRIVILEGE('somebody', CURRENT_DATABASE(), 'create')", True),
    ],
)
def test_values_are_redshifts(sql: Sql, expression: str, value: object) -> None:
    assert sql.value(expression) == value


def test_elements_of_a_super_can_be_joined(sql: Sql) -> None:
    sql("CREATE TEMP TABLE s (id INT, j SUPER)")
    sql("""INSERT INTO s SELECT 1, JSON_PARSE('{"a": {"b": [1, {"c": "x"}]}}')""")
    rows = sql("SELECT s.id, x FROM s, s.j.a.b AS x ORDER BY JSON_SERIALIZE(x)")
    assert rows == [(1, "1"), (1, '{"c":"x"}')]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("INSERT INTO t (n) VALUES (3000000000)", "^Value out of range for 4 bytes"),
        ("INSERT INTO t (p) VALUES (1234.5)", "^Numeric data overflow"),
        ("SELECT n + 2147483647 FROM t", r"^Integer data overflow \(addition\)"),
        ("ALTER TABLE t ADD COLUMN n INT", '^column "n" already exists'),
        ("SELECT ROUND(GETDATE()), n FROM t", r"^function round\(TIMESTAMP\) does not exist"),
    ],
)
def test_failures_are_told_in_redshifts_words(sql: Sql, text: str, words: str) -> None:
    sql("CREATE TABLE t (n INT, p DECIMAL(5,2))")
    sql("INSERT INTO t VALUES (1, 1)")
    with pytest.raises(SqlError, match=words):
        sql(text)
