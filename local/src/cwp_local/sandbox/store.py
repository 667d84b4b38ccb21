"""The rows of one company: one SQLite file, one SQL table per collection, JSON text per row.

Bodies are stored as they are served, so that a page is a join of texts. Lists first choose ids,
which indexes over (id, last_updated) answer without touching a body, then fetch those bodies.
"""

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from cwp_local.sandbox.calls import Row, json_text
from cwp_local.sandbox.conditions.sql import Bound, Clause, link_column
from cwp_local.sandbox.records import columns, insert_sql, record
from cwp_local.sandbox.tables import Table

_WAIT_FOR_LOCK_SECONDS = 60.0

# Names of tables and columns are the program's own; everything from outside is bound.
_CHOOSE = "SELECT id FROM {table} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
_BODIES = "SELECT id, CAST(body AS BLOB) FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
_BODY = "SELECT CAST(body AS BLOB) FROM {table} WHERE id = ?"
_COUNT = "SELECT count(*) FROM {table} WHERE {where}"
_IDS = "SELECT id FROM {table} WHERE {where} ORDER BY id"
_LINKED = "SELECT id FROM {table} WHERE {column} = ? ORDER BY id"
_LAST_ID = "SELECT seq FROM sqlite_sequence WHERE name = ?"
_UPDATE = "UPDATE {table} SET {assignments} WHERE id = ?"
_DELETE = "DELETE FROM {table} WHERE id = ?"
_NOTE = "SELECT value FROM notes WHERE name = ?"
_SET_NOTE = "INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)"


@dataclass(frozen=True)
class Page:
    """Some rows of a list, in order. `more` says whether rows follow."""

    ids: list[int]
    bodies: list[bytes]
    more: bool


class Store:
    """An open company file. Any thread may read; writers take turns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._closed = False

    def page(self, table: Table, where: Clause, order: str, limit: int, offset: int = 0) -> Page:
        """Rows `offset` to `offset + limit` of those that `where` holds for."""
        choose = _CHOOSE.format(table=table.id, where=where.sql, order=order)
        with self._reading() as connection:
            found = connection.execute(choose, (*where.values, limit + 1, offset)).fetchall()
            ids = [row[0] for row in found[:limit]]
            fetched = connection.execute(_BODIES.format(table=table.id), (json_text(ids),))
            bodies: dict[int, bytes] = dict(fetched)
        return Page(ids, [bodies[row_id] for row_id in ids], more=len(found) > limit)

    def count(self, table: Table, where: Clause) -> int:
        """How many rows `where` holds for."""
        sql = _COUNT.format(table=table.id, where=where.sql)
        with self._reading() as connection:
            return int(connection.execute(sql, where.values).fetchone()[0])

    def body(self, table: Table, row_id: int) -> bytes | None:
        """One row's JSON, or None."""
        with self._reading() as connection:
            found = connection.execute(_BODY.format(table=table.id), (row_id,)).fetchone()
        return found[0] if found else None

    def note(self, name: str) -> Any:
        """What the file says about itself under `name`; None if nothing."""
        with self._reading() as connection:
            return _note(connection, name)

    @contextmanager
    def writing(self) -> Iterator["Writing"]:
        """A transaction: everything in the block happens, or nothing if it raises."""
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writing(connection)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def close(self) -> None:
        """Close idle connections; those in use are closed as they come back."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().close()
            except queue.Empty:
                return

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One snapshot for all statements of the block."""
        with self._connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("COMMIT")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = _connect(self.path)
        try:
            yield connection
        finally:
            if self._closed:
                connection.close()
            else:
                self._idle.put(connection)


class Writing:
    """The inside of one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, table: Table, row_id: int) -> Row | None:
        """A row, or None."""
        found = self._one(_BODY, table, row_id)
        return msgspec.json.decode(found[0]) if found else None

    def insert(self, table: Table, row: Row) -> None:
        """Add a row, whose id is new."""
        self._connection.execute(insert_sql(table), record(table, row))

    def replace(self, table: Table, row: Row) -> None:
        """Store a row in the place of the one with its id."""
        names = ", ".join(f"{name} = ?" for name in columns(table))
        sql = _UPDATE.format(table=table.id, assignments=names)
        self._connection.execute(sql, (*record(table, row), row["id"]))

    def delete(self, table: Table, row_id: int) -> None:
        """Remove a row. Its id is never given again."""
        self._connection.execute(_DELETE.format(table=table.id), (row_id,))

    def next_id(self, table: Table) -> int:
        """An id no row has or had."""
        found = self._connection.execute(_LAST_ID, (table.id,)).fetchone()
        return int(found[0]) + 1 if found else 1

    def ids_with(self, table: Table, path: str, value: Bound) -> list[int]:
        """Ids of the rows whose `path` ("ticket/id", an indexed one) is `value`."""
        sql = _LINKED.format(table=table.id, column=link_column(path))
        return [row[0] for row in self._connection.execute(sql, (value,))]

    def ids(self, table: Table, where: Clause) -> list[int]:
        """Ids of the rows that `where` holds for, in order."""
        sql = _IDS.format(table=table.id, where=where.sql)
        return [row[0] for row in self._connection.execute(sql, where.values)]

    def note(self, name: str) -> Any:
        """As `Store.note`."""
        return _note(self._connection, name)

    def set_note(self, name: str, value: Any) -> None:
        """Keep a JSON value with the file."""
        self._connection.execute(_SET_NOTE, (name, json_text(value)))

    def _one(self, sql: str, table: Table, value: Bound) -> Any:
        return self._connection.execute(sql.format(table=table.id), (value,)).fetchone()


def _note(connection: sqlite3.Connection, name: str) -> Any:
    found = connection.execute(_NOTE, (name,)).fetchone()
    return msgspec.json.decode(found[0]) if found else None


def _connect(path: Path) -> sqlite3.Connection:
    # mode=rw: a file that is gone must not come back empty.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_WAIT_FOR_LOCK_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA synchronous = NORMAL")
    return connection
