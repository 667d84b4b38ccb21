"""Counting the rows of a search, with the help of what was counted before.

Lists by number tell the last page, so that each page needs a count, and counting takes longer than
the page itself. But clients ask for one page after the other: the rows beyond an id are those
beyond another id, less those in between, which are soon counted.
"""

import sqlite3
import threading
from collections import OrderedDict
from typing import NamedTuple

from cwp_local.sandbox.access_path import glance, indexed_by
from cwp_local.sandbox.conditions import EVERY_ROW, Clause
from cwp_local.sandbox.history import last_change
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.sessions import Session
from cwp_local.sandbox.tables import Table

# Names of tables and columns are the program's own; everything from outside is bound.
_COUNT = "SELECT count(*) FROM {table} {index} {where}"
_MOST_REMEMBERED = 256


class _Known(NamedTuple):
    """When `version` was the newest change, so many rows had an id above `after`."""

    version: int
    after: int
    rows: int


class Counts:
    """The counts of one company file; for any thread.

    What is remembered holds for one version of the rows, told by the newest entry of the change
    log: every change of a row is logged in its own transaction, and no entry is ever removed. A
    count is made from a remembered one only if the transaction that asks sees that very version.
    So it is always the number of rows that this transaction sees.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, Clause], _Known] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, session: Session, table: Table, search: Search) -> int:
        """How many rows there are of a search, in the transaction that `session` is in."""
        version = last_change(session)
        known = self._recall((table.id, search.rest), version)
        rows = _count(session.connection, table, search, known)
        self._keep((table.id, search.rest), _Known(version, search.after, rows))
        return rows

    def _recall(self, key: tuple[str, Clause], version: int) -> _Known | None:
        with self._lock:
            known = self._known.get(key)
        return known if known and known.version == version else None

    def _keep(self, key: tuple[str, Clause], known: _Known) -> None:
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)


def _count(
    connection: sqlite3.Connection, table: Table, search: Search, known: _Known | None
) -> int:
    if known is None or search.where == EVERY_ROW:
        return _counted(connection, table, search)
    nearer, further = sorted((search.after, known.after))
    between = search.between(nearer, further)
    if glance(connection, table, search.range) < glance(connection, table, between.range):
        return _counted(connection, table, search)
    rows = _counted(connection, table, between)
    return known.rows - rows if search.after > known.after else known.rows + rows


def _counted(connection: sqlite3.Connection, table: Table, search: Search) -> int:
    where = search.where
    # Without a WHERE clause SQLite counts pages of an index, not rows.
    clause = "" if where == EVERY_ROW else f"WHERE {where.sql}"
    index = indexed_by(connection, table, search)
    sql = _COUNT.format(table=table.id, index=index, where=clause)
    return int(connection.execute(sql, where.values).fetchone()[0])
