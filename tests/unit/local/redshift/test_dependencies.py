"""What views need stays; what cannot be changed in place is not."""

import pytest

from cwp_local.redshift.errors import SqlError
from tests.unit.local.redshift.runner import Sql


@pytest.fixture
def seen(sql: Sql) -> Sql:
    """A table, a view on it, a view on that in another schema, and one that is not bound."""
    sql("CREATE SCHEMA acme")
    sql("CREATE SCHEMA everybody")
    sql("CREATE TABLE acme.t (id BIGINT, name VARCHAR(20), note VARCHAR(20), n INT DEFAULT 1)")
    sql("CREATE VIEW acme.t_current AS SELECT id, name FROM acme.t")
    sql("CREATE VIEW everybody.t AS SELECT 'acme' AS tenant, id FROM acme.t_current")
    sql("CREATE VIEW acme.late AS SELECT note FROM acme.t WITH NO SCHEMA BINDING")
    return sql


def views(sql: Sql) -> set[tuple[str, str]]:
    return set(sql("SELECT table_schema, table_name FROM svv_tables WHERE table_type = 'VIEW'"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DROP TABLE acme.t", "cannot drop table acme.t because other objects depend on it"),
        ("DROP VIEW acme.t_current", "view everybody.t depends on it"),
        ("ALTER TABLE acme.t DROP COLUMN name", "view acme.t_current depends on it"),
        ("ALTER TABLE acme.t RENAME TO u", "cannot be renamed here while views read it"),
        ("ALTER TABLE acme.t RENAME COLUMN note TO notes", "cannot be renamed here"),
        ("ALTER TABLE acme.t ALTER COLUMN name TYPE VARCHAR(40)", "cannot alter type of a column"),
        ("CREATE OR REPLACE VIEW acme.t_current AS SELECT id FROM acme.t", "change number of"),
        ("CREATE OR REPLACE VIEW acme.t_current AS SELECT id, note FROM acme.t", "change name of"),
        ("CREATE OR REPLACE VIEW acme.t_current AS SELECT n AS id, name FROM acme.t", "data type"),
        ("CREATE VIEW acme.w AS SELECT id FROM t WITH NO SCHEMA BINDING", "with its schema"),
    ],
)
def test_what_a_view_needs_stays_as_it_is(seen: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        seen(text)
    assert len(views(seen)) == 3


def test_cascade_takes_the_views_along(seen: Sql) -> None:
    seen("DROP TABLE acme.t CASCADE")
    assert views(seen) == {("acme", "late")}


def test_a_schema_takes_the_views_of_others_along(seen: Sql) -> None:
    with pytest.raises(SqlError, match="because other objects depend on it"):
        seen("DROP SCHEMA acme")
    seen("DROP SCHEMA acme CASCADE")
    assert views(seen) == set()


def test_columns_that_no_view_reads_can_go_and_grow(seen: Sql) -> None:
    seen("ALTER TABLE acme.t ALTER COLUMN note TYPE VARCHAR(40)")
    seen("ALTER TABLE acme.t ADD COLUMN more INT")
    seen("ALTER TABLE acme.t DROP COLUMN more")
    seen("CREATE OR REPLACE VIEW acme.t_current AS SELECT id, name FROM acme.t WHERE n = 1")


def test_a_varchar_shrinks_to_what_it_holds(seen: Sql) -> None:
    seen("INSERT INTO acme.t (note) VALUES ('éé')")
    seen("ALTER TABLE acme.t ALTER COLUMN note TYPE VARCHAR(4)")
    with pytest.raises(SqlError, match="has values that are longer than"):
        seen("ALTER TABLE acme.t ALTER COLUMN note TYPE VARCHAR(3)")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ALTER TABLE acme.t ALTER COLUMN n TYPE BIGINT", "length of VARCHAR columns only"),
        ("ALTER TABLE acme.t ALTER COLUMN note SET NOT NULL", "nothing else here"),
        ("ALTER TABLE acme.t ALTER COLUMN nope TYPE VARCHAR(9)", 'column "nope"'),
        ("ALTER TABLE acme.nope ALTER SORTKEY (id)", 'relation "acme.nope" does not exist'),
    ],
)
def test_alterations_that_redshift_has_not(seen: Sql, text: str, words: str) -> None:
    with pytest.raises(SqlError, match=words):
        seen(text)


def test_a_column_with_a_default_keeps_its_type(seen: Sql) -> None:
    seen("ALTER TABLE acme.t ADD COLUMN kind VARCHAR(4) DEFAULT 'x'")
    with pytest.raises(SqlError, match="has a default"):
        seen("ALTER TABLE acme.t ALTER COLUMN kind TYPE VARCHAR(8)")
