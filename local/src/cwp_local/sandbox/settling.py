"""What a row says about itself in two places, brought into line after a change.

A ticket's status is one of its board's, and its closing fields follow from the status. What time
or money is charged to decides which row an entry points to.
"""

from collections.abc import Mapping
from datetime import datetime

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import TICKET_TABLES, reference_to, value_at
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    BOARD_STATUSES,
    COMPANIES,
    EXPENSES,
    PROJECT_TICKETS,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from cwp_shared.clock import iso_seconds

#: What a ticket has only while it is closed.
_WHEN_CLOSED = ("closedDate", "dateResolved")
_BY_WHOM = ("closedBy", "resolvedBy")

#: Tables whose rows are charged to something.
ENTRY_TABLES = (TIME_ENTRIES, EXPENSES)

#: Where the row that an entry is charged to is found, and in which field it is repeated.
_CHARGED: Mapping[str, tuple[str, Table]] = {
    "ServiceTicket": ("ticket", TICKETS),
    "ProjectTicket": ("ticket", PROJECT_TICKETS),
    "Activity": ("activity", ACTIVITIES),
    "Company": ("company", COMPANIES),
}


def settled(rows: Writing, table: Table, row: Row, now: datetime, by: str) -> Row:
    """The row in agreement with itself.

    Args:
        rows: what else there is.
        table: what it is a row of.
        row: as somebody wrote it.
        now: when a ticket that is closed by this was closed.
        by: who closed it.
    """
    if table in TICKET_TABLES:
        return _closing(table, _status_of_board(rows, row), rows, (iso_seconds(now), by))
    if table in ENTRY_TABLES:
        return charged(rows, table, row) or row
    return row


def statuses_of(rows: Writing, board_id: int | None) -> list[Row]:
    """The statuses of a board, from new to closed."""
    ids = [] if board_id is None else rows.ids_with(BOARD_STATUSES, "board/id", board_id)
    found = [status for row_id in ids if (status := rows.get(BOARD_STATUSES, row_id))]
    return sorted(found, key=lambda status: (status.get("sortOrder", 0), status["id"]))


def charged(rows: Writing, table: Table, row: Row) -> Row | None:
    """An entry that points to the row it is charged to; None if that row is not there.

    An entry that is charged to something else, or to nothing, stays as it is.
    """
    row_id, kind = row.get("chargeToId"), row.get("chargeToType") or _kind(rows, row)
    if row_id is None or kind not in _CHARGED:
        return row
    field, target = _CHARGED[kind]
    found = rows.get(target, row_id)
    if found is None:
        return None
    types = table.entity.types
    pointing = {field: reference_to(types[field][2:], target, found)} if field in types else {}
    company = {"company": found["company"]} if "company" in found else {}
    others = {name for name, _ in _CHARGED.values()} - {"company"}
    kept = {name: value for name, value in row.items() if name not in others}
    return {**kept, "chargeToType": kind, **company, **pointing}


def _kind(rows: Writing, row: Row) -> str:
    """What a row that does not say it is charged to: whichever ticket has that id."""
    found = rows.get(PROJECT_TICKETS, row["chargeToId"]) if "chargeToId" in row else None
    return "ProjectTicket" if found else "ServiceTicket"


def _status_of_board(rows: Writing, row: Row) -> Row:
    """A ticket whose status is one of its board's; the board's default, if it was not."""
    statuses = statuses_of(rows, value_at(row, "board/id"))
    held = value_at(row, "status/id")
    if not statuses or any(status["id"] == held for status in statuses):
        return row
    default = next((status for status in statuses if status.get("defaultFlag")), statuses[0])
    return {**row, "status": reference_to("ServiceStatusReference", BOARD_STATUSES, default)}


def _closing(table: Table, row: Row, rows: Writing, closed: tuple[str, str]) -> Row:
    """A ticket whose closing fields say what its status says; `closed` is when, and by whom."""
    status_id = value_at(row, "status/id")
    status = None if status_id is None else rows.get(BOARD_STATUSES, status_id)
    if status is None or bool(status.get("closedStatus")) == bool(row.get("closedFlag")):
        return row
    kept = {name: value for name, value in row.items() if name not in (*_WHEN_CLOSED, *_BY_WHOM)}
    if not status.get("closedStatus"):
        return {**kept, "closedFlag": False}
    at, by = closed
    said = dict.fromkeys(_WHEN_CLOSED, at) | dict.fromkeys(_BY_WHOM, by)
    known = {name: value for name, value in said.items() if name in table.entity.types}
    return {**kept, **known, "closedFlag": True}
