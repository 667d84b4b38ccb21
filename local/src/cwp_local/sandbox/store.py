"""The rows of one company: one SQLite file, one SQL table per collection, packed JSON per row.

Bodies are served as they were stored, so that a page is a join of texts. Lists first choose ids,
which indexes over (id, last_updated) answer without touching a body, then fetch those bodies.
Every change of a row is in the change log (`history.py`) when its transaction is done.
"""

import queue
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from cwp_local.sandbox.access_path import indexed_by
from cwp_local.sandbox.calls import Row, json_text
from cwp_local.sandbox.conditions import Bound, Clause, link_column
from cwp_local.sandbox.counts import Counts
from cwp_local.sandbox.history import (
    Change,
    Kind,
    changed_between,
    changes_since,
    last_change,
    last_change_time,
    log_before,
    log_change,
)
from cwp_local.sandbox.models import TableChanges
from cwp_local.sandbox.records import columns, insert_sql, record
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.sessions import Session, open_session
from cwp_local.sandbox.tables import Table
from cwp_shared.clock import to_seconds, utc_now

# Names of tables and columns are the program's own; everything from outside is bound.
_BODIES = "SELECT id, packed FROM {table} WHERE id IN (SELECT value FROM json_each(?))"
_BODY = "SELECT packed FROM {table} WHERE id = ?"
_CHOOSE = "SELECT id FROM {table} {index} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
_COUNT = "SELECT count(*) FROM {table} WHERE {where}"
_IDS = "SELECT id FROM {table} WHERE {where} ORDER BY id LIMIT ?"
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
        self._idle: queue.LifoQueue[Session] = queue.LifoQueue()
        self._writing = threading.Lock()
        self._closed = False
        self._counts = Counts()

    def page(self, table: Table, search: Search, order: str, limit: int, offset: int = 0) -> Page:
        """Rows `offset` to `offset + limit` of a search."""
        with self._reading() as session:
            found = _chosen(session.connection, table, search, order, limit + 1, offset)
            ids = found[:limit]
            fetched = session.connection.execute(_BODIES.format(table=table.id), (json_text(ids),))
            bodies: dict[int, bytes] = dict(fetched)
            unpack = session.codecs.of(table.id).unpack
            texts = [unpack(bodies[row_id]) for row_id in ids]
        return Page(ids, texts, more=len(found) > limit)

    def count(self, table: Table, search: Search) -> int:
        """How many rows there are of a search."""
        with self._reading() as session:
            return self._counts.count(session, table, search)

    def body(self, table: Table, row_id: int) -> bytes | None:
        """One row's JSON, or None."""
        with self._reading() as session:
            return _body(session, table, row_id)

    def note(self, name: str) -> Any:
        """What the file says about itself under `name`; None if nothing."""
        with self._reading() as session:
            return _note(session, name)

    def history(self, since: int, limit: int) -> list[Change]:
        """Up to `limit` entries of the change log after `since`, oldest first."""
        with self._reading() as session:
            return list(changes_since(session, since, limit))

    def last_change(self) -> int:
        """The `seq` of the change log's newest entry; 0 if there is none."""
        with self._reading() as session:
            return last_change(session)

    def last_change_time(self) -> datetime | None:
        """When the newest change was made; None if there is none."""
        with self._reading() as session:
            return last_change_time(session)

    def changed_since(self, seq: int) -> Mapping[str, TableChanges]:
        """Per table, which rows are not as they were when `seq` was the newest change."""
        with self._reading() as session:
            return changed_between(session, seq, last_change(session))

    @contextmanager
    def writing(self) -> Iterator["Writing"]:
        """A transaction: everything in the block happens, or nothing if it raises."""
        with self._writing, self._session() as session:
            session.connection.execute("BEGIN IMMEDIATE")
            try:
                yield Writing(session)
            except BaseException:
                session.connection.execute("ROLLBACK")
                raise
            session.connection.execute("COMMIT")

    def close(self) -> None:
        """Close idle connections; those in use are closed as they come back."""
        self._closed = True
        while True:
            try:
                self._idle.get_nowait().connection.close()
            except queue.Empty:
                return

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        """One snapshot for all statements of the block."""
        with self._session() as session:
            session.connection.execute("BEGIN")
            try:
                yield session
            finally:
                session.connection.execute("COMMIT")

    @contextmanager
    def _session(self) -> Iterator[Session]:
        try:
            session = self._idle.get_nowait()
        except queue.Empty:
            session = open_session(self.path)
        try:
            yield session
        finally:
            if self._closed:
                session.connection.close()
            else:
                self._idle.put(session)


class Writing:
    """The inside of one transaction.

    `now` is the second that the change log says; whoever goes by another clock sets it.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._connection = session.connection
        self.now: datetime = to_seconds(utc_now())

    def get(self, table: Table, row_id: int) -> Row | None:
        """A row, or None."""
        body = _body(self._session, table, row_id)
        return None if body is None else msgspec.json.decode(body)

    def insert(self, table: Table, row: Row) -> None:
        """Add a row, whose id is new."""
        values = self._record(table, row)
        self._connection.execute(insert_sql(table), values)
        self._log("added", table, row["id"], values[-1])

    def replace(self, table: Table, row: Row) -> None:
        """Store a row in the place of the one with its id."""
        names = ", ".join(f"{name} = ?" for name in columns(table))
        sql = _UPDATE.format(table=table.id, assignments=names)
        values = self._record(table, row)
        log_before(self._session, table, row["id"])
        self._connection.execute(sql, (*values, row["id"]))
        self._log("updated", table, row["id"], values[-1])

    def delete(self, table: Table, row_id: int) -> None:
        """Remove a row, if it is there. Its id is never given again."""
        log_before(self._session, table, row_id)
        gone = self._connection.execute(_DELETE.format(table=table.id), (row_id,)).rowcount
        if gone:
            self._log("deleted", table, row_id, None)

    def next_id(self, table: Table) -> int:
        """An id no row has or had."""
        found = self._connection.execute(_LAST_ID, (table.id,)).fetchone()
        return int(found[0]) + 1 if found else 1

    def ids_with(self, table: Table, path: str, value: Bound) -> list[int]:
        """Ids of the rows whose `path` ("ticket/id", an indexed one) is `value`."""
        sql = _LINKED.format(table=table.id, column=link_column(path))
        return [row[0] for row in self._connection.execute(sql, (value,))]

    def ids(self, table: Table, where: Clause, limit: int = -1) -> list[int]:
        """Ids of the rows that `where` holds for, in order; the first `limit`, if not negative."""
        sql = _IDS.format(table=table.id, where=where.sql)
        return [row[0] for row in self._connection.execute(sql, (*where.values, limit))]

    def count(self, table: Table, where: Clause) -> int:
        """As `Store.count`."""
        sql = _COUNT.format(table=table.id, where=where.sql)
        return int(self._connection.execute(sql, where.values).fetchone()[0])

    def note(self, name: str) -> Any:
        """As `Store.note`."""
        return _note(self._session, name)

    def set_note(self, name: str, value: Any) -> None:
        """Keep a JSON value with the file."""
        self._connection.execute(_SET_NOTE, (name, json_text(value)))

    def last_change(self) -> int:
        """As `Store.last_change`."""
        return last_change(self._session)

    def changed_since(self, seq: int) -> Mapping[str, TableChanges]:
        """As `Store.changed_since`."""
        return changed_between(self._session, seq, last_change(self._session))

    def _record(self, table: Table, row: Row) -> tuple[Any, ...]:
        return record(table, row, self._session.codecs.of(table.id))

    def _log(self, kind: Kind, table: Table, row_id: int, packed: bytes | None) -> None:
        log_change(self._session, kind, table, row_id, at=self.now, packed=packed)


def _chosen(
    connection: sqlite3.Connection,
    table: Table,
    search: Search,
    order: str,
    limit: int,
    offset: int,
) -> list[int]:
    """Ids of rows `offset` to `offset + limit`."""
    where = search.where
    index = indexed_by(connection, table, search, order, offset + limit)
    sql = _CHOOSE.format(table=table.id, index=index, where=where.sql, order=order)
    return [row[0] for row in connection.execute(sql, (*where.values, limit, offset))]


def _body(session: Session, table: Table, row_id: int) -> bytes | None:
    found = session.connection.execute(_BODY.format(table=table.id), (row_id,)).fetchone()
    return session.codecs.of(table.id).unpack(found[0]) if found else None


def _note(session: Session, name: str) -> Any:
    found = session.connection.execute(_NOTE, (name,)).fetchone()
    return msgspec.json.decode(found[0]) if found else None
