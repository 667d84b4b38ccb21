"""The rule that all data of a company keeps: whatever is pointed to is there."""

import json
from typing import Any

from cwp_local.sandbox.consistency import links_of
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import TABLES, Table
from tests.unit.local.sandbox.clients import Client

Rows = dict[Table, dict[int, dict[str, Any]]]


def everything(client: Client) -> Rows:
    """All rows of a company, by table and id."""
    rows: Rows = {}
    for table in TABLES.values():
        page = client.company.store.page(table, Search(), "id", 1_000_000)
        rows[table] = dict(zip(page.ids, map(json.loads, page.bodies), strict=True))
    return rows


def dangling(rows: Rows) -> list[str]:
    """Every place that names a row which is not there."""
    return [
        f"{table.id} {row_id}: {link.field} is {pointed}"
        for table, there in rows.items()
        for link in links_of(table)
        for row_id, row in there.items()
        for pointed in link.ids(row)
        if not any(pointed in rows[target] for target in link.targets)
    ]
