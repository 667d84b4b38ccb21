"""What a query means on Redshift, computed by DuckDB."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.warehouse import Warehouse
from tests.unit.local.redshift.runner import Sql


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 / 2.0", "3.5000"),
        ("7 % 4", 3),
        ("MOD(7, 4)", 3),
        ("NVL(NULL, 'x')", "x"),
        ("NVL2(NULL, 1, 2)", 2),
        ("DECODE(1, 1, 'one', 'other')", "one"),
        ("ISNULL(NULL, 3)", 3),
        ("LEN('añb')", 3),
        ("OCTET_LENGTH('añb')", 4),
        ("'a' || NULL", None),
        ("REGEXP_REPLACE('aXbX', 'X', '-')", "a-b-"),
        ("SPLIT_PART('a-b', '-', 2)", "b"),
        ("CHARINDEX('b', 'ab')", 2),
        ("DATEDIFF(day, '2026-01-01'::timestamp, '2026-01-03'::timestamp)", 2),
        ("DATEADD(month, 1, '2026-01-31'::timestamp)", "2026-02-28 00:00:00"),
        ("DATE_TRUNC('month', '2026-02-03 04:05:06'::timestamp)", "2026-02-01 00:00:00"),
        ("EXTRACT(EPOCH FROM '1970-01-02'::timestamp)::bigint", 86_400),
        (
            "CONVERT_TIMEZONE('UTC', 'Europe/Berlin', '2026-07-01'::timestamp)",
            "2026-07-01 02:00:00",
        ),
        ("TO_CHAR('2026-02-03'::date, 'YYYY/MM/DD')", "2026/02/03"),
        ("'12'::int + 1", 13),
        ("1.555::decimal(4,2)", "1.56"),
        ("CAST('abcdef' AS CHAR(3))", "abc"),
        ("1 IN (1, 2)", True),
        ("CURRENT_DATABASE()", "dev"),
        ("JSON_EXTRACT_PATH_TEXT('{\"a\": {\"b\": 5}}', 'a', 'b')", "5"),
        ("IS_VALID_JSON('{')", False),
    ],
)
def test_expressions(sql: Sql, expression: str, value: object) -> None:
    assert sql.value(expression) == value


@pytest.mark.parametrize("expression", ["1 / 0", "1.0 / 0", "1e0 / 0", "5 % 0", "MOD(5, 0)"])
def test_division_by_a_constant_zero_is_an_error(sql: Sql, expression: str) -> None:
    with pytest.raises(SqlError, match=r"^Divide by zero$"):
        sql.value(expression)


@pytest.mark.parametrize("expression", ["1 / n", "1 % n", "1 / (n * 1.0)", "1 / (n * 1e0)"])
def test_division_by_a_computed_zero_is_an_error(sql: Sql, expression: str) -> None:
    sql("CREATE TEMP TABLE t (n INT)")
    sql("INSERT INTO t VALUES (1), (0)")
    with pytest.raises(SqlError, match=r"^Divide by zero$"):
        sql(f"SELECT {expression} FROM t")


@pytest.mark.parametrize(
    "guard",
    [
        "SELECT 1/(CASE WHEN EXISTS(SELECT 1 FROM t WHERE n = 1) THEN 0 ELSE 1 END)",
        "SELECT 1 / CASE WHEN COUNT(*) = 2 THEN 1 ELSE 0 END AS guard FROM t",
        "SELECT 1 / CASE WHEN COALESCE(MAX(n), -1) = 0 THEN 1 ELSE 0 END FROM t WHERE n < 9",
    ],
)
def test_a_guard_fails(sql: Sql, guard: str) -> None:
    sql("CREATE TABLE t (n INT)")
    sql("INSERT INTO t VALUES (1)")
    with pytest.raises(SqlError, match=r"^Divide by zero$"):
        sql(guard)


def test_times_are_utc_and_getdate_has_no_fraction(sql: Sql) -> None:
    now, exact = sql("SELECT GETDATE(), SYSDATE")[0]
    assert len(now) == len("2026-01-01 00:00:00")
    assert exact.startswith(now)
    assert sql.labels("SELECT GETDATE(), SYSDATE AS s, CURRENT_DATE") == [
        ("getdate", "timestamp"),
        ("s", "timestamp"),
        ("date", "date"),
    ]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("SELECT COUNT(*) FROM t", "count"),
        ("SELECT 1", "?column?"),
        ("SELECT n + 1 FROM t", "?column?"),
        ("SELECT n::bigint FROM t", "n"),
        ("SELECT '5'::int", "int4"),
        ("SELECT CASE WHEN n = 1 THEN 2 END FROM t", "case"),
        ("SELECT NVL(n, 0) FROM t", "nvl"),
        ("SELECT ROW_NUMBER() OVER (ORDER BY n) FROM t", "row_number"),
        ("SELECT DATEADD(day, 1, SYSDATE)", "dateadd"),
        ('SELECT n AS "Mixed Case" FROM t', "mixed case"),
        ("SELECT MAX(n) FROM t UNION ALL SELECT 1", "max"),
    ],
)
def test_columns_nobody_named(sql: Sql, query: str, name: str) -> None:
    sql("CREATE TABLE t (n INT)")
    assert [label for label, _ in sql.labels(query)] == [name]


@pytest.mark.parametrize(
    "call",
    ["strftime(d, 'x')", "read_csv('x')", "typeof(1)", "array_agg(1)", "hash(1)"],
)
def test_duckdbs_own_functions_do_not_exist(sql: Sql, call: str) -> None:
    name = call.partition("(")[0]
    with pytest.raises(SqlError, match=rf"^function {name}\(\) does not exist$"):
        sql(f"SELECT {call}")


@pytest.mark.parametrize("table", ["read_text('/etc/hostname')", "'/etc/hostname'"])
def test_no_file_can_be_read(sql: Sql, table: str) -> None:
    with pytest.raises(SqlError, match="does not exist"):
        sql(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("SELECT COUNT(*) FILTER (WHERE n = 1) FROM t", "filter"),
        ("SELECT PG_LAST_COPY_COUNT()", "is not supported by the local Redshift"),
        ("SELECT * INTO u FROM t", "SELECT INTO is not supported"),
        ("SELECT * FROM other.public.t", 'cross-database reference to database "other"'),
        ("SELECT x FROM t", 'column "x" does not exist'),
        ("SELECT * FROM nowhere.t", 'relation "nowhere.t" does not exist'),
        ("SELECT * FROM u", 'relation "u" does not exist'),
        ("SELECT 'x'::int", 'invalid input syntax for integer: "x"'),
        ("BEGIN", "BEGIN is not supported"),
        ("COMMIT", "COMMIT is not supported"),
        ("DESCRIBE t", "DESCRIBE is not supported"),
        ("ATTACH 'x' AS y", "syntax error"),
    ],
)
def test_refusals(sql: Sql, text: str, words: str) -> None:
    sql("CREATE TABLE t (n INT)")
    with pytest.raises(SqlError) as refused:
        sql(text)
    assert words in str(refused.value)


def test_names_with_hyphens_and_any_case(sql: Sql) -> None:
    sql('CREATE SCHEMA "acme-west"')
    sql('CREATE TABLE "acme-west"."Tickets" ("ID" INT)')
    sql('INSERT INTO "acme-west".tickets (id) VALUES (1)')
    assert sql('SELECT "acme-west"."tickets"."Id" FROM "Acme-West".TICKETS') == [(1,)]
    assert sql('SELECT t.id FROM dev."acme-west".tickets AS t') == [(1,)]


@pytest.mark.parametrize("schema", ["temp", "memory", "rs_warehouse", "system"])
def test_a_schema_may_have_any_of_duckdbs_names(sql: Sql, schema: str) -> None:
    sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    sql(f'CREATE TABLE "{schema}"."t" (n INT)')
    sql(f'INSERT INTO "{schema}"."t" VALUES (5)')
    assert sql(f'SELECT "t"."n" FROM "{schema}"."t"') == [(5,)]
    assert sql(f'DELETE FROM "{schema}"."t" WHERE "t"."n" = 5') == 1


def test_super_is_navigated_parsed_and_serialized(sql: Sql) -> None:
    sql("CREATE TABLE t (s SUPER)")
    sql("""INSERT INTO t VALUES (JSON_PARSE('{"a": {"b": 1.5}, "items": [5, "six"]}'))""")
    assert sql("SELECT t.s.a.b, s.items[1], s.items[1]::varchar, JSON_TYPEOF(s.items) FROM t") == [
        ("1.5", '"six"', "six", "array")
    ]
    assert sql("SELECT JSON_SERIALIZE(s.a), JSON_SIZE(s.a) FROM t") == [('{"b":1.5}', 9)]
    assert sql.labels("SELECT s FROM t") == [("s", "super")]


def test_numbers_in_super_keep_their_digits(sql: Sql) -> None:
    document = '{"big":12345678901234567890123,"small":0.12345678901234567890}'
    sql("CREATE TABLE t (s SUPER)")
    sql(f"INSERT INTO t SELECT JSON_PARSE('{document}')")
    assert sql("SELECT s FROM t") == [(document,)]


def test_invalid_json_is_an_error(sql: Sql) -> None:
    with pytest.raises(SqlError, match=r"^JSON parsing error"):
        sql("SELECT JSON_PARSE('{bad')")


def test_explain_shows_a_plan(sql: Sql) -> None:
    sql("CREATE TABLE t (n INT)")
    assert sql("EXPLAIN SELECT * FROM t")


@settings(max_examples=60, deadline=None)
@example("é€𝄞", 3)
@example("𝄞", 2)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.integers(1, 12)
)
def test_a_cast_to_varchar_cuts_to_whole_characters_that_fit(
    warehouse: Warehouse, text: str, limit: int
) -> None:
    with warehouse.session("dev") as session:
        cut = Sql(session).value(f":text::varchar({limit})", {"text": text or "x"})
    expected = (text or "x").encode()[:limit].decode(errors="ignore")
    assert cut == expected
