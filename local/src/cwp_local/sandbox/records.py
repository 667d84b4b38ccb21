"""How a row lies in SQL: id, last_updated, a column per indexed value, and its packed JSON.

`body` is a column too: the JSON, unpacked when an expression asks for it. What reads a body often
unpacks it itself. A few rows of the live service have no lastUpdated: it is NULL then.
"""

import sqlite3
import zlib
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.conditions import Bound, link_column
from cwp_local.sandbox.packing import Codec, Codecs
from cwp_local.sandbox.tables import TABLES, Table

# Names of tables and columns are the program's own; everything from outside is bound.
_TABLE = (
    "CREATE TABLE {table} (id INTEGER PRIMARY KEY AUTOINCREMENT, last_updated TEXT, "
    "{links}packed BLOB NOT NULL, body TEXT AS (unpacked('{table}', packed)))"
)
_OTHERS = (
    "CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE dictionaries (name TEXT PRIMARY KEY, content BLOB NOT NULL)",
    """CREATE TABLE history (seq INTEGER PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL,
    name TEXT NOT NULL, row_id INTEGER NOT NULL, packed BLOB)""",
    "CREATE INDEX history_rows ON history (name, row_id)",
)
#: Indexes that questions are sent to by name.
BY_ID, BY_TIME, SAMPLE = "{table}_by_id", "{table}_by_time", "{table}_sample"
#: One row of so many is in the sample.
SAMPLE_EVERY = 499
SAMPLED = f"id % {SAMPLE_EVERY} = 0"
_NAMED = {
    BY_ID: "(id, last_updated)",
    BY_TIME: "(last_updated, id)",
    SAMPLE: f"(id, last_updated) WHERE {SAMPLED}",
}
_INDEX = "CREATE INDEX {name} ON {table} {part}"
_INSERT = "INSERT INTO {table} ({columns}) VALUES ({marks})"
_DICTIONARY = "SELECT content FROM dictionaries WHERE name = ?"
_ADD_DICTIONARY = "INSERT INTO dictionaries (name, content) VALUES (?, ?)"

_encode = msgspec.json.Encoder().encode


def create_tables(connection: sqlite3.Connection) -> None:
    """All tables of a company file, without their indexes."""
    for sql in _tables():
        connection.execute(sql)
    connection.execute(f"PRAGMA user_version = {_version()}")


def check_version(connection: sqlite3.Connection) -> None:
    """Refuse a file whose tables are not what they are now.

    Raises:
        sqlite3.DatabaseError: the file was made by another version of the sandbox.
    """
    if connection.execute("PRAGMA user_version").fetchone()[0] != _version():
        raise sqlite3.DatabaseError("it was made by another version of the sandbox")


def create_indexes(connection: sqlite3.Connection, table: Table) -> None:
    """The indexes of one table; quicker once its rows are there."""
    for sql in _indexes(table):
        connection.execute(sql)


def add_dictionary(connection: sqlite3.Connection, table: Table, content: bytes) -> None:
    """Keep what a table's bodies are packed against."""
    connection.execute(_ADD_DICTIONARY, (table.id, content))


def codecs_of(connection: sqlite3.Connection) -> Codecs:
    """The codecs of an open file, which then knows the function behind the column `body`."""

    def dictionary(table_id: str) -> bytes:
        found = connection.execute(_DICTIONARY, (table_id,)).fetchone()
        return found[0] if found else b""

    codecs = Codecs(dictionary)
    connection.create_function("unpacked", 2, codecs.unpacked, deterministic=True)
    return codecs


def columns(table: Table) -> list[str]:
    """The columns of a collection's SQL table, in the order of a record."""
    return ["id", "last_updated", *map(link_column, table.indexed), "packed"]


def insert_sql(table: Table) -> str:
    """The statement that takes a record."""
    names = columns(table)
    marks = ", ".join("?" * len(names))
    return _INSERT.format(table=table.id, columns=", ".join(names), marks=marks)


def record(table: Table, row: Row, codec: Codec) -> tuple[Bound | bytes | None, ...]:
    """A row as it is stored."""
    links = []
    for name, inner in _paths(table):
        value: Any = row.get(name)
        # A reference may be empty: {}.
        links.append((value or {}).get(inner) if inner else value)
    return (row["id"], row["_info"].get("lastUpdated"), *links, codec.pack(_encode(row)))


@cache
def _tables() -> tuple[str, ...]:
    links = {
        table: "".join(f"{link_column(path)}, " for path in table.indexed)
        for table in TABLES.values()
    }
    return (*_OTHERS, *(_TABLE.format(table=each.id, links=links[each]) for each in links))


def _indexes(table: Table) -> Iterator[str]:
    for name, part in _NAMED.items():
        yield _INDEX.format(name=name.format(table=table.id), table=table.id, part=part)
    # Most values that rows are found by are seldom there, so that their indexes are short.
    for link in map(link_column, table.indexed):
        part = f"({link}) WHERE {link} IS NOT NULL"
        yield _INDEX.format(name=f"{table.id}_{link}", table=table.id, part=part)


@cache
def _version() -> int:
    """Differs when the tables or their indexes differ; 31 bits, as SQLite keeps it."""
    indexes = (sql for table in TABLES.values() for sql in _indexes(table))
    return zlib.crc32("".join((*_tables(), *indexes)).encode()) >> 1


@cache
def _paths(table: Table) -> tuple[tuple[str, str], ...]:
    """Where the indexed values lie: field, and the name within it or nothing."""
    parts = (path.partition("/") for path in table.indexed)
    return tuple((name, inner) for name, _, inner in parts)
