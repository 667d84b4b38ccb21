"""POST, PATCH and DELETE on a collection."""

import re
from copy import deepcopy
from datetime import datetime, timedelta
from random import Random
from typing import Any

from cwp_local.sandbox.calls import Answer, Call, Row, invalid, refused
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.edits import Edit, StillNeededError
from cwp_local.sandbox.incoming import Incoming
from cwp_local.sandbox.moves import settle_status
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TICKETS, TIME_ENTRIES, Table
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.fresh import Fresh
from cwp_local.sandbox.world.people import customer_of
from cwp_shared.clock import iso_seconds

_BY = "API"
#: What a made-up row says that nobody told the API.
_NOT_GIVEN = {
    COMPANIES: ("billToCompany", "billingSite", "website", "invoiceToEmailAddress"),
    CONTACTS: ("company", "site", "lastName", "communicationItems", "defaultPhoneNbr", "title"),
    TICKETS: ("owner", "contact", "contactName", "contactPhoneNumber", "contactEmailAddress"),
    TIME_ENTRIES: (),
}
_FIXED = ("id", "_info")


def create(company: Company, table: Table, call: Call, now: datetime) -> Answer:
    """Add the row in the body; what it leaves out gets defaults. Answers 201 with the row.

    Raises:
        Refused: 400, naming each field that is missing or wrong.
    """
    given = call.json()
    if not isinstance(given, dict):
        raise refused(400, "InvalidObject", f"{table.resource} object is invalid")
    with company.store.writing() as writing:
        edit = Edit(writing, now, _BY)
        incoming = Incoming(company, writing, table)
        incoming.require(given)
        known = {key: value for key, value in given.items() if key in table.entity.types}
        fields = incoming.fields({k: v for k, v in known.items() if k not in _FIXED}, {})
        row = _new_row(company, edit, table, fields)
        edit.add(table, _settled(table, row, now))
    return _stored(company, table, row["id"], 201)


def patch(company: Company, table: Table, row_id: int, call: Call, now: datetime) -> Answer:
    """Apply a list of `{op: add|replace|remove, path, value}`; answers with the row.

    Raises:
        Refused: 404 for no such row, 400 for an operation that makes no sense.
    """
    with company.store.writing() as writing:
        edit = Edit(writing, now, _BY)
        old = writing.get(table, row_id)
        if old is None:
            raise refused(404, "NotFound", f"{table.noun} {row_id} not found")
        row = deepcopy(old)
        touched = {_apply(table, row, operation) for operation in _operations(table, call)}
        given = {name: row[name] for name in touched if name in row}
        row.update(Incoming(company, writing, table).fields(given, row))
        edit.update(table, _settled(table, row, now), touch=True)
    return _stored(company, table, row_id, 200)


def delete(company: Company, table: Table, row_id: int, now: datetime) -> Answer:
    """Delete a row and what cannot be without it; answers 204.

    Raises:
        Refused: 404 for no such row, 400 if other rows need it.
    """
    with company.store.writing() as writing:
        if writing.get(table, row_id) is None:
            raise refused(404, "NotFound", f"{table.noun} {row_id} not found")
        try:
            Edit(writing, now, _BY).delete(table, row_id)
        except StillNeededError as error:
            raise refused(400, "InvalidObject", str(error)) from None
    return Answer(204)


def _stored(company: Company, table: Table, row_id: int, status: int) -> Answer:
    return Answer(status, company.store.body(table, row_id) or b"")


def _settled(table: Table, row: Row, now: datetime) -> Row:
    return settle_status(row, now, _BY) if table is TICKETS else row


def _new_row(company: Company, edit: Edit, table: Table, fields: Row) -> Row:
    row_id = edit.rows.next_id(table)
    fresh = Fresh(company.world, Random(row_id), edit.now)  # noqa: S311 - made-up data
    made = _made_up(edit, table, row_id, fields, fresh)
    kept = {key: value for key, value in made.items() if key not in _NOT_GIVEN[table]}
    row = {**kept, **fields}
    row["_info"] = {**made["_info"], "updatedBy": _BY, "enteredBy": _BY}
    return row


def _made_up(edit: Edit, table: Table, row_id: int, fields: Row, fresh: Fresh) -> Row:
    if table is COMPANIES:
        return fresh.company(row_id)
    if table is TIME_ENTRIES:
        return _timed(fresh.entry(row_id, _charged(edit, fields)), fields)
    owner = edit.rows.get(COMPANIES, fields["company"]["id"]) if "company" in fields else None
    customer = customer_of(owner or {"id": 0, "identifier": "none", "name": ""})
    if table is CONTACTS:
        return fresh.contact(row_id, customer)
    board_id = fields.get("board", {}).get("id", lookups.BOARDS[0].id)
    return fresh.ticket(row_id, customer, [], lookups.BOARD_BY_ID[board_id])


def _charged(edit: Edit, fields: Row) -> Row:
    ticket = edit.rows.get(TICKETS, fields["chargeToId"])
    if ticket is None:
        text = f"Ticket {fields['chargeToId']} not found"
        raise invalid(TIME_ENTRIES.resource, [("NotFound", "chargeToId", text)])
    return ticket


def _timed(made: Row, fields: Row) -> Row:
    """An entry whose end and hours follow from what was given of start, end and hours."""
    try:
        start = datetime.fromisoformat(fields["timeStart"])
        end = datetime.fromisoformat(fields["timeEnd"]) if "timeEnd" in fields else None
        worked = (end - start) / timedelta(hours=1) if end else made["actualHours"]
        given = fields.get("actualHours")
        hours = float(worked if given is None else given)
        until = end or start + timedelta(hours=hours)
    except (ValueError, TypeError, OverflowError) as error:
        problem = ("InvalidField", "timeStart", f"timeStart and timeEnd: {error}")
        raise invalid(TIME_ENTRIES.resource, [problem]) from None
    return {**made, "timeEnd": iso_seconds(until), "actualHours": round(hours, 2)}


def _operations(table: Table, call: Call) -> list[Row]:
    operations = call.json()
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise refused(400, "InvalidObject", f"{table.resource} patch must be a list of operations")
    return operations


def _apply(table: Table, row: Row, operation: Row) -> str:
    """Apply one operation to `row`; the name of the field it touched."""
    name, path = str(operation.get("op", "")), str(operation.get("path", ""))
    words = [word for word in re.split("/", path) if word]
    if not words or words[0] not in table.entity.types or words[0] in _FIXED:
        raise invalid(table.resource, [("InvalidField", path, f"{path} cannot be changed.")])
    if name not in ("add", "replace", "remove"):
        raise invalid(table.resource, [("InvalidField", path, f"{name!r} is not an operation.")])
    target = _parent(table, row, words)
    if name == "remove" or operation.get("value") is None:
        target.pop(words[-1], None)
    else:
        target[words[-1]] = operation["value"]
    return words[0]


def _parent(table: Table, row: Row, words: list[str]) -> dict[str, Any]:
    target: Any = row
    for word in words[:-1]:
        # A new id or name replaces the old reference; what else it said no longer holds.
        target[word] = {}
        target = target[word]
    if not isinstance(target, dict):
        raise invalid(table.resource, [("InvalidField", "/".join(words), "not an object")])
    return target
