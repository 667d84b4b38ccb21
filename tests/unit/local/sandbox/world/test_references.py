from collections import defaultdict

import pytest

from cwp_local.sandbox.tables import (
    ACTIVITIES,
    BOARD_STATUSES,
    COMPANIES,
    CONTACTS,
    INVOICES,
    PHASES,
    PROJECT_TICKETS,
    SCHEDULE_ENTRIES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    TIME_SHEETS,
    USER_DEFINED_FIELDS,
    Table,
)
from tests.unit.local.sandbox.world.checks import copy_problems, pointing_problems
from tests.unit.local.sandbox.world.conftest import Row, Rows

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)


@EVERY_TABLE
def test_every_reference_is_to_a_row_and_says_what_that_says(rows: Rows, table: Table) -> None:
    def find(target: Table, row_id: int) -> Row | None:
        return rows[target].get(row_id)

    assert not [
        problem
        for row in rows[table].values()
        for problem in (*pointing_problems(find, table, row), *copy_problems(row))
    ]


@EVERY_TABLE
def test_what_a_row_points_to_is_of_its_own_company(rows: Rows, table: Table) -> None:
    owned = {"contact": CONTACTS, "agreement": None, "ticket": None, "project": None}
    for row in rows[table].values():
        company = row.get("company", {}).get("id")
        for name in owned.keys() & row.keys() if company else ():
            kinds = [each for each in TABLES.values() if each.id.endswith(f"_{name}s")]
            targets = [rows[kind].get(row[name]["id"]) for kind in kinds]
            assert company in [target["company"]["id"] for target in targets if target]


@EVERY_TABLE
def test_custom_fields_are_defined(rows: Rows, table: Table) -> None:
    for row in rows[table].values():
        for value in row.get("customFields", []):
            definition = rows[USER_DEFINED_FIELDS][value["id"]]
            assert value["caption"] == definition["caption"]
            assert value["type"] == definition["fieldTypeIdentifier"]
            assert value["entryMethod"] == definition["entryTypeIdentifier"]
            options = [option["optionValue"] for option in definition["options"]]
            assert not options or value.get("value", options[0]) in [*options, ""]


def test_a_status_is_one_of_its_tickets_board(rows: Rows) -> None:
    for ticket in (*rows[TICKETS].values(), *rows[PROJECT_TICKETS].values()):
        status = rows[BOARD_STATUSES][ticket["status"]["id"]]
        assert status["board"] == ticket["board"]
        assert ticket["closedFlag"] == status["closedStatus"] == ("closedDate" in ticket)


def test_tickets_sum_up_their_entries(rows: Rows) -> None:
    hours: dict[int, float] = defaultdict(float)
    tickets = rows[TICKETS] | rows[PROJECT_TICKETS]
    for entry in rows[TIME_ENTRIES].values():
        if "ticket" not in entry:
            assert entry["chargeToType"] == "Activity"
            continue
        ticket = tickets[entry["ticket"]["id"]]
        assert entry["chargeToId"] == ticket["id"]
        assert entry["company"] == ticket["company"]
        assert entry["ticketStatus"] == ticket["status"]["name"]
        assert entry["timeStart"] >= ticket["_info"]["dateEntered"]
        hours[ticket["id"]] += entry["actualHours"]
    assert all(ticket["actualHours"] == hours[row_id] for row_id, ticket in tickets.items())


def test_entries_lie_on_the_sheet_of_their_time_and_member(rows: Rows) -> None:
    for entry in rows[TIME_ENTRIES].values():
        sheet = rows[TIME_SHEETS][entry["timeSheet"]["id"]]
        assert sheet["member"] == entry["member"]
        assert sheet["dateStart"][:10] <= entry["timeStart"][:10] <= sheet["dateEnd"][:10]


def test_work_is_billed_to_its_own_company(rows: Rows) -> None:
    billed = [entry for entry in rows[TIME_ENTRIES].values() if "invoice" in entry]
    assert billed
    for entry in billed:
        invoice = rows[INVOICES][entry["invoice"]["id"]]
        assert invoice["company"] == entry["company"]
        assert invoice["date"][:10] >= entry["timeStart"][:10]


def test_invoices_repeat_what_they_are_applied_to(rows: Rows) -> None:
    fields = {"SalesOrder": "salesOrder", "ProjectPhase": "phase"}
    kinds = {row["applyToType"] for row in rows[INVOICES].values()}
    assert kinds == {"All", "Agreement", "Project", "ProjectPhase", "SalesOrder", "Ticket"}
    for invoice in rows[INVOICES].values():
        kind = invoice["applyToType"]
        if kind != "All":
            assert invoice[fields.get(kind, kind.lower())]["id"] == invoice["applyToId"]


def test_schedule_entries_are_for_tickets_or_activities(rows: Rows) -> None:
    tables = {"S": TICKETS, "C": ACTIVITIES}
    kinds = {row["type"]["identifier"] for row in rows[SCHEDULE_ENTRIES].values()}
    assert kinds == tables.keys()
    for row in rows[SCHEDULE_ENTRIES].values():
        assert row["objectId"] in rows[tables[row["type"]["identifier"]]]


def test_phases_of_project_tickets_are_their_projects(rows: Rows) -> None:
    for ticket in rows[PROJECT_TICKETS].values():
        assert rows[PHASES][ticket["phase"]["id"]]["projectId"] == ticket["project"]["id"]


def test_kinship_of_tickets(rows: Rows) -> None:
    tickets = rows[TICKETS]
    parents = {row["parentTicketId"] for row in tickets.values() if "parentTicketId" in row}
    merged = {
        row["mergedParentTicket"]["id"]: row
        for row in tickets.values()
        if "mergedParentTicket" in row
    }
    assert parents
    assert merged
    assert parents == {row["id"] for row in tickets.values() if row["hasChildTicket"]}
    assert set(merged) == {row["id"] for row in tickets.values() if row["hasMergedChildTicketFlag"]}
    assert all(row["closedFlag"] for row in merged.values())


def test_each_company_has_one_default_contact(rows: Rows) -> None:
    for company in rows[COMPANIES].values():
        assert rows[CONTACTS][company["defaultContact"]["id"]]["defaultFlag"]
