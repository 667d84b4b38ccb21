"""Writing a new company file, as fast as SQLite takes rows."""

import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.conditions.sql import link_column
from cwp_local.sandbox.records import insert_sql, record
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import TABLES, Table

_ROWS_PER_INSERT = 2000
_PAGE_BYTES = 16_384

_CREATE = (
    "CREATE TABLE {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, last_updated TEXT NOT NULL, "
    "{links}body TEXT NOT NULL)"
)
_INDEX = "CREATE INDEX {table}_{number} ON {table} ({columns})"


def build(path: Path, rows: Iterable[tuple[Table, Row]], notes: dict[str, Any]) -> None:
    """Write a new company file; it appears under `path` complete or not at all."""
    partial = path.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    connection = sqlite3.connect(partial, isolation_level=None)
    try:
        # The file is thrown away if this does not finish, so it needs no journal while it grows.
        connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        _fill(connection, rows)
        for name, value in notes.items():
            Writing(connection).set_note(name, value)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    partial.rename(path)


def _fill(connection: sqlite3.Connection, rows: Iterable[tuple[Table, Row]]) -> None:
    connection.execute("BEGIN")
    connection.execute("CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
    for table in TABLES.values():
        links = "".join(f"{link_column(path)}, " for path in table.indexed)
        connection.execute(_CREATE.format(table=table.id, links=links))
    rest = iter(rows)
    while batch := list(islice(rest, _ROWS_PER_INSERT)):
        for table in TABLES.values():
            records = [record(table, row) for owner, row in batch if owner is table]
            connection.executemany(insert_sql(table), records)
    for table in TABLES.values():
        _index(connection, table)


def _index(connection: sqlite3.Connection, table: Table) -> None:
    columns = ["id, last_updated", "last_updated, id", *map(link_column, table.indexed)]
    for number, names in enumerate(columns):
        connection.execute(_INDEX.format(table=table.id, number=number, columns=names))
