"""How a row lies in SQL: id, last_updated, a column per indexed value, and its JSON text."""

from typing import Any

from cwp_local.sandbox.calls import Row, json_text
from cwp_local.sandbox.conditions.sql import Bound, link_column
from cwp_local.sandbox.tables import Table

_INSERT = "INSERT INTO {table} ({columns}) VALUES ({marks})"


def columns(table: Table) -> list[str]:
    """The columns of a collection's SQL table, in the order of a record."""
    return ["id", "last_updated", *map(link_column, table.indexed), "body"]


def insert_sql(table: Table) -> str:
    """The statement that takes a record."""
    names = columns(table)
    marks = ", ".join("?" * len(names))
    return _INSERT.format(table=table.id, columns=", ".join(names), marks=marks)


def record(table: Table, row: Row) -> tuple[Bound | None, ...]:
    """A row as it is stored."""
    links = (_link(row, path) for path in table.indexed)
    return (row["id"], row["_info"]["lastUpdated"], *links, json_text(row))


def _link(row: Row, path: str) -> Any:
    name, _, inner = path.partition("/")
    value = row.get(name)
    return value.get(inner) if inner and value else value
