"""Fields that a client sends: checked against the catalogue, references looked up."""

from collections.abc import Callable
from typing import Any, TypeGuard

from cwp_local.sandbox.calls import Row, invalid
from cwp_local.sandbox.catalogue import Field
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import Clause
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TICKETS, Table
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.cases import ticket_reference
from cwp_local.sandbox.world.people import customer_of, person_of

_LARGEST = 2**53
#: (code, field, message)
Problem = tuple[str, str, str]

_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "numeric": (int, float),
    "string": (str,),
    "enum": (str,),
    "datetime": (str,),
    "boolean": (bool,),
    "reference": (dict,),
    "list": (list,),
    "object": (dict,),
}

#: References to rows of the sandbox's own tables, and how such a row is pointed to.
_POINTING: dict[str, tuple[Table, Callable[[Row], Row]]] = {
    "CompanyReference": (COMPANIES, lambda row: customer_of(row).reference),
    "ContactReference": (CONTACTS, lambda row: person_of(row).reference),
    "TicketReference": (TICKETS, lambda row: ticket_reference(row["id"], row["summary"])),
}


class Incoming:
    """Checks one row; the transaction it will be written in also looks up what it points to."""

    def __init__(self, company: Company, rows: Writing, table: Table) -> None:
        self._company = company
        self._rows = rows
        self._table = table

    def require(self, given: Row) -> None:
        """Refuse a new row that lacks a required field.

        Raises:
            Refused: 400, naming all of them.
        """
        missing = [name for name in self._table.required if given.get(name) in (None, "")]
        self._refuse(
            [("MissingRequiredField", name, f"The {name} field is required.") for name in missing]
        )

    def fields(self, given: Row, row: Row) -> Row:
        """`given` with full references; `row` is what the rest of the row says.

        Raises:
            Refused: 400, naming every field that is wrong.
        """
        found = {name: value for name, value in given.items() if value is not None}
        problems = [p for name, value in found.items() if (p := self._problem(name, value))]
        self._refuse(problems)
        settled: Row = {}
        # A status is one of the row's board, so the board must be known by then.
        for name in sorted(found, key=lambda name: name == "status"):
            settled[name] = self._settle(name, found[name], {**row, **settled})
        return settled

    def _refuse(self, problems: list[Problem]) -> None:
        if problems:
            raise invalid(self._table.resource, problems)

    def _problem(self, name: str, value: Any) -> Problem | None:
        field = Field((name,), self._table.entity.types[name])
        if not _fits(value, field.kind):
            return "InvalidField", name, f"The field {name} must be a {field.kind} value."
        if field.kind == "numeric" and abs(value) > _LARGEST:
            return "OutOfRange", name, f"The field {name} is too large."
        if field.choices and value.lower() not in map(str.lower, field.choices):
            return "InvalidField", name, "Enum value supplied was invalid"
        if field.max_length and len(value) > field.max_length:
            text = f"The field {name} must be text of at most {field.max_length} characters."
            return "MaxLengthField", name, text
        return None

    def _settle(self, name: str, value: Any, row: Row) -> Any:
        type_text = self._table.entity.types[name]
        if not type_text.startswith("->") or not value:
            return value
        found = self._pointed_at(type_text[2:], value, row)
        if found is None:
            wanted = value.get("id", value.get("identifier", value.get("name")))
            message = f"{name[0].upper()}{name[1:]} {wanted} not found"
            raise invalid(self._table.resource, [("NotFound", f"{name}/id", message)])
        return found

    def _pointed_at(self, kind: str, value: Row, row: Row) -> Row | None:
        if kind in _POINTING:
            return self._row_pointed_at(*_POINTING[kind], value)
        if kind == "ServiceStatusReference":
            return _status(value, row)
        if kind == "MemberReference":
            members = tuple(member.reference for member in self._company.world.members())
            return _chosen(members, value)
        if kind in lookups.BY_REFERENCE:
            return _chosen(lookups.BY_REFERENCE[kind], value)
        # A setup table that is not simulated: whatever the client says is taken.
        return value

    def _row_pointed_at(self, table: Table, point: Callable[[Row], Row], value: Row) -> Row | None:
        row_id = value.get("id")
        if row_id is None and table is COMPANIES and value.get("identifier"):
            sql = "json_extract(body, '$.identifier') = ? COLLATE NOCASE"
            row_id = next(iter(self._rows.ids(table, Clause(sql, (value["identifier"],)))), None)
        found = self._rows.get(table, row_id) if _is_id(row_id) else None
        return point(found) if found else None


def _fits(value: Any, kind: str) -> bool:
    expected = _PYTHON_TYPES[kind]
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


def _is_id(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and 0 < value < _LARGEST


def _status(value: Row, row: Row) -> Row | None:
    """A status of the row's own board; of the first board if the row says none."""
    board = lookups.BOARD_BY_ID.get(row.get("board", {}).get("id", 1))
    statuses = tuple(status.reference for status in board.statuses) if board else ()
    return _chosen(statuses, value)


def _chosen(things: tuple[Row, ...], value: Row) -> Row | None:
    """The thing of that id, or else identifier, or else name."""
    for key in ("id", "identifier", "name"):
        if value.get(key) is not None:
            wanted = str(value[key]).lower()
            return next((one for one in things if str(one.get(key)).lower() == wanted), None)
    return None
