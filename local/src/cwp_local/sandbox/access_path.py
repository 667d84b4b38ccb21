"""Which index answers a question that names a window of lastUpdated.

It can be answered in the order of ids, passing over those outside the window, or from the index
over lastUpdated, whose rows must then be sorted. At a million rows the wrong one costs tens of
milliseconds, and which one it is depends on values that SQLite does not look at. So every table
has a sample of its rows, a partial index that SQLite itself keeps true; a glance at it tells about
how many rows either way passes. However that comes out, the answer is the same.
"""

import sqlite3

from cwp_local.sandbox.conditions import EVERY_ROW, Clause, all_of
from cwp_local.sandbox.records import BY_ID, BY_TIME, SAMPLE, SAMPLE_EVERY, SAMPLED
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import Table

# Names of tables and columns are the program's own; everything from outside is bound.
_GLANCE = "SELECT {what} FROM {table} INDEXED BY {sample} WHERE {sampled} AND {where} {order}"
_NTH = "ORDER BY id {way} LIMIT 1 OFFSET ?"
#: Measured: to find and sort a row of the window takes as long as to pass over so many ids.
_SORTING = 4
#: Orders by id: which way they go, and which ids come no later than a given one.
_WAYS = {"id": ("ASC", "<="), "id ASC": ("ASC", "<="), "id DESC": ("DESC", ">=")}


def indexed_by(
    connection: sqlite3.Connection, table: Table, search: Search, order: str = "", limit: int = 0
) -> str:
    """`INDEXED BY ...`, or nothing where SQLite knows as much.

    Args:
        connection: to the company's file.
        table: where the rows are.
        search: which are sought.
        order: in which order; none for a count.
        limit: how many rows are wanted, the skipped ones included, if they are in an order.
    """
    # Rows that are found by what they refer to are few.
    if search.window == EVERY_ROW or "link_" in search.rest.sql:
        return ""
    way = _WAYS.get(order.partition(",")[0])
    ids = search.range if way is None else _until(connection, table, search, way, limit)
    effort = 1 if way is None else _SORTING
    quick = effort * glance(connection, table, search.window) < glance(connection, table, ids)
    return f"INDEXED BY {(BY_TIME if quick else BY_ID).format(table=table.id)}"


def glance(connection: sqlite3.Connection, table: Table, where: Clause) -> int:
    """For how many rows of the sample a clause over id and last_updated holds."""
    sql = _of_sample("count(*)", table, where)
    return int(connection.execute(sql, where.values).fetchone()[0])


def _until(
    connection: sqlite3.Connection, table: Table, search: Search, way: tuple[str, str], limit: int
) -> Clause:
    """The ids that are passed, in order, until there are `limit` rows of the window."""
    direction, no_later = way
    where = all_of(search.range, search.window)
    sql = _of_sample("id", table, where, _NTH.format(way=direction))
    last = connection.execute(sql, (*where.values, limit // SAMPLE_EVERY)).fetchone()
    return all_of(search.range, Clause(f"id {no_later} ?", last)) if last else search.range


def _of_sample(what: str, table: Table, where: Clause, order: str = "") -> str:
    sample = SAMPLE.format(table=table.id)
    return _GLANCE.format(
        what=what, table=table.id, sample=sample, sampled=SAMPLED, where=where.sql, order=order
    )
