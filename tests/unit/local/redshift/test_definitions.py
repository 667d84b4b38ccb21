"""Schemas, tables and views; what the system views say of them."""

from collections.abc import Iterator

import pytest

from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.sql.catalog import TableName
from cwp_local.redshift.warehouse import Session, Warehouse
from tests.unit.local.redshift.runner import Sql

DESIGNED = """
CREATE TABLE "acme"."tickets" (
    "sk" VARCHAR(32) NOT NULL ENCODE ZSTD DISTKEY,
    "made" TIMESTAMP DEFAULT SYSDATE ENCODE AZ64 SORTKEY,
    "price" DECIMAL(18,4) DEFAULT 0,
    "data" SUPER,
    "code" CHAR(3),
    PRIMARY KEY ("sk")
) DISTSTYLE KEY
"""


@pytest.fixture
def acme(sql: Sql) -> Sql:
    sql("CREATE SCHEMA acme")
    sql(DESIGNED)
    return sql


def _columns(sql: Sql, table: str) -> list[tuple[str, str, bool]]:
    rows: list[tuple[str, str, bool]] = sql(
        'SELECT "column", "type", "notnull" FROM pg_table_def WHERE tablename = :table',
        {"table": table},
    )
    return rows


def test_a_table_keeps_its_declared_types(acme: Sql) -> None:
    assert _columns(acme, "tickets") == [
        ("sk", "character varying(32)", True),
        ("made", "timestamp without time zone", False),
        ("price", "numeric(18,4)", False),
        ("data", "super", False),
        ("code", "character(3)", False),
    ]


def test_system_views_know_the_table(acme: Sql) -> None:
    assert acme("SELECT table_schema, table_name, table_type FROM svv_tables") == [
        ("acme", "tickets", "BASE TABLE")
    ]
    assert acme(
        "SELECT table_catalog, column_name, data_type, character_maximum_length, numeric_scale "
        "FROM svv_columns WHERE column_name IN ('sk', 'price') ORDER BY 2"
    ) == [("dev", "price", "numeric", None, 4), ("dev", "sk", "character varying", 32, None)]
    assert acme("SELECT schema_name FROM svv_all_schemas ORDER BY 1") == [("acme",), ("public",)]
    assert acme("SELECT table_name FROM information_schema.tables") == [("tickets",)]
    assert acme("SELECT COUNT(*) FROM information_schema.columns") == [(5,)]
    assert acme("SELECT COUNT(*) FROM pg_catalog.pg_tables") == [(1,)]
    assert acme('SELECT "table", tbl_rows FROM svv_table_info') == [("tickets", "0")]
    assert acme(
        "SELECT schema_name, column_name FROM svv_all_columns WHERE column_name = 'sk'"
    ) == [("acme", "sk")]


def test_if_not_exists(acme: Sql) -> None:
    acme("CREATE SCHEMA IF NOT EXISTS acme")
    acme("CREATE TABLE IF NOT EXISTS acme.tickets (other INT)")
    assert _columns(acme, "tickets")[0][0] == "sk"
    with pytest.raises(SqlError, match=r'^Relation "tickets" already exists$'):
        acme("CREATE TABLE acme.tickets (other INT)")
    with pytest.raises(SqlError, match=r'^Schema "acme" already exists$'):
        acme("CREATE SCHEMA acme")


def test_a_temporary_table_like_another(acme: Sql) -> None:
    acme("CREATE TEMP TABLE stg (LIKE acme.tickets INCLUDING DEFAULTS)")
    acme("INSERT INTO stg (sk) VALUES ('a')")
    assert acme("SELECT price, made IS NOT NULL FROM stg") == [("0.0000", True)]
    with pytest.raises(SqlError, match=r"character\(3\)"):
        acme("INSERT INTO stg (sk, code) VALUES ('b', 'long')")
    with pytest.raises(SqlError, match="Cannot insert a NULL value into column sk"):
        acme("INSERT INTO stg (sk) VALUES (NULL)")


def test_like_leaves_defaults_out_unless_told(acme: Sql) -> None:
    acme("CREATE TEMP TABLE stg (LIKE acme.tickets)")
    acme("INSERT INTO stg (sk) VALUES ('a')")
    assert acme("SELECT price FROM stg") == [(None,)]


def test_like_may_have_more_columns(acme: Sql) -> None:
    acme("CREATE TEMP TABLE stg (op VARCHAR(6), LIKE acme.tickets)")
    acme("INSERT INTO stg (op, sk) VALUES ('open', 'a')")
    assert acme("SELECT op, sk FROM stg") == [("open", "a")]


def test_a_temporary_table_hides_a_permanent_one(sql: Sql) -> None:
    sql("CREATE TABLE t (n INT)")
    sql("INSERT INTO t VALUES (1)")
    sql("CREATE TEMP TABLE t (n INT)")
    sql("INSERT INTO t VALUES (2)")
    assert sql("SELECT n FROM t") == [(2,)]
    assert sql("SELECT n FROM public.t") == [(1,)]
    sql("DROP TABLE t")
    assert sql("SELECT n FROM t") == [(1,)]


def test_create_table_as(acme: Sql) -> None:
    acme("CREATE TABLE acme.copy DISTSTYLE EVEN AS SELECT sk, data FROM acme.tickets")
    assert [name for name, _, _ in _columns(acme, "copy")] == ["sk", "data"]
    acme("CREATE TEMP TABLE c AS SELECT 1 AS n")
    assert acme("SELECT n FROM c") == [(1,)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CREATE TABLE t (a JSON)", 'type "json" does not exist'),
        ("CREATE TABLE t (a BIGINT IDENTITY(1,1))", "not supported by the local Redshift"),
        ("CREATE TABLE t (LIKE nope)", 'relation "nope" does not exist'),
        ("CREATE TEMP TABLE acme.t (a INT)", "cannot create temporary relation"),
        ("CREATE TABLE #t (a INT)", "CREATE TEMP TABLE"),
        ("CREATE TABLE nowhere.t (a INT)", 'schema "nowhere" does not exist'),
        ("CREATE TABLE t (a INT CHECK (a > 1))", "not supported by the local Redshift"),
        ("CREATE SCHEMA pg_mine", "unacceptable schema name"),
        ("CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", "not supported by the local Redshift"),
        ("CREATE FUNCTION f() RETURNS INT AS $$ 1 $$ LANGUAGE sql", "CREATE FUNCTION is not"),
        ("DROP DATABASE dev", "DROP DATABASE is not supported"),
        ("DROP SCHEMA acme", "use DROP ... CASCADE"),
        ("DROP TABLE nope", 'relation "nope" does not exist'),
        ("ALTER TABLE nope ADD COLUMN a INT", 'relation "nope" does not exist'),
        ("ALTER TABLE acme.tickets ADD COLUMN a INT, ADD COLUMN b INT", "one action"),
        ("ALTER TABLE acme.tickets ADD COLUMN IF NOT EXISTS a INT", "no IF NOT EXISTS"),
        ("ALTER TABLE acme.tickets ADD COLUMN sk INT", "sk"),
        ("ALTER TABLE acme.tickets ADD COLUMN a INT NOT NULL DEFAULT 1", "NOT NULL"),
        ("ALTER TABLE acme.tickets ALTER COLUMN price TYPE VARCHAR(9)", "VARCHAR columns only"),
        ("ALTER TABLE acme.tickets ALTER COLUMN x TYPE VARCHAR(9)", 'column "x" of relation'),
        ("ALTER TABLE acme.tickets OWNER TO me", "syntax error or unsupported"),
    ],
)
def test_refusals(acme: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError) as refused:
        acme(text)
    assert words in str(refused.value)


def test_columns_are_added_at_the_end_and_keep_their_limits(acme: Sql) -> None:
    acme("INSERT INTO acme.tickets (sk) VALUES ('a')")
    acme("ALTER TABLE acme.tickets ADD COLUMN extra VARCHAR(4) DEFAULT 'old' ENCODE LZO")
    acme("ALTER TABLE acme.tickets ADD COLUMN more SUPER")
    assert _columns(acme, "tickets")[-2:] == [
        ("extra", "character varying(4)", False),
        ("more", "super", False),
    ]
    assert acme("SELECT extra, more FROM acme.tickets") == [("old", None)]
    with pytest.raises(SqlError, match=r"character varying\(4\)"):
        acme("UPDATE acme.tickets SET extra = '12345'")


def test_columns_are_widened_renamed_and_dropped(acme: Sql) -> None:
    acme("ALTER TABLE acme.tickets ALTER COLUMN sk TYPE VARCHAR(40)")
    acme("ALTER TABLE acme.tickets RENAME COLUMN sk TO key")
    acme("ALTER TABLE acme.tickets DROP COLUMN code")
    acme("ALTER TABLE acme.tickets RENAME TO cases")
    assert _columns(acme, "cases")[0] == ("key", "character varying(40)", True)
    assert "code" not in {name for name, _, _ in _columns(acme, "cases")}


def test_widening_is_not_for_transactions(acme: Sql) -> None:
    acme.in_batch = True
    with pytest.raises(SqlError, match="cannot run inside a transaction block"):
        acme("ALTER TABLE acme.tickets ALTER COLUMN sk TYPE VARCHAR(40)")


def test_views(acme: Sql) -> None:
    acme("INSERT INTO acme.tickets (sk) VALUES ('a')")
    acme("CREATE VIEW acme.current AS SELECT sk, 7 / 2 AS half FROM acme.tickets")
    acme(
        "CREATE OR REPLACE VIEW acme.named (x) AS SELECT sk FROM acme.tickets "
        "WITH NO SCHEMA BINDING"
    )
    assert acme("SELECT * FROM acme.current") == [("a", 3)]
    assert acme("SELECT x FROM acme.named") == [("a",)]
    with pytest.raises(SqlError, match="already exists"):
        acme("CREATE VIEW acme.current AS SELECT 1 AS a")
    acme("DROP VIEW acme.current")
    acme("DROP VIEW IF EXISTS acme.current")


def test_drops(acme: Sql) -> None:
    acme("CREATE TABLE a (n INT)")
    acme("CREATE TABLE b (n INT)")
    acme("DROP TABLE a, b")
    acme("DROP TABLE IF EXISTS a")
    acme("DROP SCHEMA acme CASCADE")
    assert acme("SELECT COUNT(*) FROM svv_tables") == [(0,)]


def test_truncate_alone_empties_and_in_a_batch_is_refused(sql: Sql) -> None:
    sql("CREATE TABLE t (n INT)")
    sql("INSERT INTO t VALUES (1)")
    sql.in_batch = True
    with pytest.raises(SqlError, match=r"^TRUNCATE commits the transaction it runs in"):
        sql("TRUNCATE TABLE t")
    sql.in_batch = False
    sql("TRUNCATE t")
    assert sql("SELECT COUNT(*) FROM t") == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "GRANT SELECT ON {} TO PUBLIC",
        "GRANT SELECT, INSERT ON TABLE acme.tickets, {} TO ROLE readers",
        "REVOKE ALL ON {} FROM PUBLIC",
        "ANALYZE {}",
        "ANALYZE {} (n)",
        "VACUUM FULL {} TO 99 PERCENT",
        "LOCK TABLE {}",
        "LOCK acme.tickets, {}",
        "COMMENT ON TABLE {} IS 'x'",
    ],
)
@pytest.mark.usefixtures("readers")
def test_statements_without_effect_must_name_what_there_is(acme: Sql, text: str) -> None:
    acme("CREATE TABLE acme.t (n INT)")
    assert acme(text.format("acme.t")) is None
    with pytest.raises(SqlError, match=r'^relation "acme.nope" does not exist$'):
        acme(text.format("acme.nope"))


@pytest.mark.parametrize(
    "text",
    [
        "GRANT USAGE ON SCHEMA {} TO ROLE readers",
        "GRANT SELECT ON ALL TABLES IN SCHEMA acme, {} TO bob",
    ],
)
@pytest.mark.usefixtures("readers")
def test_grants_on_schemas_must_name_what_there_is(acme: Sql, text: str) -> None:
    assert acme(text.format("acme")) is None
    with pytest.raises(SqlError, match=r'^schema "nope" does not exist$'):
        acme(text.format("nope"))


@pytest.fixture
def readers(sql: Sql) -> Iterator[None]:
    """The role readers, the group watchers, and the user bob."""
    people = ("ROLE readers", "GROUP watchers", "USER bob")
    for one in people:
        sql(f"CREATE {one}")
    yield
    for one in people:
        sql(f"DROP {one}")


@pytest.mark.parametrize("text", ["ANALYZE", "VACUUM"])
def test_whole_databases_are_taken(sql: Sql, text: str) -> None:
    assert sql(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "GRANT ROLE readers TO {}",
        "GRANT CREATE ON DATABASE dev TO {} WITH GRANT OPTION",
        "GRANT SELECT ON ALL TABLES IN SCHEMA acme TO ROLE readers, {}",
        "GRANT SELECT ON acme.tickets TO {}, PUBLIC",
        "REVOKE SELECT ON acme.tickets FROM {} CASCADE",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA acme GRANT SELECT ON TABLES TO {}",
    ],
)
@pytest.mark.parametrize(
    ("good", "bad", "words"),
    [
        ("bob", "eve", 'user "eve" does not exist'),
        ('"IAMR:somebody"', '"eve"', 'user "eve" does not exist'),
        ("GROUP watchers", "GROUP readers", 'group "readers" does not exist'),
        ("ROLE readers", "ROLE bob", 'role "bob" does not exist'),
    ],
)
@pytest.mark.usefixtures("readers")
def test_rights_go_to_those_who_are_there(
    acme: Sql, text: str, good: str, bad: str, words: str
) -> None:
    assert acme(text.format(good)) is None
    with pytest.raises(SqlError, match=f"^{words}$"):
        acme(text.format(bad))


@pytest.mark.usefixtures("readers")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CREATE USER bob PASSWORD DISABLE", 'user "bob" already exists'),
        ("DROP ROLE eve", 'role "eve" does not exist'),
        ("DROP USER bob, eve", 'user "eve" does not exist'),
        ("ALTER USER eve CREATEDB", 'user "eve" does not exist'),
        ("GRANT ROLE writers TO bob", 'role "writers" does not exist'),
        (
            "ALTER DEFAULT PRIVILEGES FOR USER eve GRANT SELECT ON TABLES TO bob",
            'user "eve" does not exist',
        ),
    ],
)
def test_people_are_known(sql: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError, match=f"^{words}$"):
        sql(text)


def test_people_are_made_as_transactions_are(sql: Sql) -> None:
    sql.session.begin()
    sql("CREATE USER eve")
    sql("ALTER USER eve CREATEDB")
    sql.session.rollback()
    with pytest.raises(SqlError, match='user "eve" does not exist'):
        sql("DROP USER eve")
    sql("DROP USER IF EXISTS eve")


def test_a_grant_to_nobody_is_refused(acme: Sql) -> None:
    with pytest.raises(SqlError, match="expected TO"):
        acme("GRANT SELECT ON acme.tickets")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CREATE TABLE t (a INT) DISTKEY(b)", 'column "b" named in DISTKEY does not exist'),
        ("CREATE TABLE t (a INT) SORTKEY(a, b)", 'column "b" named in SORTKEY does not exist'),
        ("CREATE TABLE t (a SUPER) SORTKEY(a)", "of type super cannot be a SORTKEY"),
        ("CREATE TABLE t (a INT ENCODE FOO)", 'encoding type "foo" does not exist'),
        ("CREATE TABLE t (a VARCHAR(3) ENCODE AZ64)", "invalid encoding type az64"),
        ("CREATE TABLE t (a INT, A BIGINT)", 'column "a" specified more than once'),
        (f"CREATE TABLE {'t' * 128} (a INT)", "is longer than 127 bytes"),
        (f"CREATE TABLE t ({'é' * 64} INT)", "is longer than 127 bytes"),
        (
            f"CREATE TABLE t ({', '.join(f'c{n} INT' for n in range(1601))})",
            "tables can have at most 1600 columns",
        ),
    ],
)
def test_layouts_that_redshift_refuses(sql: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        sql(text)


def test_vacuum_is_not_for_transactions(sql: Sql) -> None:
    sql.in_batch = True
    with pytest.raises(SqlError, match="VACUUM cannot run inside a transaction block"):
        sql("VACUUM t")


def test_sessions_see_each_others_tables_as_they_were_committed(warehouse: Warehouse) -> None:
    name = TableName("public", "shared")

    def columns(session: Session) -> list[str]:
        return [column.name for column in session.columns(name)]

    with warehouse.session("dev") as first, warehouse.session("dev") as second:
        first.begin()
        Sql(first)("CREATE TABLE shared (a VARCHAR(9))")
        assert columns(first) == ["a"]
        first.commit()
        assert columns(second) == ["a"]
        first.begin()
        Sql(first)("ALTER TABLE shared ADD COLUMN b INT")
        assert columns(first) == ["a", "b"]
        first.rollback()
        assert columns(first) == columns(second) == ["a"]
        Sql(first)("DROP TABLE shared")
        assert columns(second) == []


def test_a_temporary_table_hides_a_permanent_one_in_its_own_session_only(
    warehouse: Warehouse, sql: Sql
) -> None:
    sql("CREATE TABLE t (permanent INT)")
    assert [column.name for column in sql.session.columns(TableName(None, "t"))] == ["permanent"]
    with warehouse.session("dev") as other:
        Sql(other)("CREATE TEMP TABLE t (temporary INT)")
        assert [column.name for column in other.columns(TableName(None, "t"))] == ["temporary"]
        assert [column.name for column in sql.session.columns(TableName(None, "t"))] == [
            "permanent"
        ]
