"""Drawing rows of a stored company at random, at a cost that does not grow with the company."""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.conditions import EVERY_ROW, Clause
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import Table

#: Most of what happens, happens to what is new: half of the draws are from the newest quarter.
_TOWARDS_NEW = 0.5


def draw_row(rows: Writing, rng: Random, table: Table) -> Row | None:
    """A row of a table, newer ones more often; None if it has none."""
    first = rows.ids(table, EVERY_ROW, 1)
    if not first:
        return None
    last = rows.next_id(table) - 1
    sought = first[0] + int((last - first[0] + 1) * rng.random() ** _TOWARDS_NEW)
    found = rows.ids(table, Clause("id >= ?", (sought,)), 1) or first
    return rows.get(table, found[0])


def some_count(rng: Random, expected: float) -> int:
    """A whole number that is `expected` on average, and differs from it by less than one."""
    return int(expected) + (rng.random() < expected % 1)
