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
        ("CREATE OR REPLACE TABLE t (n INT)", "at or near"),
        ("CREATE TABLE u (n INT) PARTITION BY (n)", "not supported in CREATE"),
        ("CREATE TABLE u (n INT) WITH (format = 'x')", "not supported in CREATE"),
        ("CREATE UNLOGGED TABLE u (n INT)", "not supported in CREATE"),
        ("CREATE GLOBAL TEMPORARY TABLE u (n INT)", "not supported in CREATE"),
        ("CREATE TABLE u AS SELECT n FROM t WITH NO DATA", "not supported in CREATE"),
        ("CREATE TABLE u (v VARCHAR COLLATE nocase)", "COLLATE"),
        ("CREATE TABLE u (v VARCHAR COLLATE case_insensitive)", "COLLATE"),
        ("CREATE TABLE u (a STRING)", 'type "string" does not exist'),
        ("CREATE TABLE u (a INT, b NUMBER(10, 2))", 'type "number" does not exist'),
        ("CREATE TABLE u (a DOUBLE)", 'type "double" does not exist'),
        ("CREATE TABLE u (a TIMESTAMP(3))", "precision"),
        ("ALTER TABLE t ADD COLUMN v TINYINT", 'type "tinyint" does not exist'),
        ("ALTER TABLE t ADD v BLOB", 'type "blob" does not exist'),
        ("SELECT n::string FROM t", 'type "string" does not exist'),
        ("SELECT CAST(LEFT('a', 1) AS DATETIME)", 'type "datetime" does not exist'),
        ("INSERT OVERWRITE t (n) VALUES (1)", "at or near"),
        ("INSERT INTO t BY NAME SELECT 1 AS n", "at or near"),
        ("DELETE FROM t AS u WHERE u.n = 1", "at or near"),
        ("TRUNCATE t, t", "at or near"),
        ("TRUNCATE t CASCADE", "at or near"),
        ("TRUNCATE t RESTART IDENTITY", "at or near"),
        ("TABLE t", "at or near"),
        ("SELECT n FROM t FETCH FIRST 1 ROW ONLY", "at or near"),
        ("SELECT DISTINCT n FROM t ORDER BY f", "must appear in select list"),
        ("SELECT TOP 10 PERCENT n FROM t", "at or near"),
        ("SELECT TOP 1 WITH TIES n FROM t ORDER BY n", "at or near"),
        ("SELECT * EXCEPT (n) FROM t", "at or near"),
        ("SELECT n FROM t FOR UPDATE", "at or near"),
        ("SELECT n FROM t UNION BY NAME SELECT 1 AS n", "at or near"),
        ("SELECT n FROM t INTERSECT ALL SELECT 1", "ALL is not supported"),
        ("SELECT n FROM t EXCEPT ALL SELECT 1", "ALL is not supported"),
        ("WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x", "at or near"),
        ("SELECT SUM(n) OVER w FROM t WINDOW w AS (PARTITION BY f)", "at or near"),
        (
            "SELECT SUM(n) OVER (ORDER BY n RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
            "count ROWS",
        ),
        (
            "SELECT SUM(n) OVER (ORDER BY n ROWS 1 PRECEDING EXCLUDE CURRENT ROW) FROM t",
            "at or near",
        ),
        ("SELECT COUNT(DISTINCT n) OVER () FROM t", "DISTINCT is not supported"),
        ("SELECT SUM(n ORDER BY n) FROM t", "at or near"),
        ("SELECT LISTAGG(n ORDER BY n) FROM t", "at or near"),
        ("SELECT 'a' LIKE ANY ('a', 'b')", "at or near"),
        ("SELECT 'a' GLOB 'a'", "at or near"),
        ("SELECT 'a' RLIKE 'a'", "at or near"),
        ("SELECT 'a' COLLATE nocase", "at or near"),
        ("SELECT 1 == 1", "at or near"),
        ("SELECT 1 <=> 1", "at or near"),
        ("SELECT n IS DISTINCT FROM 1 FROM t", "at or near"),
        ("SELECT 1 BETWEEN SYMMETRIC 2 AND 0", "at or near"),
        ("SELECT CURRENT_CATALOG", "does not exist"),
        ("SELECT STRING_AGG(d, ',') FROM t", r"function string_agg\(\) does not exist"),
        ("SELECT IF(n = 1, 2, 3) FROM t", r"function if\(\) does not exist"),
        ("SELECT MAX_BY(n, f) FROM t", r"function max_by\(\) does not exist"),
        ("SELECT SAFE_CAST('1' AS INT)", r"function safe_cast\(\) does not exist"),
    ],
)
def test_what_redshift_has_not_is_refused(table: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        table(text)


def test_what_only_looks_like_syntax_of_others_is_taken(table: Sql) -> None:
    """Names and texts that are words of other engines, and Redshift's own beside them."""
    table(
        "CREATE TABLE names (number INT, string VARCHAR(20) COLLATE case_sensitive, "
        "glob DOUBLE PRECISION)"
    )
    table("ALTER TABLE names ADD COLUMN blob BOOLEAN DEFAULT TRUE")
    table("INSERT INTO names (number, string) VALUES (1, 'regexp == rlike')")
    assert table("SELECT number, string, n AS number FROM names, t WHERE t.n = number") == [
        (1, "regexp == rlike", 1)
    ]
    assert table("SELECT * EXCLUDE (blob, string) FROM names") == [(1, None)]
    assert table("SELECT n FROM t EXCEPT SELECT 2") == [(1,)]
    for key in ("n + 1", "more DESC", "1", "n + 1 NULLS FIRST"):
        ordered = f"SELECT DISTINCT n + 1 AS more FROM t ORDER BY {key}"
        assert sorted(table(ordered)) == [(2,), (3,)]
    assert table("SELECT TOP 1 n FROM t ORDER BY n") == [(1,)]


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
