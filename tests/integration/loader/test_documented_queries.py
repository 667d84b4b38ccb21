"""The SQL of docs/warehouse.md, run as it stands there on tables that the loader made."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest

from cwp_local.redshift.server import Parts
from cwp_shared.mapping_files import read_mappings
from cwp_transformer import canonical
from tests.integration.loader.warehouse import TENANT, RealWarehouse
from tests.integration.redshift.servers import Api, serving
from tests.unit.local.redshift.fakes import FakeAnnouncer, FakeObjects

ROOT: Final = Path(__file__).parents[3]
MAPPINGS: Final = {mapping.table: mapping for mapping in read_mappings(ROOT / "mappings").valid}
LOADER: Final = "IAMR:connectwise-loader-settle-prod"


def documented(words: str) -> list[str]:
    """The statements of the one block that has `words`."""
    text = (ROOT / "docs" / "warehouse.md").read_text()
    (block,) = [found for found in re.findall(r"```\n(.*?)```", text, re.DOTALL) if words in found]
    statements = block.replace('"acme"', f'"{TENANT}"').split(";")
    return [statement.strip() for statement in statements if statement.strip()]


def version(sk: str, begins: int, ends: int | None, **values: Any) -> dict[str, Any]:
    """A row that holds from one day of March 2026 to another."""
    return values | {
        "op": "open",
        "sk": sk,
        "sequence": 1,
        "effective_from": datetime(2026, 3, begins),  # noqa: DTZ001 - UTC, as in files
        "effective_to": datetime(2026, 3, ends) if ends else None,  # noqa: DTZ001
        "is_current": ends is None,
        "is_deleted": False,
    }


def load(warehouse: RealWarehouse, name: str, *rows: dict[str, Any]) -> None:
    mapping = MAPPINGS[name]
    table = pa.Table.from_pylist(list(rows), canonical.schema(mapping))
    commit = warehouse.commit(table, canonical.columns(mapping), name, key_columns=mapping.key)
    assert warehouse.load(commit).last_error is None


@pytest.fixture(scope="module")
def warehouse() -> Iterator[RealWarehouse]:
    objects = FakeObjects()
    with serving(None, Parts(objects, FakeAnnouncer())) as endpoint:
        made = RealWarehouse(Api(endpoint), objects)
        load(
            made,
            "tickets",
            version("before", 1, 1, ticket_id=1),
            version("then", 1, 2, ticket_id=1),
            version("later", 2, None, ticket_id=1),
        )
        note = json.dumps([{"column": "text", "rule": "cut", "bytes": 80_000}])
        load(made, "ticket_notes", version("n", 1, None, note_id=7, load_notes=note))
        yield made


def test_a_day_finds_the_version_that_held_then_and_no_other(warehouse: RealWarehouse) -> None:
    (query,) = documented("effective_from <=")
    keys = query.replace("SELECT *", 'SELECT "sk"')
    assert warehouse.api.rows(keys) == [("then",)]
    assert warehouse.api.run(query)["ResultRows"] == 1
    current = f'SELECT "sk" FROM "{TENANT}".tickets_current'
    assert warehouse.api.rows(current) == [("later",)]


def test_notes_tell_what_was_cut(warehouse: RealWarehouse) -> None:
    (query,) = documented("load_notes")
    assert warehouse.api.rows(query) == [(7, '"text"', "80000")]


def test_the_ledger_tells_how_far_each_table_is(warehouse: RealWarehouse) -> None:
    (query,) = documented("load_ledger")
    rows = [
        (name, loaded, passed_over) for name, loaded, _, passed_over in warehouse.api.rows(query)
    ]
    assert sorted(rows) == [("ticket_notes", 1, 0), ("tickets", 1, 0)]


def test_rights_are_given_as_written(warehouse: RealWarehouse) -> None:
    for user in ("somebody", LOADER):
        warehouse.api.run(f'CREATE USER "{user}" PASSWORD DISABLE')
    for statement in documented("CREATE ROLE"):
        described = warehouse.api.run(statement)
        assert described["Status"] == "FINISHED", (statement, described.get("Error"))
