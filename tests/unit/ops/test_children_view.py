from pathlib import Path

import pytest
import sqlglot
from typer.testing import CliRunner

from cwp_ops import main
from cwp_ops.children_view import children_of, create, select
from cwp_ops.errors import OperatorError
from cwp_shared.catalogue import field_type
from cwp_shared.mapping_files import read_mappings
from cwp_shared.tables import source_table
from cwp_transformer.engine import query

ROOT = Path(__file__).resolve().parents[3]
MAPPINGS = {m.table: m for m in read_mappings(ROOT / "mappings").valid}
#: The field that tells the items apart where it is not `id`.
KEYS = {("configurations", "questions"): "questionId"}
LISTS = [
    (mapping.table, column.name)
    for mapping in MAPPINGS.values()
    for column in mapping.columns
    if column.kind == "super"
    and field_type(source_table(mapping.source).path, column.paths[0]).startswith("[]->")
]


def columns(table: str, column: str) -> dict[str, str]:
    return {one.name: one.type for one in children_of(MAPPINGS[table], column).fields}


def test_items_have_columns_of_their_fields_the_key_first() -> None:
    assert columns("contacts", "types") == {"type_id": "bigint", "type_name": "varchar(65535)"}
    assert columns("contacts", "communication_items") == {
        "communication_item_id": "bigint",
        "communication_item_type_id": "bigint",
        "communication_item_type_name": "varchar(65535)",
        "communication_item_value": "varchar(65535)",
        "communication_item_extension": "varchar(65535)",
        "communication_item_is_default": "boolean",
        "communication_item_domain": "varchar(65535)",
        "communication_item_communication_type": "varchar(65535)",
    }
    assert next(iter(columns("expense_entries", "taxes"))) == "tax_id"


@pytest.mark.parametrize(
    ("table", "column", "key", "reason"),
    [
        (
            "contacts",
            "type",
            "id",
            "has no list 'type'; it has types, communication_items",
        ),
        ("priorities", "types", "id", "it has none"),
        ("products", "serial_numbers", "id", "are no objects: []string"),
        ("contacts", "types", "number", "has no field 'number'; it has id, name"),
    ],
)
def test_what_cannot_be_taken_apart(table: str, column: str, key: str, reason: str) -> None:
    with pytest.raises(OperatorError) as caught:
        children_of(MAPPINGS[table], column, key)
    assert reason in str(caught.value)


def test_only_of_a_tracked_list_all_changes_are_kept() -> None:
    contacts = MAPPINGS["contacts"]
    (types,) = (column for column in contacts.columns if column.name == "types")
    ignored = types.model_copy(update={"history": "ignored"})
    mapping = contacts.model_copy(update={"columns": (*contacts.key_columns, ignored)})
    with pytest.raises(OperatorError, match="it is ignored, and only of a tracked list"):
        children_of(mapping, "types")


@pytest.mark.parametrize(("table", "column"), LISTS)
def test_every_list_of_objects_has_a_view_that_redshift_can_read(table: str, column: str) -> None:
    children = children_of(MAPPINGS[table], column, KEYS.get((table, column), "id"))
    (statement,) = sqlglot.parse(create(children, "acme", "redshift"), read="redshift")
    assert isinstance(statement, sqlglot.exp.Create)


def test_each_kind_of_field_has_its_type() -> None:
    """Words, numbers, flags and what is inside references, out of canonical JSON."""
    parents = query(
        """SELECT 'k' AS sk, 1 AS contact_id, TIMESTAMP '2026-01-01' AS effective_from,
                  NULL::TIMESTAMP AS effective_to,
                  '[{"defaultFlag":true,"id":5,"type":{"id":2,"name":"Email"},"value":"a@b"}]'
                  AS communication_items"""
    )
    children = children_of(MAPPINGS["contacts"], "communication_items")
    (row,) = query(select(children, "parents", "duckdb"), parents=parents).to_pylist()
    assert (row["contact_id"], row["communication_item_id"]) == (1, 5)
    assert row["communication_item_is_default"] is True
    assert row["communication_item_type_name"] == "Email"
    assert (row["is_current"], row["is_deleted"]) == (True, False)


def test_the_command_prints_the_statement() -> None:
    call = ["mappings", "view", "contacts", "types", "--tenant", "acme"]
    answer = CliRunner().invoke(main.app, call)
    assert answer.exit_code == 0
    assert answer.stdout.startswith('CREATE OR REPLACE VIEW "acme".contacts_types AS\nWITH items')
    assert CliRunner().invoke(main.app, [*call[:-1], "No Tenant"]).exit_code == 2
