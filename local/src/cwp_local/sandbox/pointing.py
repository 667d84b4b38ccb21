"""How rows point to rows: the reference object that stands for a stored row.

Every kind of reference in `Table.references` is made here from the row it points to, so that a
reference says what the row said when the reference was written.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import BY_PATH, PROJECT_TICKETS, TABLES, TICKETS, Table
from cwp_local.sandbox.world.links import API

#: Where a part of a reference comes from: a value's path in the row, or a text made of the row.
Source = str | Callable[[Row], Any]

#: Tables whose rows share one sequence of ids: an id is a row of one of them at most.
TICKET_TABLES = (TICKETS, PROJECT_TICKETS)


@dataclass(frozen=True)
class Kind:
    """One kind of reference: its `_info` says `<link>_href`, its parts come from `parts`."""

    link: str
    parts: Mapping[str, Source] = field(default_factory=lambda: {"name": "name"})


def full_name(row: Row) -> str:
    """The name of a contact or member."""
    return " ".join(filter(None, (row.get("firstName"), row.get("lastName"))))


def _week(row: Row) -> str:
    return f"Week of {row.get('dateStart', '')[:10]}"


_NAMES = ("identifier", "name", "summary")
_BOTH_NAMES: Mapping[str, Source] = {"identifier": "identifier", "name": "name"}
_KINDS: Mapping[str, Kind] = {
    "ActivityReference": Kind("activity"),
    "AgreementReference": Kind(
        "agreement", {"name": "name", "type": "type/name", "chargeFirmFlag": "chargeToFirm"}
    ),
    "AgreementTypeReference": Kind("type"),
    "BillingUnitReference": Kind("department"),
    "BoardReference": Kind("board"),
    "CatalogItemReference": Kind("catalog", {"identifier": "identifier", "name": "description"}),
    "CompanyReference": Kind("company", _BOTH_NAMES),
    "CompanyStatusReference": Kind("status"),
    "CompanyTypeReference": Kind("type"),
    "ContactReference": Kind("contact", {"name": full_name}),
    "InvoiceReference": Kind(
        "invoice",
        {
            "identifier": "invoiceNumber",
            "billingType": "type",
            "applyToType": "applyToType",
            "invoiceDate": "date",
            "chargeFirmFlag": lambda _: False,
        },
    ),
    "IvItemReference": Kind(
        "product", {"identifier": "identifier", "serializedFlag": "serializedFlag"}
    ),
    "MemberReference": Kind(
        "member",
        {"identifier": "identifier", "name": full_name, "dailyCapacity": "dailyCapacity"},
    ),
    "OpportunityReference": Kind("opportunity"),
    "OwnerLevelReference": Kind("location"),
    "PriorityReference": Kind("priority", {"name": "name", "sort": "sortOrder", "level": "level"}),
    "ProjectBoardReference": Kind("board"),
    "ProjectPhaseReference": Kind("phase", {"name": "description"}),
    "ProjectReference": Kind("project"),
    "SalesOrderReference": Kind("salesOrder", {"identifier": lambda row: str(row["id"])}),
    "ServiceStatusReference": Kind("status", {"name": "name", "Sort": "sortOrder"}),
    "SiteReference": Kind("site"),
    "SystemDepartmentReference": Kind("department", _BOTH_NAMES),
    "SystemLocationReference": Kind("location"),
    "TicketReference": Kind("ticket", {"summary": "summary"}),
    "TimeSheetReference": Kind("timeSheet", {"name": _week}),
    "WorkRoleReference": Kind("workRole"),
    "WorkTypeReference": Kind("workType", {"name": "name", "utilizationFlag": "utilizationFlag"}),
}


def targets_of(kind: str) -> tuple[Table, ...]:
    """The tables that a kind of reference points to; none for what is not served."""
    return _TARGETS.get(kind, ())


def reference_to(kind: str, table: Table, row: Row) -> Row:
    """The reference of that kind to a row of `table`; parts the row does not say are left out."""
    known = _KINDS[kind]
    parts = {name: _part(row, source) for name, source in known.parts.items()}
    info = {f"{known.link}_href": f"{API}{row_path(table, row)}"}
    if kind == "ContactReference":
        info = {"mobileGuid": row.get("mobileGuid", ""), **info}
    said = {name: value for name, value in parts.items() if value is not None}
    return {"id": row["id"], **said, "_info": info}


def known_by(kind: str) -> tuple[tuple[str, str], ...]:
    """By what a client may name a row instead of its id: part of the reference, path in the row."""
    parts = _KINDS[kind].parts.items()
    return tuple((part, path) for part, path in parts if part in _NAMES and isinstance(path, str))


def row_path(table: Table, row: Row) -> str:
    """Where a row is found below the API's root: `/service/boards/3/statuses/301`."""
    path = table.path
    if table.parent:
        path = path.replace("{id}", str(value_at(row, table.parent.link)))
    return f"{path}/{row['id']}"


def value_at(row: Row, path: str) -> Any:
    """The value at `ticket/id`; None if the row does not say, or not in that shape."""
    value: Any = row
    for word in path.split("/"):
        value = value.get(word) if isinstance(value, dict) else None
    return value


def parent_table(table: Table) -> Table | None:
    """The table that a nested one hangs under."""
    return BY_PATH[table.parent.path.lower().strip("/")] if table.parent else None


def _part(row: Row, source: Source) -> Any:
    return source(row) if callable(source) else value_at(row, source)


def _targets() -> dict[str, tuple[Table, ...]]:
    found: dict[str, tuple[Table, ...]] = {}
    for table in TABLES.values():
        for kind in table.references:
            found[kind] = (*found.get(kind, ()), table)
    return found


_TARGETS = _targets()
