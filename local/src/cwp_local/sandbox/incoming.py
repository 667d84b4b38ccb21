"""Fields that a client sends: checked against the catalogue, references looked up."""

from collections.abc import Iterable, Mapping
from typing import Any

from cwp_local.sandbox.calls import Row, invalid
from cwp_local.sandbox.catalogue import kind_of, reference_types
from cwp_local.sandbox.conditions import Clause, linked
from cwp_local.sandbox.pointing import (
    TICKET_TABLES,
    known_by,
    reference_to,
    targets_of,
    value_at,
)
from cwp_local.sandbox.settling import statuses_of
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import BOARD_STATUSES, BOARDS, Table
from cwp_local.sandbox.values import Problem, looked_up, normal, problems_of
from cwp_local.sandbox.world import lookups

_LARGEST_ID = 2**53


class Incoming:
    """Checks one row; the transaction it will be written in also looks up what it points to."""

    def __init__(self, rows: Writing, table: Table) -> None:
        self._rows = rows
        self._table = table

    def require(self, row: Row, names: Iterable[str] | None = None) -> None:
        """Refuse a row that lacks one of its required fields, or of those among `names`.

        Raises:
            Refused: 400, naming all of them.
        """
        asked = [name for name in self._table.required if names is None or name in names]
        missing = [name for name in asked if row.get(name) in (None, "", {})]
        self.refuse(
            [("MissingRequiredField", name, f"The {name} field is required.") for name in missing]
        )

    def fields(self, given: Row, row: Row) -> Row:
        """`given` with full references; `row` is what the rest of the row says.

        Raises:
            Refused: 400, naming every field that is wrong.
        """
        types = self._table.entity.types
        found = {name: value for name, value in given.items() if value is not None}
        self.refuse([p for name in found for p in problems_of(name, types[name], found[name])])
        settled: Row = {}
        # A status is one of the row's board, so the board must be known by then.
        for name in sorted(found, key=lambda name: name == "status"):
            value = normal(types[name], found[name])
            settled[name] = self._settle(name, types[name], value, {**row, **settled})
        self._check_unique({**row, **settled}, settled)
        return settled

    def refuse(self, problems: list[Problem]) -> None:
        """Refuse the row, if there are problems.

        Raises:
            Refused: 400.
        """
        if problems:
            raise invalid(self._table.resource, problems)

    def _settle(self, name: str, type_text: str, value: Any, row: Row) -> Any:
        kind = kind_of(type_text)
        if kind == "list":
            return [self._settle(name, type_text[2:], item, row) for item in value]
        if kind != "reference" or not value:
            return value
        if not looked_up(type_text[2:]):
            types = reference_types(type_text[2:])
            return {
                part: self._settle(f"{name}/{part}", types[part], inner, row)
                for part, inner in value.items()
            }
        found = self._pointed_at(type_text[2:], value, row)
        if found is None:
            raise invalid(self._table.resource, [self._not_found(name, type_text[2:], value, row)])
        return found

    def _not_found(self, name: str, kind: str, value: Row, row: Row) -> Problem:
        wanted = value.get("id", value.get("identifier", value.get("name")))
        board_id = self._board_id(row)
        if kind == "ServiceStatusReference" and board_id is not None:
            text = f"Service Status {wanted} not found for Service Board {board_id}"
        else:
            text = f"{name[0].upper()}{name[1:]} {wanted} not found"
        return "NotFound", f"{name}/id", text

    def _board_id(self, row: Row) -> int | None:
        """The board whose statuses the row may have."""
        board_id: int | None = row.get("id") if self._table is BOARDS else None
        return value_at(row, "board/id") if self._table in TICKET_TABLES else board_id

    def _pointed_at(self, kind: str, value: Row, row: Row) -> Row | None:
        if not targets_of(kind):
            return _chosen(lookups.BY_REFERENCE[kind], value)
        board_id = self._board_id(row) if kind == "ServiceStatusReference" else None
        if board_id is not None:
            statuses = statuses_of(self._rows, board_id)
            return _chosen(
                tuple(reference_to(kind, BOARD_STATUSES, status) for status in statuses), value
            )
        for target in targets_of(kind):
            row_id = self._id_of(kind, target, value)
            found = None if row_id is None else self._rows.get(target, row_id)
            if found is not None:
                return reference_to(kind, target, found)
        return None

    def _id_of(self, kind: str, target: Table, value: Row) -> int | None:
        """The id a reference says; else that of the first row of its identifier or name."""
        row_id = value.get("id")
        if row_id is not None:
            whole = isinstance(row_id, int) and not isinstance(row_id, bool)
            return row_id if whole and 0 < row_id < _LARGEST_ID else None
        for part, path in known_by(kind):
            if isinstance(value.get(part), str):
                return next(iter(self._rows.ids(target, _like(target, path, value[part]), 1)), None)
        return None

    def _check_unique(self, row: Row, changed: Mapping[str, Any]) -> None:
        for name in self._table.unique:
            if name not in changed:
                continue
            others = self._rows.ids(self._table, _like(self._table, name, changed[name]), 2)
            if any(row_id != row.get("id") for row_id in others):
                text = f"The {name} {changed[name]} is already in use."
                self.refuse([("ObjectExists", name, text)])


def _like(table: Table, path: str, text: str) -> Clause:
    """Rows whose text is that one, in any case."""
    found = linked(table, path, text)
    return Clause(f"{found.sql} COLLATE NOCASE", found.values)


def _chosen(things: tuple[Row, ...], value: Row) -> Row | None:
    """The thing of that id, or else identifier, or else name."""
    for key in ("id", "identifier", "name"):
        if value.get(key) is not None:
            wanted = str(value[key]).lower()
            return next((one for one in things if str(one.get(key)).lower() == wanted), None)
    return None
