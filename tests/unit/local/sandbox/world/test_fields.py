from collections import Counter
from typing import Any

import pytest

from cwp_local.sandbox.tables import (
    COMPANIES,
    CONFIGURATIONS,
    CONTACTS,
    EXPENSES,
    MEMBERS,
    NOTES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from cwp_local.sandbox.world.generate import World, blocks
from tests.unit.local.sandbox.world.checks import MOMENT, type_problems
from tests.unit.local.sandbox.world.conftest import Rows

EVERY_TABLE = pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.id)


@EVERY_TABLE
def test_every_name_and_type_is_the_catalogues(rows: Rows, table: Table) -> None:
    found = {
        one for row in rows[table].values() for one in type_problems(table.entity.types, row, "")
    }
    assert not found


@EVERY_TABLE
def test_nearly_every_field_occurs(rows: Rows, table: Table) -> None:
    seen = {name for row in rows[table].values() for name in row}
    missing = set(table.entity.types) - seen
    assert len(missing) <= len(table.entity.types) * 0.1, missing


@EVERY_TABLE
def test_rows_have_what_the_service_asks_for(rows: Rows, table: Table) -> None:
    assert all(set(table.required) <= row.keys() for row in rows[table].values())


@EVERY_TABLE
def test_what_has_no_value_is_left_out(rows: Rows, table: Table) -> None:
    assert not [row for row in rows[table].values() if has_null(row)]


def has_null(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(has_null, value.values() if isinstance(value, dict) else value))
    return value is None


def test_odd_facts_of_tickets_and_entries(rows: Rows) -> None:
    for ticket in rows[TICKETS].values():
        assert "Sort" in ticket["status"]
        assert "sort" not in ticket["status"]
    for entry in rows[TIME_ENTRIES].values():
        assert isinstance(entry["hourlyCost"], str)
        assert "dateEntered" not in entry["_info"]
        assert "chargeToMobileGuid" in entry["_info"]


def test_a_date_that_is_none(rows: Rows) -> None:
    hired = Counter(row["hireDate"] for row in rows[MEMBERS].values())
    warranties = Counter(row["warrantyExpirationDate"] for row in rows[CONFIGURATIONS].values())
    assert 0 < hired["1800-01-01T08:00:00Z"] < len(rows[MEMBERS])
    assert 0 < warranties["1800-01-01T08:00:00Z"] < len(rows[CONFIGURATIONS]) / 4


@pytest.mark.parametrize("mark", ["\u0000", "\u200b"])
def test_texts_with_marks_that_do_not_show(rows: Rows, mark: str) -> None:
    notes = [row for row in rows[NOTES].values() if mark in row["text"]]
    devices = [row for row in rows[CONFIGURATIONS].values() if mark in row["notes"]]
    assert 0 < len(notes) < len(rows[NOTES]) / 50
    assert devices


def test_references_that_say_nothing(rows: Rows) -> None:
    contacts = rows[CONTACTS].values()
    places = [row for row in contacts if row["companyLocation"] == {}]
    nameless = [row for row in contacts if row["relationship"].keys() == {"_info"}]
    assert 0 < len(places) < len(contacts) / 5
    assert 0 < len(nameless) < len(contacts) / 5
    assert all(row["relationshipOverride"] == "" for row in contacts if row in places)


def test_two_custom_fields_may_have_one_caption(rows: Rows) -> None:
    for row in rows[CONFIGURATIONS].values():
        captions = Counter(field["caption"] for field in row["customFields"])
        assert captions["Rack"] == 2


def test_answers_are_of_many_types(rows: Rows) -> None:
    answers = [
        question.get("answer")
        for row in rows[CONFIGURATIONS].values()
        for question in row["questions"]
    ]
    assert {type(answer) for answer in answers} == {str, int, bool, type(None)}


def test_days_are_written_as_midnight(rows: Rows) -> None:
    for contact in rows[CONTACTS].values():
        assert MOMENT.fullmatch(contact.get("birthDay", "2000-01-01T00:00:00Z"))
    assert any(contact.get("birthDay", "").endswith("T00:00:00Z")
               for contact in rows[CONTACTS].values())  # fmt: skip
    assert all(row["date"].endswith("T00:00:00Z") for row in rows[EXPENSES].values())


def test_secrets_are_plainly_made_up(rows: Rows) -> None:
    assert all(row["portalPassword"].startswith("made-up-") for row in rows[CONTACTS].values())


def test_values_of_type_password_occur_and_are_plainly_made_up(rows: Rows) -> None:
    fields = [field for row in rows[COMPANIES].values() for field in row["customFields"]]
    values = [field.get("value") for field in fields if field["type"] == "Password"]
    questions = [each for row in rows[CONFIGURATIONS].values() for each in row["questions"]]
    answers = [each.get("answer") for each in questions if each["fieldType"] == "Password"]
    for found in (values, answers):
        assert set(map(type, found)) == {str, type(None)}
        assert all(value.startswith("made-up-") for value in found if value)


def test_deleted_companies_are_marked(world: World) -> None:
    firms = blocks(World(1, 20_000, world.reference))[1:11]
    made = [row for block in firms for table, row in block() if table is COMPANIES]
    deleted = [row for row in made if row["deletedFlag"]]
    assert 0 < len(deleted) < len(made) / 10
    assert all(("dateDeleted" in row) == row["deletedFlag"] for row in made)


def test_expenses_have_taxes(rows: Rows) -> None:
    assert {len(row["taxes"]) for row in rows[EXPENSES].values()} == {0, 1, 2}
