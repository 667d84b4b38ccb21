"""Which index answers a question that asks both for ids and for a window of lastUpdated.

SQLite chooses between them without knowing how many rows the window has. At a million rows the
wrong one costs a hundred milliseconds, for a page as for a count: the order of ids, if the window
has a few rows; the window, if it has most. A glance at the window tells.
"""

from dataclasses import dataclass

from cwp_local.sandbox.conditions import compile_required
from cwp_local.sandbox.filters import Filters
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import Table

#: A window of fewer rows is sorted sooner than that many ids are passed over.
_WIDE_ROWS = 20_000


@dataclass(frozen=True)
class AccessPath:
    """The columns, `id`, `last_updated` or none, by which a page and a count are not searched."""

    page: str = ""
    count: str = ""


def access_path(store: Store, table: Table, filters: Filters) -> AccessPath:
    """How to search for the rows of a request.

    Raises:
        ConditionError, UnknownNameError: as `Filters.where` and `Filters.order` do.
    """
    window = compile_required(table, filters.conditions, "last_updated")
    if window is None:
        return AccessPath()
    if not store.reaches(table, window, _WIDE_ROWS):
        return AccessPath(page="id", count="id")
    return AccessPath(
        page="last_updated" if filters.order(table).startswith("id") else "",
        count="last_updated" if compile_required(table, filters.conditions, "id") else "",
    )
