import calendar
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.catalogue import reference_types
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TABLES, TICKETS, TIME_ENTRIES, Table
from cwp_local.sandbox.world.generate import World, generate

Row = dict[str, Any]

REFERENCE = calendar.timegm((2026, 11, 22, 0, 0, 0))
WORLD = World(seed=5, tickets=800, reference=REFERENCE)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@pytest.fixture(scope="module")
def rows() -> dict[Table, list[Row]]:
    found = defaultdict(list)
    for table, row in generate(WORLD):
        found[table].append(row)
    return dict(found)


def test_the_same_world_gives_the_same_bytes() -> None:
    world = World(seed=3, tickets=60, reference=REFERENCE)
    first, second = ([json_text(row) for _, row in generate(world)] for _ in range(2))
    assert first == second


def test_another_seed_gives_other_rows() -> None:
    first, second = (
        [json_text(row) for _, row in generate(World(seed, 60, REFERENCE))] for seed in (1, 2)
    )
    assert first != second


def test_the_reference_time_shifts_times_only() -> None:
    day = 86_400
    first, later = (
        [row["id"] for _, row in generate(World(3, 60, REFERENCE + shift))] for shift in (0, day)
    )
    assert first == later


def test_proportions(rows: dict[Table, list[Row]]) -> None:
    assert len(rows[TICKETS]) == 800
    assert len(rows[COMPANIES]) == 20
    assert 60 <= len(rows[CONTACTS]) <= 100
    assert 1400 <= len(rows[TIME_ENTRIES]) <= 1900


def test_a_company_without_tickets_can_be_made() -> None:
    counts = Counter(table.id for table, _ in generate(World(1, 0, REFERENCE)))
    assert counts["company_companies"] == 1
    assert counts["service_tickets"] == 0


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)
def test_ids_grow_and_have_gaps(rows: dict[Table, list[Row]], table: Table) -> None:
    ids = [row["id"] for row in rows[table]]
    assert ids == sorted(set(ids))
    if len(ids) > 100:
        assert ids[-1] - ids[0] >= len(ids)


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)
def test_last_updated_lies_in_the_past_three_years(
    rows: dict[Table, list[Row]], table: Table
) -> None:
    oldest = datetime.fromtimestamp(REFERENCE, UTC).replace(year=2023)
    for row in rows[table]:
        text = row["_info"]["lastUpdated"]
        assert MOMENT.fullmatch(text)
        assert oldest <= datetime.fromisoformat(text)
        assert datetime.fromisoformat(text).timestamp() <= REFERENCE
        assert row["_info"].get("dateEntered", "") <= text


def problems(types: dict[str, str], row: Row, where: str) -> Iterator[str]:
    """Every name or value of a row that the catalogue does not know."""
    for name, value in row.items():
        here = f"{where}/{name}"
        if name not in types:
            yield here
        elif not fits(types[name], value):
            yield f"{here} = {value!r}, not {types[name]}"
        elif "->" in types[name]:
            inner = reference_types(types[name].removeprefix("[]").removeprefix("->"))
            for one in value if types[name].startswith("[]") else [value]:
                yield from problems(inner, one, here)


def fits(kind: str, value: Any) -> bool:
    if kind.startswith("[]"):
        return isinstance(value, list)
    if kind.startswith("->"):
        return isinstance(value, dict)
    if kind.startswith("enum:"):
        return value in kind.removeprefix("enum:").split("|")
    if limit := re.fullmatch(r"string\((\d+)\)", kind):
        return isinstance(value, str) and len(value) <= int(limit[1])
    checks = {
        "int": lambda: type(value) is int,
        "double": lambda: type(value) is float,
        "bool": lambda: type(value) is bool,
        "string": lambda: isinstance(value, str),
        "date-time": lambda: isinstance(value, str) and bool(MOMENT.fullmatch(value)),
        "object": lambda: value is not None,
    }
    return checks[kind]()


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)
def test_every_name_and_type_is_the_catalogues(rows: dict[Table, list[Row]], table: Table) -> None:
    found = {one for row in rows[table] for one in problems(table.entity.types, row, table.id)}
    assert not found


#: What no made-up row of the table carries: things the sandbox has no notion of.
LEFT_OUT = {
    COMPANIES: {
        *("sicCode", "parentCompany", "creditLimit", "additionalDebt", "dateDeleted", "deletedBy"),
        *("invoiceCCEmailAddress", "facebookUrl", "twitterUrl", "linkedInUrl", "site"),
        *("resellerIdentifier", *(f"userDefinedField{number}" for number in range(3, 11))),
    },
    CONTACTS: {
        *("addressLine2", "defaultMergeContactId", "managerContact", "assistantContact", "school"),
        *("children", "significantOther", "anniversary", "facebookUrl", "twitterUrl"),
        *("linkedInUrl", "defaultPhoneExtension", "photo"),
        *(f"userDefinedField{number}" for number in range(1, 11)),
    },
    TICKETS: {
        *("addressLine2", "opportunity", "knowledgeBaseCategoryId", "knowledgeBaseSubCategoryId"),
        *("automaticEmailCc", "subBillingAmount", "subDateAccepted", "knowledgeBaseLinkId"),
        *("knowledgeBaseLinkType", "predecessorType", "predecessorId", "duration"),
        *("respondedBy", "resplanBy"),
    },
    TIME_ENTRIES: {
        *("activity", "opportunityRecid", "projectActivity", "emailCc", "project", "phase"),
    },
}


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)
def test_every_field_occurs_but_those_named(rows: dict[Table, list[Row]], table: Table) -> None:
    seen = {name for row in rows[table] for name in row}
    assert set(table.entity.types) - seen == LEFT_OUT[table]


def test_odd_facts_of_live_answers(rows: dict[Table, list[Row]]) -> None:
    ticket, entry, contact = rows[TICKETS][0], rows[TIME_ENTRIES][0], rows[CONTACTS][0]
    assert "Sort" in ticket["status"]
    assert "sort" not in ticket["status"]
    assert isinstance(entry["hourlyCost"], str)
    assert "dateEntered" not in entry["_info"]
    assert contact["portalPassword"].startswith("made-up-")
    assert {item["communicationType"] for item in contact["communicationItems"]} == {
        "Email",
        "Phone",
    }
    assert not any(row == {} or None in row.values() for table in rows for row in rows[table])


def test_rows_fit_together(rows: dict[Table, list[Row]]) -> None:
    companies = {row["id"]: row for row in rows[COMPANIES]}
    contacts = {row["id"]: row for row in rows[CONTACTS]}
    tickets = {row["id"]: row for row in rows[TICKETS]}
    hours: dict[int, float] = defaultdict(float)
    for contact in contacts.values():
        assert contact["company"]["name"] == companies[contact["company"]["id"]]["name"]
    for entry in rows[TIME_ENTRIES]:
        ticket = tickets[entry["ticket"]["id"]]
        assert entry["chargeToId"] == ticket["id"]
        assert entry["company"] == ticket["company"]
        assert entry["ticketStatus"] == ticket["status"]["name"]
        assert entry["ticket"]["summary"] == ticket["summary"]
        assert entry["timeStart"] >= ticket["_info"]["dateEntered"]
        hours[ticket["id"]] += entry["actualHours"]
    for ticket in tickets.values():
        assert ticket["company"]["identifier"] == companies[ticket["company"]["id"]]["identifier"]
        assert ticket["actualHours"] == hours[ticket["id"]]
        assert ticket["closedFlag"] == ("closedDate" in ticket)
        if "contact" in ticket:
            contact = contacts[ticket["contact"]["id"]]
            assert contact["company"]["id"] == ticket["company"]["id"]
            assert ticket["contactName"] == f"{contact['firstName']} {contact['lastName']}"


def test_kinship_of_tickets(rows: dict[Table, list[Row]]) -> None:
    tickets = {row["id"]: row for row in rows[TICKETS]}
    parents = {row["parentTicketId"] for row in tickets.values() if "parentTicketId" in row}
    merged = {row["mergedParentTicket"]["id"]: row for row in tickets.values()
              if "mergedParentTicket" in row}  # fmt: skip
    assert parents
    assert merged
    assert parents == {row["id"] for row in tickets.values() if row["hasChildTicket"]}
    assert set(merged) == {row["id"] for row in tickets.values() if row["hasMergedChildTicketFlag"]}
    assert all(row["closedFlag"] for row in merged.values())
    assert all(row["mergedParentTicket"]["summary"] == tickets[parent]["summary"]
               for parent, row in merged.items())  # fmt: skip
