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
#: Conditions, and for each of them ids.
_MOST_REMEMBERED, _MOST_IDS = 256, 64


class _Known(NamedTuple):
    """By an id, how many rows had one above it when `version` was the newest change."""

    version: int
    rows: dict[int, int]


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
        version, key = last_change(session), (table.id, search.rest)
        near = self._nearest(key, version, search.after)
        rows = _count(session.connection, table, search, near)
        self._keep(key, version, search.after, rows)
        return rows

    def _nearest(self, key: tuple[str, Clause], version: int, after: int) -> tuple[int, int] | None:
        """The remembered id that is nearest to `after`, and the rows above it."""
        with self._lock:
            known = self._known.get(key)
            if known is None or known.version != version:
                return None
            return min(known.rows.items(), key=lambda each: abs(each[0] - after))

    def _keep(self, key: tuple[str, Clause], version: int, after: int, rows: int) -> None:
        with self._lock:
            known = self._known.get(key)
            if known is None or known.version != version:
                known = self._known[key] = _Known(version, {})
            known.rows[after] = rows
            if len(known.rows) > _MOST_IDS:
                for each in sorted(known.rows)[1::2]:
                    del known.rows[each]
            self._known.move_to_end(key)
            if len(self._known) > _MOST_REMEMBERED:
                self._known.popitem(last=False)


def _count(
    connection: sqlite3.Connection, table: Table, search: Search, near: tuple[int, int] | None
) -> int:
    if near is None or search.where == EVERY_ROW:
        return _counted(connection, table, search)
    known, rows = near
    between = search.between(*sorted((search.after, known)))
    if glance(connection, table, search.range) < glance(connection, table, between.range):
        return _counted(connection, table, search)
    others = _counted(connection, table, between)
    return rows - others if search.after > known else rows + others


def _counted(connection: sqlite3.Connection, table: Table, search: Search) -> int:
    where = search.where
    # Without a WHERE clause SQLite counts pages of an index, not rows.
    clause = "" if where == EVERY_ROW else f"WHERE {where.sql}"
    index = indexed_by(connection, table, search)
    sql = _COUNT.format(table=table.id, index=index, where=clause)
    return int(connection.execute(sql, where.values).fetchone()[0])
