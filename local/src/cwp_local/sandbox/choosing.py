"""Choosing the ids of a page in the cheaper of two ways.

Going through rows by id is quick where many of them fit, and slow where a short window of
lastUpdated is sought in a long table; going through the index of that window, and sorting, is the
other way round. Which of the two it is depends on the values, and SQLite does not look at those.
So the first way is tried for some milliseconds; if that is not enough, the rows are counted, and
if they are few, the second way is taken.
"""

import sqlite3

from cwp_local.sandbox.conditions import Bound, Clause
from cwp_local.sandbox.tables import Table

# Names of tables and columns are the program's own; everything from outside is bound.
_CHOOSE = "SELECT id FROM {table} WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"
_COUNT = "SELECT count(*) FROM (SELECT 1 FROM {table} WHERE {where} LIMIT ?)"
#: Steps of SQLite's virtual machine: some seven milliseconds.
_TRIED_STEPS = 250_000
#: These are sorted in some five.
_FEW_ROWS = 30_000
_BY_ID = ("id", "id ASC")


def choose_ids(
    connection: sqlite3.Connection,
    table: Table,
    where: Clause,
    order: str,
    limit: int,
    offset: int,
) -> list[int]:
    """Ids of rows `offset` to `offset + limit` of those that `where` holds for, in order."""
    values = (*where.values, limit, offset)
    sql = _CHOOSE.format(table=table.id, where=where.sql, order=order)
    by_id = order.partition(",")[0] in _BY_ID
    if by_id and "last_updated" in where.sql:
        found = _tried(connection, sql, values)
        if found is not None:
            return found
        if _few(connection, table, where):
            # The plus keeps SQLite from taking the order from an index over ids again.
            sql = _CHOOSE.format(table=table.id, where=where.sql, order=f"+{order}")
    return [row[0] for row in connection.execute(sql, values)]


def _tried(connection: sqlite3.Connection, sql: str, values: tuple[Bound, ...]) -> list[int] | None:
    """The ids, or None if they are not found soon."""
    connection.set_progress_handler(_stop, _TRIED_STEPS)
    try:
        return [row[0] for row in connection.execute(sql, values)]
    except sqlite3.OperationalError as error:
        if "interrupted" not in str(error):
            raise
        return None
    finally:
        connection.set_progress_handler(None, 0)


def _few(connection: sqlite3.Connection, table: Table, where: Clause) -> bool:
    sql = _COUNT.format(table=table.id, where=where.sql)
    counted = connection.execute(sql, (*where.values, _FEW_ROWS)).fetchone()[0]
    return int(counted) < _FEW_ROWS


def _stop() -> int:
    return 1
