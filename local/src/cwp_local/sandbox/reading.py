"""Lists, searches, counts and single rows.

Each takes `within`, which holds for the rows that the request may see at all: those under one
parent, for a nested collection.
"""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from cwp_local.sandbox.calls import Answer, Call, json_answer, json_text, refused
from cwp_local.sandbox.catalogue import UnknownNameError
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import EVERY_ROW, Clause, ConditionError, all_of
from cwp_local.sandbox.filters import Filters, filters_of
from cwp_local.sandbox.paging import Window, forward_link, numbered_links, window
from cwp_local.sandbox.projection import projection
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.store import Page, Store
from cwp_local.sandbox.tables import Table
from cwp_local.sandbox.weather.time_zone_bug import mistaken

T = TypeVar("T")

#: How SQLite says that an expression is more than it takes.
_TOO_MUCH = ("too complex", "too large", "too many", "too big", "overflow", "too deep")


def list_rows(company: Company, table: Table, call: Call, within: Clause = EVERY_ROW) -> Answer:
    """One page of a collection, as a JSON array, with its Link header; also of a search.

    Raises:
        Refused: 400 for conditions, orderBy or paging that make no sense.
    """
    filters = _filters(company, call)
    strict = company.forecast.weather.oversize == "refuse"
    page = window(call, ordered=bool(filters.order_by.strip()), strict_size=strict)
    visible = all_of(within, _seen(company, table))
    found, link = _asked(lambda: _page(company.store, table, visible, filters, page, call))
    company.forecast.check_rows(table, found.ids)
    body = b"[" + b",".join(_cut(table, found.bodies, filters.fields)) + b"]"
    return Answer(200, body, {} if link is None else {"Link": link})


def count_rows(company: Company, table: Table, call: Call, within: Clause = EVERY_ROW) -> Answer:
    """`{"count": N}` of the rows that conditions hold for.

    Raises:
        Refused: 400 for conditions that make no sense.
    """
    filters = _filters(company, call)
    visible = all_of(within, _seen(company, table))
    count = _asked(lambda: company.store.count(table, filters.search(table).within(visible)))
    return json_answer({"count": count})


def one_row(
    company: Company, table: Table, row_id: int, call: Call, within: Clause = EVERY_ROW
) -> Answer:
    """A row.

    Raises:
        Refused: 404.
    """
    where = all_of(Clause("id = ?", (row_id,)), within, _seen(company, table))
    found = company.store.page(table, Search(where), "id", 1)
    if not found.bodies:
        raise refused(404, "NotFound", f"{table.noun} {row_id} not found")
    company.forecast.check_rows(table, found.ids)
    return Answer(200, _cut(table, found.bodies, filters_of(call).fields)[0])


def _filters(company: Company, call: Call) -> Filters:
    return mistaken(filters_of(call), company.forecast.weather.filter_shift_hours)


def _seen(company: Company, table: Table) -> Clause:
    """The rows that the caller's role sees."""
    hidden = company.forecast.hidden(table)
    if not hidden:
        return EVERY_ROW
    ids = json_text(sorted(hidden))
    return Clause("id NOT IN (SELECT value FROM json_each(?))", (ids,))


def _cut(table: Table, bodies: list[bytes], fields: str) -> list[bytes]:
    return list(map(projection(table, fields), bodies)) if fields.strip() else bodies


def _page(
    store: Store, table: Table, visible: Clause, filters: Filters, page: Window, call: Call
) -> tuple[Page, str | None]:
    """The page and its Link header, if it has one."""
    search = filters.search(table).within(visible)
    if page.after is not None:
        found = store.page(table, search.beyond(page.after), "id", page.size)
        return found, forward_link(call, found.ids[-1] if found.more else None)
    found = store.page(table, search, filters.order(table), page.size, page.offset)
    if page.number == 1 and not found.more:
        return found, None
    return found, numbered_links(call, page, store.count(table, search))


def _asked(answer: Callable[[], T]) -> T:
    """Errors of what was asked, in the API's words."""
    try:
        return answer()
    except UnknownNameError as error:
        raise refused(400, "ApiFindCondition", f"{error} is not a recognized name.") from None
    except (ConditionError, RecursionError) as error:
        raise refused(400, "ApiFindCondition", str(error)) from None
    except (sqlite3.OperationalError, sqlite3.DataError) as error:
        if not any(words in str(error) for words in _TOO_MUCH):
            raise
        text = f"The conditions are more than the sandbox can evaluate: {error}"
        raise refused(400, "ApiFindCondition", text) from None
