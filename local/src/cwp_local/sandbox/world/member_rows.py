"""Rows of /system/members: the provider's own people."""

from collections.abc import Callable, Iterator, Sequence
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import MEMBERS
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.dull import bare, full
from cwp_local.sandbox.world.field_rows import custom_fields
from cwp_local.sandbox.world.people import Member
from cwp_local.sandbox.world.times import DAY, NO_DATE, iso, midnight

_HIRED_AT_NO_DATE = 0.3
_MAIL = "provider.example"


def member_rows(
    rng: Random, staff: Sequence[Member], info: Callable[[], Row], now: int
) -> Iterator[Row]:
    """All members; `info` makes `_info`s, `now` is the newest time, in seconds since 1970."""
    for place, member in enumerate(staff):
        yield {
            **(bare if place % 4 else full)(MEMBERS),
            **_person(rng, member, now, former=place > 0 and place % 11 == 0),
            **_office(member, staff[0]),
            **_defaults(place),
            "customFields": custom_fields(rng, MEMBERS),
            "_info": info(),
        }


def _person(rng: Random, member: Member, now: int, *, former: bool) -> Row:
    hired = NO_DATE if chance(rng, _HIRED_AT_NO_DATE) else midnight(now - 1500 * DAY)
    return {
        "id": member.id,
        "identifier": member.login,
        "firstName": member.first_name,
        "lastName": member.last_name,
        # The pipeline has to prove that it drops these.
        "password": f"made-up-{rng.getrandbits(40):010x}",
        "token": f"made-up-{rng.getrandbits(40):010x}",
        "licenseClass": pick(rng, ("F", "F", "X", "A")),
        "title": pick(rng, ("Technician", "Engineer", "Dispatcher")),
        "hireDate": hired,
        "inactiveFlag": former,
        **({"inactiveDate": midnight(now - 90 * DAY)} if former else {}),
        "lastLogin": iso(now - int(rng.random() * 9 * DAY)),
        "officeEmail": f"{member.login.lower()}@{_MAIL}",
        "primaryEmail": f"{member.login.lower()}@{_MAIL}",
        "officePhone": f"813555{member.id:04d}",
        "dailyCapacity": member.reference["dailyCapacity"],
        "hourlyCost": float(member.hourly_cost),
        "hourlyRate": 125.0,
        "minimumHours": 8.0,
        "timeSheetStartDate": "2023-01-02T00:00:00Z",
    }


def _office(member: Member, boss: Member) -> Row:
    return {
        "reportsTo": boss.reference,
        "timeApprover": boss.reference,
        "expenseApprover": boss.reference,
        "workRole": lookups.WORK_ROLES[member.id % 3],
        "workType": lookups.WORK_TYPES[0],
        "memberPersonas": [1],
        "teams": [board.team["id"] for board in lookups.BOARDS[:2]],
        "serviceBoardTeamIds": [lookups.BOARDS[0].team["id"]],
    }


def _defaults(place: int) -> Row:
    location, department = lookups.LOCATIONS[place % 2], lookups.DEPARTMENTS[place % 2]
    parts = ("default", "serviceDefault", "projectDefault", "scheduleDefault")
    return {
        **{f"{part}Location": location for part in parts},
        **{f"{part}Department": department for part in parts},
        "serviceDefaultBoard": lookups.BOARDS[place % 4].reference,
        "projectDefaultBoard": lookups.PROJECT_BOARD.reference,
        "excludedServiceBoardIds": [lookups.BOARDS[3].id] if place % 3 == 0 else [],
        "scheduleCapacity": 8.0,
    }
