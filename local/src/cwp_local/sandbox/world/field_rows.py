"""Custom fields: their definitions, rows of /system/userDefinedFields, and the values rows carry.

All fields of an entity come with every row, those without a value too. Captions are not unique:
configurations have two fields of one caption, as live services do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import (
    AGREEMENTS,
    COMPANIES,
    CONFIGURATIONS,
    CONTACTS,
    INVOICES,
    MEMBERS,
    OPPORTUNITIES,
    PRODUCTS,
    PROJECT_TICKETS,
    PROJECTS,
    TICKETS,
    USER_DEFINED_FIELDS,
    Table,
)
from cwp_local.sandbox.world import words
from cwp_local.sandbox.world.dice import pick
from cwp_local.sandbox.world.dull import bare, full
from cwp_local.sandbox.world.times import DAY, iso, midnight

_DAYS = tuple(midnight((20_000 + 37 * n) * DAY) for n in range(12))


@dataclass(frozen=True)
class Definition:
    """A custom field. `values` are those it may have; None stands for no value."""

    id: int
    table: Table
    caption: str
    type: str
    entry: str
    values: tuple[Any, ...]
    decimals: int = 0


DEFINITIONS = (
    Definition(
        1,
        TICKETS,
        "Device Name",
        "Text",
        "EntryField",
        (*(None,) * 60, *(f"WS-{n:04d}" for n in range(2000, 2040))),
    ),
    Definition(4, COMPANIES, "Account Tier", "Text", "List", ("Gold", "Silver", "Bronze")),
    Definition(5, COMPANIES, "Renewal Call", "Date", "Date", (None, None, *_DAYS)),
    # As with `portalPassword`: the pipeline has to prove that it keeps no value of this type.
    Definition(
        6, COMPANIES, "Firewall Login", "Password", "EntryField", (None, *words.MADE_UP_SECRETS)
    ),
    Definition(12, CONTACTS, "Where to find", "Text", "EntryField", words.RESIDES),
    Definition(20, CONFIGURATIONS, "Rack", "Text", "EntryField", (None, "A1", "A2", "B1")),
    Definition(21, CONFIGURATIONS, "Rack", "Number", "EntryField", (None, 1, 2, 3)),
    Definition(22, CONFIGURATIONS, "Monitored", "Checkbox", "Option", (True, False, None)),
    Definition(30, AGREEMENTS, "Seats", "Number", "EntryField", (None, 5, 12, 40)),
    Definition(31, AGREEMENTS, "Discount", "Percent", "EntryField", (None, 2.5, 10.0), 2),
    Definition(40, OPPORTUNITIES, "Competitor", "Text", "List", (None, "Local firm", "")),
    Definition(45, PROJECTS, "Wiki", "Hyperlink", "EntryField", (None, "https://wiki.example/p")),
    Definition(46, PROJECT_TICKETS, "Signed off", "Checkbox", "Option", (None, False, True)),
    Definition(50, INVOICES, "Approver", "Text", "EntryField", (None, "Finance", "Owner")),
    Definition(55, PRODUCTS, "Licence Key", "TextArea", "EntryField", (None, "made-up-0000")),
    Definition(60, MEMBERS, "Parking Fee", "Currency", "EntryField", (None, 12.5), 2),
)


def custom_fields(rng: Random, table: Table) -> list[Row]:
    """`customFields` of a row; the items are shared, not to be changed."""
    return [pick(rng, values) for values in _values(table)]


@cache
def _values(table: Table) -> tuple[tuple[Row, ...], ...]:
    return tuple(
        tuple(_value(one, value) for value in one.values)
        for one in DEFINITIONS
        if one.table is table
    )


def _value(definition: Definition, value: Any) -> Row:
    made = {
        "id": definition.id,
        "caption": definition.caption,
        "type": definition.type,
        "entryMethod": definition.entry,
        "numberOfDecimals": definition.decimals,
    }
    return made if value is None else {**made, "value": value}


def field_rows(entered: int) -> Iterator[Row]:
    """The definitions, as entered at a time in seconds since 1970; `_info` of these is empty."""
    for place, one in enumerate(DEFINITIONS):
        yield {
            **(bare if place else full)(USER_DEFINED_FIELDS),
            "id": one.id,
            "podId": 100 + one.table.path.count("/"),
            "caption": one.caption,
            "sequenceNumber": place + 1,
            "screenId": one.table.noun.lower(),
            "fieldTypeIdentifier": one.type,
            "numberDecimals": one.decimals,
            "entryTypeIdentifier": one.entry,
            "displayOnScreenFlag": True,
            "options": _options(one) if one.entry == "List" else [],
            "dateCreated": iso(entered),
            "_info": {},
        }


def _options(definition: Definition) -> list[Row]:
    return [
        {
            "id": definition.id * 100 + place,
            "optionValue": value,
            "defaultFlag": place == 0,
            "inactiveFlag": False,
            "sortOrder": place,
        }
        for place, value in enumerate(filter(None, definition.values))
    ]
