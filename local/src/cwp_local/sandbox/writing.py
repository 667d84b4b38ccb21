"""POST, PUT, PATCH and DELETE on a collection."""

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

from cwp_local.sandbox.births import new_row
from cwp_local.sandbox.calls import Answer, Call, Row, invalid, refused
from cwp_local.sandbox.catalogue import kind_of
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.edits import Edit, StillNeededError
from cwp_local.sandbox.incoming import Incoming
from cwp_local.sandbox.operations import apply_operation, operations_of
from cwp_local.sandbox.pointing import TICKET_TABLES, parent_table, reference_to, value_at
from cwp_local.sandbox.reading import one_row
from cwp_local.sandbox.settling import ENTRY_TABLES, charged, settled
from cwp_local.sandbox.tables import (
    BOARD_STATUSES,
    COMPANIES,
    CONTACTS,
    PROJECT_TICKETS,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from cwp_local.sandbox.values import Problem
from cwp_local.sandbox.world.fresh import Fresh
from cwp_shared.clock import iso_seconds

_BY = "API"
_FIXED = ("id", "_info")

#: What a made-up row says that nobody told the API; of other tables see `_DEFAULTS`.
_NOT_GIVEN: Mapping[Table, tuple[str, ...]] = {
    COMPANIES: ("billToCompany", "billingSite", "website", "invoiceToEmailAddress"),
    CONTACTS: ("company", "site", "lastName", "communicationItems", "defaultPhoneNbr", "title"),
    TICKETS: ("owner", "contact", "contactName", "contactPhoneNumber", "contactEmailAddress"),
    PROJECT_TICKETS: (
        "owner",
        "contact",
        "contactName",
        "contactPhoneNumber",
        "contactEmailAddress",
    ),
    TIME_ENTRIES: (),
}
#: The kinds of values that the service has defaults for; texts, numbers and times are the client's.
_DEFAULTS = ("boolean", "enum", "reference", "list", "object")
#: Texts that the service sets itself.
_OWN_TEXTS = ("id", "mobileGuid", "enteredBy", "createdBy", "dateCreated")


class Writer:
    """Writes to one collection, under one parent if it is nested.

    Args:
        company: whose rows they are.
        table: the collection.
        now: the server's clock.
        parent: the row it hangs under.
    """

    def __init__(
        self, company: Company, table: Table, now: datetime, parent: Row | None = None
    ) -> None:
        self._company = company
        self._table = table
        self._now = now
        self._parent = parent
        self._under = _under(table, parent)

    def create(self, call: Call) -> Answer:
        """Add the row in the body; what it leaves out gets defaults. Answers 201 with the row.

        Raises:
            Refused: 400, naming each field that is missing or wrong.
        """
        given = self._given(call)
        with self._company.store.writing() as writing:
            edit = Edit(writing, self._now, _BY)
            incoming = Incoming(writing, self._table)
            incoming.require(given)
            fields = {**incoming.fields(given, self._under), **self._under}
            row = self._made(edit, self._checked(edit, incoming, fields, fields))
            edit.add(self._table, row)
        return self._stored(row["id"], 201)

    def replace(self, row_id: int, call: Call) -> Answer:
        """Put the row in the body in the place of a row; answers with it.

        Fields that the body leaves out are gone, but for those that the service sees to itself.

        Raises:
            Refused: 404 for no such row, 400 naming each field that is missing or wrong.
        """
        given = self._given(call)
        with self._company.store.writing() as writing:
            edit = Edit(writing, self._now, _BY)
            old = self._old(edit, row_id)
            incoming = Incoming(writing, self._table)
            incoming.require(given)
            kept = {name: old[name] for name in (*_FIXED, *self._table.kept) if name in old}
            row = {**kept, **incoming.fields(given, kept), **self._under}
            self._update(edit, self._checked(edit, incoming, row, row))
        return self._stored(row_id, 200)

    def patch(self, row_id: int, call: Call) -> Answer:
        """Apply a list of `{op: add|replace|remove, path, value}`; answers with the row.

        Raises:
            Refused: 404 for no such row, 400 for an operation that makes no sense.
        """
        with self._company.store.writing() as writing:
            edit = Edit(writing, self._now, _BY)
            row = deepcopy(self._old(edit, row_id))
            touched = {
                apply_operation(self._table, row, operation, (*_FIXED, *self._under))
                for operation in operations_of(self._table, call)
            }
            incoming = Incoming(writing, self._table)
            incoming.require(row, touched)
            incoming.refuse(_taken_away(self._table, row, touched))
            given = {name: row[name] for name in touched if name in row}
            row.update(incoming.fields(given, row))
            self._update(edit, self._checked(edit, incoming, row, touched))
        return self._stored(row_id, 200)

    def delete(self, row_id: int) -> Answer:
        """Delete a row and what cannot be without it; answers 204.

        Raises:
            Refused: 404 for no such row, 400 if other rows need it.
        """
        with self._company.store.writing() as writing:
            edit = Edit(writing, self._now, _BY)
            self._old(edit, row_id)
            try:
                edit.delete(self._table, row_id)
            except StillNeededError as error:
                raise refused(400, "InvalidObject", str(error)) from None
        return Answer(204)

    def _given(self, call: Call) -> Row:
        """The fields in the body, their names as the API spells them; unknown ones are ignored."""
        body = call.json()
        if not isinstance(body, dict):
            raise refused(400, "InvalidObject", f"{self._table.resource} object is invalid")
        spelled = {name.lower(): name for name in self._table.entity.types}
        known = {spelled[name.lower()]: body[name] for name in body if name.lower() in spelled}
        return {name: value for name, value in known.items() if name not in _FIXED}

    def _old(self, edit: Edit, row_id: int) -> Row:
        old = edit.rows.get(self._table, row_id)
        elsewhere = (
            old
            and self._table.parent
            and self._parent
            and (value_at(old, self._table.parent.link) != self._parent["id"])
        )
        if old is None or elsewhere:
            raise refused(404, "NotFound", f"{self._table.noun} {row_id} not found")
        return old

    def _checked(self, edit: Edit, incoming: Incoming, row: Row, touched: Collection[str]) -> Row:
        """The row, the bare ids among the touched fields found; a ticket on its status's board.

        Raises:
            Refused: 400, if there is no row of such an id.
        """
        if self._table in TICKET_TABLES and "status" in row and "board" not in row:
            status = edit.rows.get(BOARD_STATUSES, row["status"].get("id", 0))
            row = {**row, "board": status["board"]} if status else row
        lost = {link.field for link in edit.dangling(self._table, row) if link.kind is None}
        if self._table in ENTRY_TABLES and charged(edit.rows, self._table, row) is None:
            lost.add("chargeToId")
        incoming.refuse(
            [
                ("NotFound", name, f"{name[0].upper()}{name[1:]} {row[name]} not found")
                for name in sorted(lost.intersection(touched))
            ]
        )
        return row

    def _made(self, edit: Edit, fields: Row) -> Row:
        rng = Random(edit.next_id(self._table))  # noqa: S311 - made-up data
        made = new_row(edit, Fresh(self._company.world, rng, edit.now), self._table, fields)
        row = {name: made[name] for name in made if name in fields or self._default(name, fields)}
        row["_info"] = {**made["_info"], "updatedBy": _BY, "enteredBy": _BY}
        return _timed(row, fields) if self._table is TIME_ENTRIES else row

    def _default(self, name: str, fields: Row) -> bool:
        """Whether a new row says that though nobody told the API."""
        if name in _FIXED or name in self._table.kept:
            return True
        if self._table in _NOT_GIVEN:
            about_given = "contact" in fields and name.startswith("contact")
            return about_given or name not in _NOT_GIVEN[self._table]
        return name in _OWN_TEXTS or kind_of(self._table.entity.types[name]) in _DEFAULTS

    def _update(self, edit: Edit, row: Row) -> None:
        edit.update(self._table, settled(edit.rows, self._table, row, self._now, _BY), touch=True)

    def _stored(self, row_id: int, status: int) -> Answer:
        shown = one_row(self._company, self._table, row_id, Call("GET", self._table.path))
        return replace(shown, status=status)


def _under(table: Table, parent: Row | None) -> Row:
    """The field by which a nested row names its parent."""
    owner = parent_table(table)
    if table.parent is None or owner is None or parent is None:
        return {}
    field, _, inner = table.parent.link.partition("/")
    if not inner:
        return {field: parent["id"]}
    return {field: reference_to(table.entity.types[field][2:], owner, parent)}


def _taken_away(table: Table, row: Row, touched: Collection[str]) -> list[Problem]:
    return [
        ("InvalidField", name, f"The field {name} cannot be taken away.")
        for name in table.kept
        if name in touched and name not in row
    ]


def _timed(made: Row, fields: Row) -> Row:
    """An entry whose end and hours follow from what was given of start, end and hours."""
    start = datetime.fromisoformat(fields["timeStart"])
    end = datetime.fromisoformat(fields["timeEnd"]) if "timeEnd" in fields else None
    worked = (end - start) / timedelta(hours=1) if end else made["actualHours"]
    hours = float(fields.get("actualHours", worked) or 0.0)
    try:
        until = iso_seconds(end or start + timedelta(hours=hours))
    except (OverflowError, ValueError) as error:
        problem = ("InvalidField", "actualHours", f"timeStart and actualHours: {error}")
        raise invalid(TIME_ENTRIES.resource, [problem]) from None
    return {**made, "timeEnd": until, "actualHours": round(hours, 2)}
