"""Whatever a commit says, its statements are about its own tenant's schema and nothing else."""

import json
import logging

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from cwp_loader import repair_sql, schema_sql
from cwp_loader.commits import read_commit
from cwp_loader.layout import Shape, wanted_shape
from cwp_loader.messages import StatementName, parse
from cwp_loader.quoting import identifier, literal, prose
from cwp_loader.table import TableRef
from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalCommitted
from tests.hostile import HOSTILE_NAMES, HOSTILE_TENANTS, foreign_keys
from tests.unit.loader.fakes import COLUMNS, commit

logging.getLogger("sqlglot").setLevel(logging.ERROR)

LOAD_ID = "0123456789abcdef0123456789abcdef"
ACME = TableRef("acme", "tickets")


def body(**changes: object) -> str:
    detail = commit(1).model_dump(mode="json") | changes
    return json.dumps({"detail-type": CanonicalCommitted.detail_type, "detail": detail})


def read(text: str) -> exp.Expr:
    """The one statement in a text."""
    (statement,) = sqlglot.parse(text, read="redshift")
    assert statement is not None
    return statement


@given(st.text(min_size=1))
def test_an_identifier_is_one_name_whatever_it_says(name: str) -> None:
    # No name of ours has a NUL, and SQL knows none.
    column = read(f"SELECT {identifier(name.replace(chr(0), ' '))}").expressions[0]
    assert column.name == name.replace("\0", " ")


@given(st.text())
def test_a_literal_is_one_text_or_refused(text: str) -> None:
    try:
        quoted = literal(text)
    except ValueError:
        quoted = prose(text, 4000)
    else:
        assert read(f"SELECT {quoted}").expressions[0].this == text
    assert isinstance(read(f"SELECT {quoted}").expressions[0], exp.Literal)


@pytest.mark.parametrize("name", [name for name in HOSTILE_NAMES if "\0" not in name])
def test_layouts_and_keys_stay_names(name: str) -> None:
    text = body(layout={"sort_by": [name], "distribute_by": name}, key_columns=[name])
    wanted = wanted_shape(read_commit(text))
    batch = schema_sql.shape(ACME, Shape((), ()), wanted, LOAD_ID, 0)
    for statement in batch:
        schemas = {table.db for table in read(statement).find_all(exp.Table)}
        assert schemas == {"acme"}


def test_a_problem_that_is_sql_stays_a_text() -> None:
    problem = "it's'); DROP SCHEMA \"rival\" CASCADE; --\\'"
    for statement in repair_sql.set_aside(ACME, 3, LOAD_ID, problem):
        assert "rival" not in {table.db for table in read(statement).find_all(exp.Table)}


@pytest.mark.parametrize("field", ["name", "type"])
def test_columns_are_names_and_types_of_ours(field: str) -> None:
    for hostile in (*HOSTILE_NAMES, 'bigint); DROP TABLE "rival"."tickets"', "varchar(999999)"):
        columns = [column.model_dump() for column in COLUMNS]
        columns[-1][field] = hostile
        with pytest.raises(Terminal, match=f"columns.*{field}"):
            read_commit(body(columns=columns))


@pytest.mark.parametrize("key", foreign_keys(commit(1).key, "acme"))
def test_no_commit_loads_another_tenants_file(key: str) -> None:
    with pytest.raises(Terminal, match="key"):
        read_commit(body(key=key))


@pytest.mark.parametrize("tenant", HOSTILE_TENANTS)
def test_no_wake_and_no_statement_is_of_what_is_no_tenant(tenant: str) -> None:
    with pytest.raises(Terminal, match="tenant_id"):
        parse(json.dumps({"wake": {"tenant_id": tenant, "canonical_table": "tickets"}}))
    assert StatementName.parse(f"v1|{tenant}|tickets|load|{LOAD_ID}") is None


def test_a_statement_s_name_has_no_room_for_a_second_one() -> None:
    assert StatementName.parse(f"v1|acme|tickets|load|{LOAD_ID}|v1|rival") is None
    assert StatementName.parse(f"v1|acme|rival|tickets|load|{LOAD_ID}") is None


def test_a_message_nested_beyond_measure_is_a_dead_letter() -> None:
    with pytest.raises(Terminal, match="not JSON"):
        parse("[" * 100_000)
