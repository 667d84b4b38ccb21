"""Rows of the served setup tables: what `lookups` points to."""

from collections.abc import Callable, Iterator

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import (
    AGREEMENT_TYPES,
    BOARD_STATUSES,
    BOARDS,
    COMPANY_STATUSES,
    COMPANY_TYPES,
    DEPARTMENTS,
    LOCATIONS,
    PRIORITIES,
    WORK_ROLES,
    WORK_TYPES,
    Table,
)
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.dull import bare, full
from cwp_local.sandbox.world.lookups import BOARD_BY_ID, PROJECT_BOARD, Board
from cwp_local.sandbox.world.people import Member

_COLOURS = ("Red", "Orange", "Yellow", "Green")
_ESCALATION = ("NotResponded", "Responded", "ResolutionPlan", "Resolved")


def setup_rows(staff: tuple[Member, ...], info: Callable[[], Row]) -> Iterator[tuple[Table, Row]]:
    """All rows; `info` makes the `_info` of one."""
    for table, rows in (
        (LOCATIONS, _locations(staff[0])),
        (DEPARTMENTS, lookups.DEPARTMENTS),
        (WORK_ROLES, _work_roles()),
        (WORK_TYPES, lookups.WORK_TYPES),
        (BOARDS, tuple(_board(board, staff[0]) for board in BOARD_BY_ID.values())),
        (BOARD_STATUSES, _statuses()),
        (PRIORITIES, _priorities()),
        (COMPANY_TYPES, _flagged(lookups.COMPANY_TYPES, "vendorFlag", lookups.COMPANY_TYPES[2])),
        (COMPANY_STATUSES, _flagged(lookups.COMPANY_STATUSES, "inactiveFlag",
                                    lookups.COMPANY_STATUSES[1])),
        (AGREEMENT_TYPES, _agreement_types()),
    ):  # fmt: skip
        for place, row in enumerate(rows):
            yield table, {**(bare if place else full)(table), **row, "_info": info()}


def new_setup_row(table: Table, row_id: int, info: Row) -> Row:
    """A row of a setup table that says no more than it must, under a name of its own."""
    types = table.entity.types
    name = f"{table.noun} {row_id}"
    named: Row = {
        field: name[:25] for field in ("name", "caption", "description") if field in types
    }
    identified = {"identifier": f"N{row_id}"} if "identifier" in types else {}
    return {**bare(table), "id": row_id, **named, **identified, "_info": info}


def _plain(reference: Row) -> Row:
    return {"id": reference["id"], "name": reference["name"]}


def _flagged(references: tuple[Row, ...], flag: str, with_flag: Row) -> tuple[Row, ...]:
    """Rows of which the first is the default, and one has a flag."""
    return tuple(
        {**_plain(one), "defaultFlag": place == 0, flag: one is with_flag}
        for place, one in enumerate(references)
    )


def _locations(manager: Member) -> tuple[Row, ...]:
    return tuple(
        {
            **_plain(one),
            "manager": manager.reference,
            "reportsTo": lookups.LOCATIONS[0],
            "locationFlag": True,
            "workRoleIds": [role["id"] for role in lookups.WORK_ROLES],
            "departmentIds": [department["id"] for department in lookups.DEPARTMENTS],
        }
        for one in lookups.LOCATIONS
    )


def _work_roles() -> tuple[Row, ...]:
    places = [location["id"] for location in lookups.LOCATIONS]
    return tuple(
        {**_plain(one), "hourlyRate": 125.0, "locationIds": places} for one in lookups.WORK_ROLES
    )


def _board(board: Board, boss: Member) -> Row:
    people = ("dispatchMember", "serviceManagerMember", "dutyManagerMember", "oncallMember")
    return {
        **_plain(board.reference),
        "location": lookups.LOCATIONS[board.id % 2],
        "department": lookups.DEPARTMENTS[board.id % 2],
        "projectFlag": board is PROJECT_BOARD,
        **dict.fromkeys(people, boss.reference),
        "autoCloseStatus": board.statuses[7].reference,
        "emailConnectorReopenStatus": board.statuses[2].reference,
        "notifyEmailFrom": "desk@provider.example",
        "notifyEmailFromName": board.name,
    }


def _statuses() -> tuple[Row, ...]:
    return tuple(
        {
            **_plain(status.reference),
            "board": board.reference,
            "sortOrder": status.reference["Sort"],
            "displayOnBoard": True,
            "closedStatus": status.closed,
            "defaultFlag": status.rank == 0,
            "escalationStatus": _ESCALATION[3 if status.closed else min(status.rank, 2)],
        }
        for board in BOARD_BY_ID.values()
        for status in board.statuses
    )


def _priorities() -> tuple[Row, ...]:
    return tuple(
        {
            **_plain(one),
            "color": colour,
            "sortOrder": one["sort"],
            "level": one["level"],
            "defaultFlag": one["level"] == "Medium",
            "urgencySortOrder": str(one["sort"]),
        }
        for one, colour in zip(lookups.PRIORITIES, _COLOURS, strict=True)
    )


def _agreement_types() -> tuple[Row, ...]:
    return tuple(
        {
            **_plain(one),
            "defaultFlag": place == 0,
            "applicationCycle": "CalendarMonth",
            "exclusionWorkRoleIds": [],
            "exclusionWorkTypeIds": [lookups.WORK_TYPES[3]["id"]] if place else [],
        }
        for place, one in enumerate(lookups.AGREEMENT_TYPES)
    )
