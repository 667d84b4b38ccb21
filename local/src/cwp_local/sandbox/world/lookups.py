"""Served setup tables, which every company has alike: boards, statuses, priorities, ...

Rows refer to them by reference objects, which are made here once and shared; `setup_rows` makes
the rows themselves.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import choices
from cwp_local.sandbox.world.links import identified, listed, reference
from cwp_local.sandbox.world.words import BOARDS as _BOARD_WORDS
from cwp_local.sandbox.world.words import PROJECT_BOARD as _PROJECT_WORDS


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
    for board_id, (name, team, works) in enumerate((*_BOARD_WORDS, _PROJECT_WORDS), start=1):
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


_ALL_BOARDS = _boards()
#: Where service tickets lie, and where project tickets do.
BOARDS, PROJECT_BOARD = _ALL_BOARDS[:-1], _ALL_BOARDS[-1]
BOARD_BY_ID = {board.id: board for board in _ALL_BOARDS}

PRIORITIES = tuple(
    reference("priority", "service/priorities", row_id, name, sort=row_id, level=level)
    for row_id, (name, level) in enumerate(
        (
            ("Priority 1 - Emergency", "Critical"),
            ("Priority 2 - High", "High"),
            ("Priority 3 - Normal", "Medium"),
            ("Priority 4 - Low", "Low"),
        ),
        start=1,
    )
)
LOCATIONS = listed("location", "system/locations", ("Main Office", "West Office"), first=2)
DEPARTMENTS = identified(
    "department",
    "system/departments",
    (("ProServices", "Professional Services"), ("ManagedSvcs", "Managed Services")),
    first=10,
)
BILLING_UNITS = tuple(
    {key: value for key, value in department.items() if key != "identifier"}
    for department in DEPARTMENTS
)
WORK_ROLES = listed("workRole", "time/workRoles", ("Technician", "Engineer", "Consultant"), 31)
WORK_TYPES = tuple(
    reference("workType", "time/workTypes", row_id, name, utilizationFlag=row_id != 4)  # noqa: PLR2004 - travel is row 4
    for row_id, name in enumerate(("Remote", "Onsite", "After Hours", "Travel"), start=1)
)
COMPANY_STATUSES = listed("status", "company/companies/statuses", ("Active", "Inactive"))
COMPANY_TYPES = listed("type", "company/companies/types", ("Client", "Prospect", "Vendor"))
AGREEMENT_TYPES = listed(
    "type", "finance/agreements/types", ("Managed Services", "Backup", "Block Hours")
)

#: What a POST or PATCH may name by id, per kind of reference. Statuses are found on their board.
BY_REFERENCE: dict[str, tuple[Row, ...]] = {
    **choices.BY_REFERENCE,
    "BoardReference": tuple(board.reference for board in _ALL_BOARDS),
    "ProjectBoardReference": (PROJECT_BOARD.reference,),
    "ServiceTeamReference": tuple(board.team for board in _ALL_BOARDS),
    "ServiceTypeReference": tuple(work.type for board in _ALL_BOARDS for work in board.works),
    "ServiceSubTypeReference": tuple(
        work.sub_type for board in _ALL_BOARDS for work in board.works
    ),
    "ServiceItemReference": tuple(work.item for board in _ALL_BOARDS for work in board.works),
    "PriorityReference": PRIORITIES,
    "SystemLocationReference": LOCATIONS,
    "OwnerLevelReference": LOCATIONS,
    "SystemDepartmentReference": DEPARTMENTS,
    "BillingUnitReference": BILLING_UNITS,
    "WorkRoleReference": WORK_ROLES,
    "WorkTypeReference": WORK_TYPES,
    "CompanyStatusReference": COMPANY_STATUSES,
    "CompanyTypeReference": COMPANY_TYPES,
    "AgreementTypeReference": AGREEMENT_TYPES,
}
