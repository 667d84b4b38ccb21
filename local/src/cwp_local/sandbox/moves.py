"""What happens to single rows on a working day: each move returns a changed copy of a row."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.pointing import reference_to, value_at
from cwp_local.sandbox.settling import settled, statuses_of
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    ADDITIONS,
    AGREEMENT_TYPES,
    AGREEMENTS,
    BOARD_STATUSES,
    BOARDS,
    CATALOG_ITEMS,
    COMPANIES,
    COMPANY_STATUSES,
    COMPANY_TYPES,
    CONFIGURATIONS,
    CONTACTS,
    DEPARTMENTS,
    EXPENSES,
    INVOICES,
    LOCATIONS,
    MEMBERS,
    NOTES,
    OPPORTUNITIES,
    ORDERS,
    PHASES,
    PRIORITIES,
    PRODUCTS,
    PROJECT_TICKETS,
    PROJECTS,
    PURCHASE_ORDERS,
    SCHEDULE_ENTRIES,
    SITES,
    TICKETS,
    TIME_ENTRIES,
    TIME_SHEETS,
    USER_DEFINED_FIELDS,
    WORK_ROLES,
    WORK_TYPES,
    Table,
)
from cwp_local.sandbox.world import words
from cwp_local.sandbox.world.dice import pick
from cwp_shared.clock import iso_seconds

_SOME_DAY = "2025-01-01T00:00:00Z"
#: Texts that may not be longer get digits instead of words.
_ROOM_FOR_WORDS = 60
_DIGITS = 10
#: An open ticket that is opened again is in progress, the third of the usual statuses.
_IN_PROGRESS = 2

#: Changes that no other row repeats: any of these fields gets another value.
_QUIET: Mapping[Table, tuple[str, ...]] = {
    LOCATIONS: ("overridePhoneNumber",),
    DEPARTMENTS: ("name",),
    WORK_ROLES: ("hourlyRate",),
    WORK_TYPES: ("rate",),
    USER_DEFINED_FIELDS: ("sequenceNumber", "helpText"),
    MEMBERS: ("notes", "hourlyRate"),
    BOARDS: ("sendToContactFlag", "autoAssignLimitAmount"),
    BOARD_STATUSES: ("customerPortalDescription",),
    PRIORITIES: ("urgencySortOrder",),
    COMPANY_TYPES: ("serviceAlertFlag",),
    COMPANY_STATUSES: ("notifyFlag",),
    AGREEMENT_TYPES: ("billAmount",),
    CATALOG_ITEMS: ("price", "cost"),
    COMPANIES: ("phoneNumber", "numberOfEmployees"),
    SITES: ("phoneNumber",),
    CONTACTS: ("title", "inactiveFlag"),
    CONFIGURATIONS: ("notes", "ipAddress"),
    OPPORTUNITIES: ("notes", "expectedCloseDate"),
    AGREEMENTS: ("billAmount", "internalNotes"),
    ADDITIONS: ("quantity",),
    ORDERS: ("notes",),
    PROJECTS: ("budgetHours", "description"),
    PHASES: ("budgetHours", "notes"),
    TICKETS: ("priority", "owner", "budgetHours"),
    PROJECT_TICKETS: ("priority", "owner", "budgetHours"),
    NOTES: ("text",),
    ACTIVITIES: ("notes", "notifyFlag"),
    SCHEDULE_ENTRIES: ("doneFlag", "hours"),
    TIME_SHEETS: ("hours",),
    INVOICES: ("internalNotes", "reference"),
    TIME_ENTRIES: ("notes", "billableOption"),
    EXPENSES: ("notes", "amount"),
    PRODUCTS: ("internalNotes", "quantity"),
    PURCHASE_ORDERS: ("trackingNumber", "internalNotes"),
}


class Moves:
    """The moves of one edit.

    Args:
        edit: where changed rows will be stored.
        rng: decides what happens.
    """

    def __init__(self, edit: Edit, rng: Random) -> None:
        self._edit = edit
        self._rng = rng
        self._priorities = _references(edit.rows, "PriorityReference", PRIORITIES)
        self._staff = _references(edit.rows, "MemberReference", MEMBERS)

    def next_status(self, table: Table, row: Row) -> Row:
        """A ticket one or more steps on; a closed one is opened again."""
        statuses = statuses_of(self._edit.rows, value_at(row, "board/id"))
        if not statuses:
            return self.quiet(table, row)
        ids = [status["id"] for status in statuses]
        held = value_at(row, "status/id")
        ahead = statuses[ids.index(held) + 1 :] if held in ids else statuses
        reopened = statuses[min(_IN_PROGRESS, len(statuses) - 1)]
        chosen = reopened if row.get("closedFlag") or not ahead else pick(self._rng, ahead)
        status = reference_to("ServiceStatusReference", BOARD_STATUSES, chosen)
        moved = {**row, "status": status}
        return settled(self._edit.rows, table, moved, self._edit.now, self._edit.by)

    def quiet(self, table: Table, row: Row) -> Row:
        """A change that no other row repeats; it always differs from what was."""
        name = pick(self._rng, _QUIET[table])
        if name == "priority":
            return {**row, **self._another(name, self._priorities, row)}
        if name == "owner":
            owner = self._another(name, self._staff, row)
            moved = {**row, **owner}
            return {**moved, "resources": value_at(moved, "owner/identifier") or ""}
        type_text = table.entity.types[name]
        while (value := _other(self._rng, type_text, row.get(name))) == row.get(name):
            pass
        return {**row, name: value}

    def _another(self, name: str, things: list[Row], row: Row) -> Row:
        others = [thing for thing in things if thing["id"] != value_at(row, f"{name}/id")]
        return {name: pick(self._rng, others)} if others else {}


Change = Callable[[Random, str, object], object]


def _other(rng: Random, type_text: str, value: object) -> object:
    """Another value of a field's type; now and then it is the same by chance."""
    kind = type_text.partition("(")[0].partition(":")[0]
    return _CHANGES[kind](rng, type_text, value)


def _another_text(rng: Random, type_text: str, _: object) -> str:
    room = int(type_text[len("string(") : -1]) if "(" in type_text else _ROOM_FOR_WORDS
    if room >= _ROOM_FOR_WORDS:
        return f"{pick(rng, words.WORK_DONE)} {int(rng.random() * 1000)}"[:room]
    return str(int(rng.random() * 10 ** min(room, _DIGITS)))


def _another_number(rng: Random, _: str, value: object) -> float:
    old = value if isinstance(value, int | float) else 0
    return old + 1 + int(rng.random() * 4)


def _another_date(rng: Random, _: str, value: object) -> str:
    old = datetime.fromisoformat(str(value or _SOME_DAY))
    return iso_seconds(old + timedelta(days=1 + int(rng.random() * 30)))


def _another_choice(rng: Random, type_text: str, _: object) -> str:
    return pick(rng, type_text.removeprefix("enum:").split("|"))


_CHANGES: Mapping[str, Change] = {
    "bool": lambda _, __, value: not value,
    "string": _another_text,
    "int": _another_number,
    "double": _another_number,
    "date-time": _another_date,
    "enum": _another_choice,
}


def _references(rows: Writing, kind: str, table: Table) -> list[Row]:
    found = (rows.get(table, row_id) for row_id in rows.ids(table, EVERY_ROW))
    return [reference_to(kind, table, row) for row in found if row]
