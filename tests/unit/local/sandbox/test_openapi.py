"""The description names what is served; that it is true, the integration test shows."""

import pytest

from cwp_local.sandbox.openapi import description
from cwp_local.sandbox.tables import TABLES, Table

every_table = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)


@every_table
def test_paths_and_methods(table: Table) -> None:
    paths, place = description()["paths"], table.path.replace("{id}", "{parentId}")
    both = paths[place].keys() | paths[f"{place}/{{id}}"].keys()
    assert {name.upper() for name in both - {"parameters"}} == table.methods | {"GET"}
    assert "get" in paths[f"{place}/count"]
    assert (f"{place}/search" in paths) == table.searchable


@every_table
def test_what_is_required_is_a_property(table: Table) -> None:
    paths, schemas = description()["paths"], description()["components"]["schemas"]
    post = paths[table.path.replace("{id}", "{parentId}")]["post"]
    name = post["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert schemas[name]["required"] == list(table.required)
    assert set(table.required) <= schemas[name]["properties"].keys()
    assert not set(table.never_returned) & schemas[name.removeprefix("New")]["properties"].keys()


def test_every_schema_that_is_named_is_there() -> None:
    schemas = description()["components"]["schemas"]
    prefix = "#/components/schemas/"
    assert {name.removeprefix(prefix) for name in references(description())} <= schemas.keys()
    assert len(description()["paths"]) == 1 + 3 * len(TABLES) + 2


def references(part: object) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()
