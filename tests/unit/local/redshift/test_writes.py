"""Values must fit the columns they go to."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.warehouse import Warehouse
from tests.unit.local.redshift.runner import Sql


@pytest.fixture
def table(sql: Sql) -> Sql:
    sql(
        "CREATE TABLE t (id INT NOT NULL, name VARCHAR(5), flag BOOLEAN, made TIMESTAMP, "
        "price DECIMAL(6,2) DEFAULT 1.5, data SUPER)"
    )
    sql("CREATE TABLE s (id INT, name VARCHAR(20), made DATE)")
    sql("INSERT INTO s VALUES (1, 'one', '2026-01-01'), (2, 'too long', NULL)")
    return sql


def test_too_many_bytes_fail_an_insert_of_values(table: Sql) -> None:
    with pytest.raises(SqlError, match=r"^value too long for type character varying\(5\)$"):
        table("INSERT INTO t (id, name) VALUES (1, 'éé€')")
    assert table("INSERT INTO t (id, name) VALUES (1, 'éé1')") == 1


def test_too_many_bytes_fail_an_insert_of_rows(table: Sql) -> None:
    with pytest.raises(SqlError, match=r"^value too long for type character varying\(5\)$"):
        table("INSERT INTO t (id, name) SELECT id, name FROM s")
    assert table("SELECT COUNT(*) FROM t") == [(0,)]


def test_too_many_bytes_fail_an_update(table: Sql) -> None:
    table("INSERT INTO t (id, name) VALUES (2, 'x')")
    with pytest.raises(SqlError, match=r"^value too long for type character varying\(5\)$"):
        table("UPDATE t SET name = s.name FROM s WHERE t.id = s.id")
    assert table("UPDATE t SET name = LEFT(s.name, 3) FROM s WHERE t.id = s.id") == 1
    assert table("SELECT name FROM t") == [("too",)]


def test_blanks_at_the_end_are_cut_to_the_length(table: Sql) -> None:
    """As "Character types" of the Database Developer Guide has it."""
    table("INSERT INTO t (id, name) VALUES (1, 'abcde  '), (2, 'abc  ')")
    table("INSERT INTO t (id, name) SELECT 3, 'é   ' || '   '")
    table("INSERT INTO t (id, name) SELECT 4, NULL::VARCHAR")
    assert table("SELECT id, name FROM t ORDER BY id") == [
        (1, "abcde"),
        (2, "abc  "),
        (3, "é   "),
        (4, None),
    ]


def test_a_char_has_no_blanks_at_its_end_that_count(table: Sql) -> None:
    table("CREATE TABLE c (id INT, code CHAR(5))")
    table("INSERT INTO c VALUES (1, 'a'), (2, 'a   '), (3, 'abcde   ')")
    table("INSERT INTO c SELECT 4, 'a ' || ' '")
    table("INSERT INTO c SELECT 5, NULL::VARCHAR")
    assert table("SELECT id, LEN(code), code || '.' FROM c ORDER BY id") == [
        (1, 1, "a."),
        (2, 1, "a."),
        (3, 5, "abcde."),
        (4, 1, "a."),
        (5, None, None),
    ]
    for text, words in (("abcdef", r"too long for type character\(5\)"), ("é", "for CHAR")):
        with pytest.raises(SqlError, match=words):
            table("INSERT INTO c (code) VALUES (:text)", {"text": text})


@settings(max_examples=60, deadline=None)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1),
    st.integers(1, 10),
)
def test_a_string_is_taken_if_and_only_if_its_bytes_fit(
    warehouse: Warehouse, text: str, limit: int
) -> None:
    with warehouse.session("dev") as session:
        sql = Sql(session)
        sql(f"CREATE TEMP TABLE t (name VARCHAR({limit}))")
        if len(text.rstrip(" ").encode()) <= limit:
            assert sql("INSERT INTO t VALUES (:text)", {"text": text}) == 1
            assert sql("SELECT name FROM t") == [(text.encode()[:limit].decode(),)]
        else:
            with pytest.raises(SqlError, match="value too long"):
                sql("INSERT INTO t VALUES (:text)", {"text": text})


def test_null_where_none_may_be(table: Sql) -> None:
    with pytest.raises(SqlError, match=r"^Cannot insert a NULL value into column id$"):
        table("INSERT INTO t (id) VALUES (NULL)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("INSERT INTO t (id) VALUES (1, 2)", "more expressions than target columns"),
        ("INSERT INTO t (id, name) VALUES (1)", "more target columns than expressions"),
        ("INSERT INTO t (id, name) SELECT 1", "more target columns than expressions"),
        ("INSERT INTO t (id) SELECT 1, 2", "more expressions than target columns"),
        ("INSERT INTO t (id, nope) VALUES (1, 2)", 'column "nope" of relation "t" does not exist'),
        ("INSERT INTO nope VALUES (1)", 'relation "nope" does not exist'),
        ("UPDATE t SET nope = 1", 'column "nope" of relation "t" does not exist'),
        ("UPDATE nope SET a = 1", 'relation "nope" does not exist'),
        ("DELETE FROM nope", 'relation "nope" does not exist'),
        ("INSERT INTO t DEFAULT VALUES", "is not supported by the local Redshift"),
    ],
)
def test_refusals(table: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError) as refused:
        table(text)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("column", "expression", "wanted", "given_"),
    [
        ("id", "name", "integer", "character varying"),
        ("made", "name", "timestamp without time zone", "character varying"),
        ("name", "id = 1", "character varying", "boolean"),
        ("flag", "made", "boolean", "date"),
    ],
)
def test_types_that_need_a_cast(
    table: Sql, column: str, expression: str, wanted: str, given_: str
) -> None:
    columns, values = f"id, {column}", f"1, {expression}"
    if column == "id":
        columns, values = column, expression
    with pytest.raises(SqlError) as refused:
        table(f"INSERT INTO t ({columns}) SELECT {values} FROM s")
    assert str(refused.value).startswith(
        f'column "{column}" is of type {wanted} but expression is of type {given_}'
    )


def test_types_that_need_no_cast(table: Sql) -> None:
    inserted = table(
        "INSERT INTO t (id, name, made, flag, price, data) "
        "SELECT id, id, made, id, id, name FROM s WHERE id = 1"
    )
    assert inserted == 1
    assert table("SELECT * FROM t") == [(1, "1", True, "2026-01-01 00:00:00", "1.00", '"one"')]


def test_a_bare_literal_becomes_what_its_column_asks_for(table: Sql) -> None:
    table("INSERT INTO t (id, made) SELECT '7', '2026-01-01 10:00:00'")
    assert table("SELECT id, made FROM t") == [(7, "2026-01-01 10:00:00")]


def test_text_in_super_is_a_string_and_parsed_text_a_document(table: Sql) -> None:
    table("""INSERT INTO t (id, data) VALUES (1, '{"a":1}'), (2, JSON_PARSE('{"a":1}'))""")
    table("INSERT INTO t (id, data) SELECT 3, name FROM s WHERE id = 1")
    assert table("SELECT JSON_TYPEOF(data), data FROM t ORDER BY id") == [
        ("string", '"{\\"a\\":1}"'),
        ("object", '{"a":1}'),
        ("string", '"one"'),
    ]
    table("UPDATE t SET data = JSON_PARSE('[1]') WHERE id = 1")
    assert table("SELECT data FROM t WHERE id = 1") == [("[1]",)]


def test_defaults(table: Sql) -> None:
    table("INSERT INTO t (id) VALUES (1)")
    table("INSERT INTO t (id, price) VALUES (2, DEFAULT)")
    assert table("SELECT price FROM t") == [("1.50",), ("1.50",)]


def test_fewer_values_than_columns_without_a_list(table: Sql) -> None:
    table("INSERT INTO t VALUES (1, 'x')")
    table("INSERT INTO t SELECT 2, 'y'")
    assert table("SELECT id, name, price FROM t ORDER BY id") == [
        (1, "x", "1.50"),
        (2, "y", "1.50"),
    ]


def test_with_before_insert_and_before_select(table: Sql) -> None:
    table("WITH q AS (SELECT 1 AS id) INSERT INTO t (id) SELECT id FROM q")
    table("INSERT INTO t (id) WITH q AS (SELECT 2 AS id) SELECT id FROM q")
    assert table("SELECT id FROM t ORDER BY id") == [(1,), (2,)]


def test_insert_of_ranked_rows(table: Sql) -> None:
    table("INSERT INTO s VALUES (1, 'late', '2026-02-01')")
    table(
        "INSERT INTO t (id, name) SELECT id, name FROM (SELECT *, ROW_NUMBER() OVER "
        "(PARTITION BY id ORDER BY made DESC NULLS LAST) AS nth FROM s) AS r "
        "WHERE nth = 1 AND id = 1"
    )
    assert table("SELECT id, name FROM t") == [(1, "late")]


def test_update_from_and_delete_using(table: Sql) -> None:
    table("INSERT INTO t (id, name) VALUES (1, 'a'), (2, 'b'), (3, 'c')")
    assert table("UPDATE t SET flag = TRUE, name = 'z' FROM s WHERE t.id = s.id AND s.id = 1") == 1
    assert table("DELETE FROM t USING s WHERE t.id = s.id AND s.id = 2") == 1
    assert table("DELETE t WHERE id = 3") == 1
    assert table("SELECT id, name, flag FROM t") == [(1, "z", True)]


def test_keys_are_taken_and_not_enforced(sql: Sql) -> None:
    sql("CREATE TABLE t (id INT PRIMARY KEY, a INT UNIQUE, b INT REFERENCES t (id), UNIQUE (a, b))")
    assert sql("INSERT INTO t VALUES (1, 1, 9), (1, 1, 9)") == 2
    with pytest.raises(SqlError, match="Cannot insert a NULL value into column id"):
        sql("INSERT INTO t VALUES (NULL, 1, 1)")
