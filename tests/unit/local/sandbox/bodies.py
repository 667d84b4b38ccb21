"""What to send to a collection: paths and bodies made from the tables themselves."""

import json
from typing import Any

from cwp_local.sandbox.catalogue import kind_of
from cwp_local.sandbox.pointing import targets_of, value_at
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import SCHEDULE_ENTRIES, TICKETS, Table
from cwp_local.sandbox.world import lookups
from tests.unit.local.sandbox.clients import Client

Row = dict[str, Any]


class NoRowError(LookupError):
    """The table has lost all its rows."""


def some_row(client: Client, table: Table) -> Row:
    """The row of a table with the lowest id."""
    page = client.company.store.page(table, Search(), "id", 1)
    if not page.bodies:
        raise NoRowError(table.id)
    row: Row = json.loads(page.bodies[0])
    return row


def collection(client: Client, table: Table) -> str:
    """The path of a collection that has rows."""
    if table.parent is None:
        return table.path
    parent_id = value_at(some_row(client, table), table.parent.link)
    return table.path.replace("{id}", str(parent_id))


def required_body(client: Client, table: Table, text: str = "Made up") -> Row:
    """The least that a POST takes."""
    body = {name: _value(client, table, name, text) for name in table.required}
    if table is SCHEDULE_ENTRIES:
        body["type"] = {"identifier": "S"}
    return body


def _value(client: Client, table: Table, name: str, text: str) -> Any:
    type_text = table.entity.types[name]
    match kind_of(type_text):
        case "reference":
            return {"id": _pointed(client, type_text[2:])["id"]}
        case "enum":
            return type_text.removeprefix("enum:").split("|")[0]
        case "datetime":
            return "2026-11-01T08:00:00Z"
        case "numeric":
            return some_row(client, TICKETS)["id"] if name.endswith("Id") else 2
    return text


def _pointed(client: Client, kind: str) -> Row:
    targets = targets_of(kind)
    return some_row(client, targets[0]) if targets else lookups.BY_REFERENCE[kind][0]
