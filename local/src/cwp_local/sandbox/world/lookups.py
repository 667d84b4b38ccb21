"""Setup tables that every company has alike: boards, statuses, priorities, work types, ...

Rows refer to them by reference objects, which are made here once and shared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world.words import BOARDS as _BOARD_WORDS

#: Links inside rows lead here whatever port serves them, so that data depends on its seed alone.
API = "https://cw.example/v4_6_release/apis/3.0"


def reference(link: str, path: str, row_id: int, name: str, **more: Any) -> Row:
    """`{id, name, _info: {<link>_href}}` with `more` before `_info`."""
    info = {f"{link}_href": f"{API}/{path}/{row_id}"}
    return {"id": row_id, "name": name, **more, "_info": info}


@dataclass(frozen=True)
class Status:
    """A status of one board. `rank` is its place from new to closed."""

    reference: Row
    name: str
    rank: int
    closed: bool


@dataclass(frozen=True)
class Work:
    """A kind of work a board knows; `complaint` is what people write about it."""

    type: Row
    sub_type: Row
    item: Row
    complaint: str


@dataclass(frozen=True)
class Board:
    """A service board with what belongs to it."""

    reference: Row
    name: str
    team: Row
    statuses: tuple[Status, ...]
    works: tuple[Work, ...]

    @property
    def id(self) -> int:
        """The board's id."""
        row_id: int = self.reference["id"]
        return row_id

    def status(self, row_id: int) -> Status | None:
        """The board's status of that id."""
        return next((one for one in self.statuses if one.reference["id"] == row_id), None)


_STATUS_WORDS = (
    ("New", False),
    ("Assigned", False),
    ("In Progress", False),
    ("Waiting on Client", False),
    ("Waiting on Vendor", False),
    ("Scheduled", False),
    ("Resolved", True),
    ("Closed", True),
    ("Cancelled", True),
)


def _status(board_id: int, place: int) -> Status:
    name, closed = _STATUS_WORDS[place]
    row_id = board_id * 100 + place
    made = reference("status", f"service/boards/{board_id}/statuses", row_id, name, Sort=place * 10)
    return Status(made, name, place, closed)


def _works(board_id: int, words: Iterable[tuple[str, str, str, str]]) -> tuple[Work, ...]:
    place = f"service/boards/{board_id}"
    type_ids: dict[str, int] = {}
    works = []
    for number, (type_name, sub_type, item, complaint) in enumerate(words):
        row_id = board_id * 100 + number
        type_id = type_ids.setdefault(type_name, row_id)
        works.append(
            Work(
                reference("type", f"{place}/types", type_id, type_name),
                reference("subType", f"{place}/subtypes", row_id, sub_type),
                reference("item", f"{place}/items", row_id, item),
                complaint,
            )
        )
    return tuple(works)


def _boards() -> tuple[Board, ...]:
    boards = []
    for board_id, (name, team, works) in enumerate(_BOARD_WORDS, start=1):
        boards.append(
            Board(
                reference=reference("board", "service/boards", board_id, name),
                name=name,
                team=reference("team", f"service/boards/{board_id}/teams", board_id + 20, team),
                statuses=tuple(_status(board_id, place) for place in range(len(_STATUS_WORDS))),
                works=_works(board_id, works),
            )
        )
    return tuple(boards)


def _listed(link: str, path: str, names: Iterable[str], first: int = 1) -> tuple[Row, ...]:
    return tuple(reference(link, path, first + n, name) for n, name in enumerate(names))


BOARDS = _boards()
BOARD_BY_ID = {board.id: board for board in BOARDS}

PRIORITIES = tuple(
    reference("priority", "service/priorities", row_id, name, sort=row_id, level=str(row_id))
    for row_id, name in enumerate(
        ("Priority 1 - Emergency", "Priority 2 - High", "Priority 3 - Normal", "Priority 4 - Low"),
        start=1,
    )
)
SOURCES = _listed("source", "service/sources", ("Email Connector", "Phone", "Portal", "RMM"))
SERVICE_LOCATIONS = _listed("location", "service/locations", ("Remote", "On-Site", "In-House"))
SLAS = _listed("sla", "service/SLAs", ("Standard SLA", "Premium SLA"))
LOCATIONS = _listed("location", "system/locations", ("Main Office", "West Office"), first=2)
OWNER_LEVELS = LOCATIONS
DEPARTMENTS = tuple(
    {
        "id": row_id,
        "identifier": name,
        "name": name,
        "_info": {"department_href": f"{API}/system/departments/{row_id}"},
    }
    for row_id, name in enumerate(("Professional Services", "Managed Services"), start=10)
)
BILLING_UNITS = tuple(
    {key: value for key, value in department.items() if key != "identifier"}
    for department in DEPARTMENTS
)
WORK_ROLES = _listed("workRole", "time/workRoles", ("Technician", "Engineer", "Consultant"), 31)
WORK_TYPES = tuple(
    reference("workType", "time/workTypes", row_id, name, utilizationFlag=row_id != 4)  # noqa: PLR2004 - travel is row 4
    for row_id, name in enumerate(("Remote", "Onsite", "After Hours", "Travel"), start=1)
)
COMPANY_STATUSES = _listed("status", "company/companies/statuses", ("Active", "Inactive"))
COMPANY_TYPES = _listed("type", "company/companies/types", ("Client", "Prospect", "Vendor"))
CONTACT_TYPES = _listed("type", "company/contacts/types", ("Primary", "Approver", "End User"))
RELATIONSHIPS = _listed("relationship", "company/contacts/relationships", ("Employee", "Owner"))
CONTACT_DEPARTMENTS = _listed("department", "company/contacts/departments", ("Office", "Finance"))
MARKETS = _listed("market", "company/marketDescriptions", ("Healthcare", "Retail", "Industry"))
OWNERSHIPS = _listed("ownershipType", "company/ownershipTypes", ("Private", "Public"))
TIME_ZONES = _listed("timeZoneSetup", "system/timeZoneSetups", ("Eastern", "Central", "Pacific"))
TAX_CODES = _listed("taxCode", "finance/taxCodes", ("Exempt", "State 7 %"))
BILLING_TERMS = _listed("billingTerms", "finance/billingTerms", ("Due on receipt", "Net 30"))
DELIVERIES = _listed("delivery", "finance/deliveryMethods", ("Mail", "Email"))
ENTITY_TYPES = _listed("entityType", "company/entityTypes", ("Corporation", "Partnership"))
CALENDARS = _listed("calendar", "schedule/calendars", ("Business hours",))
TEMPLATES = _listed("invoiceTemplate", "finance/invoiceTemplates", ("Standard",))
PRICINGS = _listed("pricingSchedule", "procurement/pricingschedules", ("List price",))
COUNTRY: Row = {
    "id": 1,
    "identifier": "US",
    "name": "United States",
    "_info": {"country_href": f"{API}/company/countries/1"},
}
CURRENCY: Row = {
    "id": 7,
    "symbol": "$",
    "currencyCode": "USD",
    "decimalSeparator": ".",
    "numberOfDecimals": 2,
    "thousandsSeparator": ",",
    "negativeParenthesesFlag": False,
    "displaySymbolFlag": True,
    "currencyIdentifier": "USD",
    "displayIdFlag": False,
    "rightAlign": False,
    "name": "US Dollar",
    "_info": {"currency_href": f"{API}/finance/currencies/7"},
}
PHONE_TYPE = reference("type", "company/communicationTypes", 2, "Direct")
EMAIL_TYPE = reference("type", "company/communicationTypes", 1, "Email")

#: What a POST or PATCH may name by id, per kind of reference. Statuses are found on their board.
BY_REFERENCE: dict[str, tuple[Row, ...]] = {
    "BoardReference": tuple(board.reference for board in BOARDS),
    "ServiceTeamReference": tuple(board.team for board in BOARDS),
    "ServiceTypeReference": tuple(work.type for board in BOARDS for work in board.works),
    "ServiceSubTypeReference": tuple(work.sub_type for board in BOARDS for work in board.works),
    "ServiceItemReference": tuple(work.item for board in BOARDS for work in board.works),
    "PriorityReference": PRIORITIES,
    "ServiceSourceReference": SOURCES,
    "ServiceLocationReference": SERVICE_LOCATIONS,
    "SLAReference": SLAS,
    "SystemLocationReference": LOCATIONS,
    "OwnerLevelReference": OWNER_LEVELS,
    "SystemDepartmentReference": DEPARTMENTS,
    "BillingUnitReference": BILLING_UNITS,
    "WorkRoleReference": WORK_ROLES,
    "WorkTypeReference": WORK_TYPES,
    "CompanyStatusReference": COMPANY_STATUSES,
    "CompanyTypeReference": COMPANY_TYPES,
    "ContactTypeReference": CONTACT_TYPES,
    "RelationshipReference": RELATIONSHIPS,
    "ContactDepartmentReference": CONTACT_DEPARTMENTS,
    "MarketDescriptionReference": MARKETS,
    "OwnershipTypeReference": OWNERSHIPS,
    "TimeZoneSetupReference": TIME_ZONES,
    "TaxCodeReference": TAX_CODES,
    "BillingTermsReference": BILLING_TERMS,
    "BillingDeliveryReference": DELIVERIES,
    "EntityTypeReference": ENTITY_TYPES,
    "CalendarReference": CALENDARS,
    "InvoiceTemplateReference": TEMPLATES,
    "PricingScheduleReference": PRICINGS,
    "CountryReference": (COUNTRY,),
    "CurrencyReference": (CURRENCY,),
    "CommunicationTypeReference": (EMAIL_TYPE, PHONE_TYPE),
}
