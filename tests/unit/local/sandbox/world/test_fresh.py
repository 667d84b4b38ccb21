from datetime import UTC, datetime
from random import Random

import pytest

from cwp_local.sandbox.pointing import reference_to
from cwp_local.sandbox.tables import (
    ADDITIONS,
    AGREEMENTS,
    COMPANIES,
    CONTACTS,
    EXPENSES,
    NOTES,
    PHASES,
    PROJECT_TICKETS,
    PROJECTS,
    SCHEDULE_ENTRIES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    USER_DEFINED_FIELDS,
    Table,
)
from cwp_local.sandbox.world.choices import SERVICE_SCHEDULE
from cwp_local.sandbox.world.fresh import Fresh
from cwp_local.sandbox.world.generate import World
from tests.unit.local.sandbox.world.checks import (
    copy_problems,
    pointing_problems,
    type_problems,
)
from tests.unit.local.sandbox.world.conftest import Row, Rows

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
NEW_ID = 77_777_777


def nothing(_table: Table, _row_id: int) -> Row | None:
    return None


@pytest.fixture
def fresh(world: World) -> Fresh:
    return Fresh(world, Random(8), NOW)  # noqa: S311 - made-up data


def given_for(rows: Rows, table: Table) -> Row:
    """What a new row hangs on: something of the busiest firm."""
    phase = next(iter(rows[PHASES].values()))
    project = rows[PROJECTS][phase["projectId"]]
    ticket = next(row for row in rows[TICKETS].values() if "contact" in row)
    nested: dict[Table, Row] = {
        ADDITIONS: {"agreementId": next(iter(rows[AGREEMENTS]))},
        PHASES: {"projectId": project["id"]},
        NOTES: {"ticketId": ticket["id"]},
        SCHEDULE_ENTRIES: {"objectId": ticket["id"], "type": SERVICE_SCHEDULE},
        TIME_ENTRIES: {"chargeToId": ticket["id"], "chargeToType": "ServiceTicket"},
        EXPENSES: {"chargeToId": ticket["id"], "chargeToType": "ServiceTicket"},
        PROJECT_TICKETS: {
            "project": reference_to("ProjectReference", PROJECTS, project),
            "phase": reference_to("ProjectPhaseReference", PHASES, phase),
            "company": project["company"],
        },
    }
    if table in nested:
        return nested[table]
    contact = rows[CONTACTS][ticket["contact"]["id"]]
    said = {"company": ticket["company"], "contact": ticket["contact"]}
    assert contact["company"] == ticket["company"]
    return {name: said[name] for name in said.keys() & table.entity.types.keys()}


@EVERY_TABLE
def test_a_new_row_fits_the_others(fresh: Fresh, rows: Rows, table: Table) -> None:
    given = given_for(rows, table)

    def find(target: Table, row_id: int) -> Row | None:
        return rows[target].get(row_id)

    row = fresh.row(table, NEW_ID, find, given)
    rows_and_itself = {**rows, table: {**rows[table], NEW_ID: row}}

    def find_any(target: Table, row_id: int) -> Row | None:
        return rows_and_itself[target].get(row_id)

    assert row["id"] == NEW_ID
    assert given.items() <= row.items()
    assert not list(type_problems(table.entity.types, row, table.id))
    assert not [*pointing_problems(find_any, table, row), *copy_problems(row)]
    if table is not USER_DEFINED_FIELDS:
        assert row["_info"]["lastUpdated"] == "2026-11-23T09:30:00Z"


@EVERY_TABLE
def test_a_new_row_has_what_one_must_have(fresh: Fresh, rows: Rows, table: Table) -> None:
    row = fresh.row(
        table, NEW_ID, lambda target, one: rows[target].get(one), given_for(rows, table)
    )
    required = set(table.required) - {"vendorCompany"}
    assert required <= row.keys()


@EVERY_TABLE
def test_a_new_row_can_be_made_of_nothing(fresh: Fresh, table: Table) -> None:
    row = fresh.row(table, NEW_ID, nothing, {})
    assert row["id"] == NEW_ID
    assert not list(type_problems(table.entity.types, row, table.id))
    assert "company" not in row or table is COMPANIES


@EVERY_TABLE
def test_a_new_row_can_hang_on_bare_rows(fresh: Fresh, rows: Rows, table: Table) -> None:
    def find(target: Table, row_id: int) -> Row | None:
        row = rows[target].get(row_id)
        kept = ("id", "_info", *target.required, *target.kept)
        return row and {name: row[name] for name in kept if name in row}

    row = fresh.row(table, NEW_ID, find, given_for(rows, table))
    assert not list(type_problems(table.entity.types, row, table.id))


def test_a_new_entry_is_its_tickets(fresh: Fresh, rows: Rows) -> None:
    ticket = next(iter(rows[PROJECT_TICKETS].values()))
    given = {"chargeToId": ticket["id"], "chargeToType": "ProjectTicket"}
    row = fresh.row(TIME_ENTRIES, NEW_ID, lambda target, one: rows[target].get(one), given)
    assert row["ticket"] == reference_to("TicketReference", PROJECT_TICKETS, ticket)
    assert (row["project"], row["company"]) == (ticket["project"], ticket["company"])
    assert row["timeEnd"] == "2026-11-23T09:30:00Z"
