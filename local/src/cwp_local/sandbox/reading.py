"""Lists, counts and single rows."""

import sqlite3
from collections.abc import Callable
from typing import TypeVar

from cwp_local.sandbox.calls import Answer, Call, json_answer, refused
from cwp_local.sandbox.catalogue import UnknownNameError
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import (
    Clause,
    ConditionError,
    compile_conditions,
    compile_order,
)
from cwp_local.sandbox.paging import Window, forward_link, numbered_links, window
from cwp_local.sandbox.projection import project
from cwp_local.sandbox.store import Page
from cwp_local.sandbox.tables import Table

T = TypeVar("T")

#: Would change the answer, so that ignoring them, as unknown ones are, would be a lie.
_NOT_SIMULATED = ("childConditions", "customFieldConditions")

#: How SQLite says that an expression is more than it takes.
_TOO_MUCH = ("too complex", "too large", "too many", "overflow", "too deep")


def list_rows(company: Company, table: Table, call: Call) -> Answer:
    """One page of a collection, as a JSON array, with its Link header.

    Raises:
        Refused: 400 for conditions, orderBy or paging that make no sense.
    """
    spoiled = company.forecast.instead_of_page(table.id)
    if spoiled:
        return spoiled
    where, page = _where(table, call), window(call)
    found = _asked(lambda: _page(company, table, where, page, call))
    body = b"[" + b",".join(_cut(call, found.bodies)) + b"]"
    link = _links(company, table, where, page, found, call)
    return Answer(200, body, {} if link is None else {"Link": link})


def count_rows(company: Company, table: Table, call: Call) -> Answer:
    """`{"count": N}` of the rows that conditions hold for.

    Raises:
        Refused: 400 for conditions that make no sense.
    """
    where = _where(table, call)
    return json_answer({"count": _asked(lambda: company.store.count(table, where))})


def one_row(company: Company, table: Table, row_id: int, call: Call) -> Answer:
    """A row.

    Raises:
        Refused: 404.
    """
    body = company.store.body(table, row_id)
    if body is None:
        raise refused(404, "NotFound", f"{table.noun} {row_id} not found")
    return Answer(200, _cut(call, [body])[0])


def _cut(call: Call, bodies: list[bytes]) -> list[bytes]:
    fields = call.parameter("fields")
    return [project(body, fields) for body in bodies] if fields else bodies


def _where(table: Table, call: Call) -> Clause:
    for name in _NOT_SIMULATED:
        if call.parameter(name):
            raise refused(400, "NotSimulated", f"The sandbox does not know {name} yet.")
    return _asked(lambda: compile_conditions(table, call.parameter("conditions")))


def _page(company: Company, table: Table, where: Clause, page: Window, call: Call) -> Page:
    if page.after is not None:
        where = Clause(f"({where.sql}) AND id > ?", (*where.values, page.after))
        return company.store.page(table, where, "id", page.size)
    order = compile_order(table, call.parameter("orderBy"))
    return company.store.page(table, where, order, page.size, page.offset)


def _links(
    company: Company, table: Table, where: Clause, page: Window, found: Page, call: Call
) -> str | None:
    if page.after is not None:
        return forward_link(call, found.ids[-1] if found.more else None)
    if page.number == 1 and not found.more:
        return None
    return numbered_links(call, page, company.store.count(table, where))


def _asked(answer: Callable[[], T]) -> T:
    """Errors of what was asked, in the API's words."""
    try:
        return answer()
    except UnknownNameError as error:
        raise refused(400, "ApiFindCondition", f"{error} is not a recognized name.") from None
    except (ConditionError, RecursionError) as error:
        raise refused(400, "ApiFindCondition", str(error)) from None
    except sqlite3.OperationalError as error:
        if not any(words in str(error) for words in _TOO_MUCH):
            raise
        text = f"The conditions are more than the sandbox can evaluate: {error}"
        raise refused(400, "ApiFindCondition", text) from None
