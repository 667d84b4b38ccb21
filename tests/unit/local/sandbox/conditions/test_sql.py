import sqlite3
from contextlib import closing

import pytest

from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.catalogue import UnknownNameError
from cwp_local.sandbox.conditions import (
    EVERY_ROW,
    Clause,
    ConditionError,
    all_of,
    compile_beyond,
    compile_child_conditions,
    compile_conditions,
    compile_custom_field_conditions,
    compile_order,
    compile_required,
    linked,
)
from cwp_local.sandbox.tables import (
    BOARD_STATUSES,
    BOARDS,
    COMPANY_STATUSES,
    CONTACTS,
    TICKETS,
    TIME_ENTRIES,
)


def holds(text: str, **row: object) -> bool:
    """Whether a condition on tickets holds for a row."""
    return clause_holds(compile_conditions(TICKETS, text), **row)


def clause_holds(clause: Clause, **row: object) -> bool:
    info = row.setdefault("_info", {"lastUpdated": "2026-01-31T10:00:00Z"})
    assert isinstance(info, dict)
    with closing(sqlite3.connect(":memory:")) as database:
        values = (1, info["lastUpdated"], json_text(row))
        database.execute(
            "CREATE TABLE t (id, last_updated, body, link_contact_id, link_company_id)"
        )
        database.execute("INSERT INTO t VALUES (?, ?, ?, NULL, 7)", values)
        sql = f"SELECT count(*) FROM t WHERE {clause.sql}"
        return bool(database.execute(sql, clause.values).fetchone()[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('summary = "PRINTER jam"', True),
        ('summary != "printer JAM"', False),
        ('summary like "printer*"', True),
        ('summary like "%jam"', True),
        ('summary like "printer"', False),
        ('summary like "print_r jam"', True),
        ('summary like "[op]rinter jam"', True),
        ('summary like "[^op]rinter jam"', False),
        ('summary contains "TER J"', True),
        ('summary contains "*"', False),
        ('summary not contains "x"', True),
        ('summary in ("x", "Printer Jam")', True),
        ('summary > "paper" and summary < "q"', True),
        ("budgetHours >= 2.5", True),
        ("budgetHours in (1, 2.5)", True),
        ("closedFlag = false", True),
        ("closedFlag != True", True),
        ("severity = 'high'", True),
        ("status/sort = 10", True),
        ("company/id = 7", True),
        ("contact/id = null", True),
        ("board = null", True),
        ("status != null", True),
        ("approved = null", True),
        ("approved = true", False),
        ("not approved = true", False),
        ("approved != true", False),
        ("lastUpdated = [2026-01-31T10:00:00Z]", True),
        ("lastUpdated >= [2026-01-31]", True),
        ("_info/lastUpdated < [2026-01-31T10:00:00.5Z]", True),
        ("lastUpdated >= [2026-01-31T10:00:00.5Z]", False),
        ("lastUpdated > [2026-01-31T09:59:59.999Z]", True),
        ("requiredDate = [2026-02-03]", True),
    ],
)
def test_conditions_hold(text: str, *, expected: bool) -> None:
    row = {
        "summary": "Printer jam",
        "budgetHours": 2.5,
        "closedFlag": False,
        "severity": "High",
        "status": {"id": 1, "Sort": 10},
        "requiredDate": "2026-02-03T00:00:00Z",
    }
    assert holds(text, **row) is expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("closedFlag = 1", "Expected a boolean value, not a numeric"),
        ('id = "1"', "Expected a numeric value, not a string"),
        ("summary = 5", "Expected a string value, not a numeric"),
        ("lastUpdated > '2026-01-01'", "Expected a datetime value, not a string"),
        ("company = 5", "Expected a reference value, not a numeric"),
        ("id in (1, null)", "Expected a numeric value, not a null"),
        ("severity = 'Huge'", "Enum value supplied was invalid"),
        ("id > null", "null can be compared by = and != only"),
        ("closedFlag = [2026-01-01]", "DateTime values should be enclosed in square brackets"),
        ('id like "1*"', "id is a numeric; only text can be searched"),
    ],
)
def test_unlike_things_are_not_compared(text: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message):
        compile_conditions(TICKETS, text)


def test_values_are_bound_and_never_written_into_sql() -> None:
    clause = compile_conditions(TICKETS, 'summary = "x\' OR 1=1 --"')
    assert clause.values == ("x' OR 1=1 --",)
    assert "OR 1=1" not in clause.sql


def test_indexed_values_have_a_column() -> None:
    assert compile_conditions(TIME_ENTRIES, "ticket/id = 5") == Clause("link_ticket_id = ?", (5,))
    assert compile_conditions(TICKETS, "id > 5") == Clause("id > ?", (5,))


def test_no_conditions_hold_for_every_row() -> None:
    assert compile_conditions(TICKETS, "  ") == Clause("1")


def test_long_chains_are_balanced() -> None:
    clause = compile_conditions(TICKETS, " or ".join(f"id = {n}" for n in range(5000)))
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE TABLE t (id)")
        database.execute(f"SELECT * FROM t WHERE {clause.sql}", clause.values)


def test_order_ends_with_id() -> None:
    assert compile_order(TICKETS, "lastUpdated desc") == "last_updated DESC, id"
    assert compile_order(TICKETS, "") == "id"
    assert compile_order(TICKETS, "summary") == (
        "json_extract(body, '$.summary') COLLATE NOCASE ASC, id"
    )


def test_a_date_may_have_any_form_and_a_fraction_is_later_than_its_second() -> None:
    texts = [
        "[2026-01-31T10:00:00Z]",
        "[2026-01-31T10:00:00]",
        "[2026-01-31T12:00:00+02:00]",
        "[2026-01-31T10:00:00.000Z]",
    ]
    assert {compile_conditions(TICKETS, f"lastUpdated = {text}").values for text in texts} == {
        ("2026-01-31T10:00:00Z",)
    }


ITEMS = [
    {"value": "x@example.com", "communicationType": "Email", "type": {"name": "Work"}},
    {"value": "555", "communicationType": "Phone", "defaultFlag": True},
]
VALUE = "communicationItems/value"
TYPES = [{"id": 1, "name": "Primary"}, {"id": 2, "name": "Billing"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('types/name="Primary"', True),
        ('Types/NAME = "billing"', True),
        ('types/name="Other"', False),
        ('types/name contains "bill" or types/name contains "other"', True),
        (f'{VALUE} like "x*" AND communicationItems/communicationType="Email"', True),
        (f'{VALUE} like "x*" AND communicationItems/communicationType="Phone"', False),
        ('communicationItems/type/name="work" AND communicationItems/value="x@example.com"', True),
        ('types/id=1 AND types/name="Billing"', False),
        ('types/id=1 AND communicationItems/value="555"', True),
        ("communicationItems/defaultFlag = null", True),
        ("not types/id = 1", True),
        ("not types/id > 0", False),
        ("", True),
    ],
)
def test_child_conditions_hold_for_one_and_the_same_element(text: str, *, expected: bool) -> None:
    clause = compile_child_conditions(CONTACTS, text)
    assert clause_holds(clause, communicationItems=ITEMS, types=TYPES) is expected


def test_elements_of_no_object_and_lists_that_are_absent_have_nothing() -> None:
    clause = compile_child_conditions(CONTACTS, "types/id != 1 or types/id = null")
    assert clause_holds(clause, types=["x"])
    assert not clause_holds(clause, types=[])
    assert not clause_holds(clause)


def test_alternatives_are_asked_one_by_one() -> None:
    clause = compile_child_conditions(CONTACTS, 'types/id = 9 or communicationItems/value = "555"')
    assert clause_holds(clause, communicationItems=ITEMS)


CUSTOM = [
    {"id": 1, "caption": "TomNumber", "type": "Number", "value": 5},
    {"id": 2, "caption": "Region", "type": "Text", "value": "North"},
    {"id": 3, "caption": "Audited", "type": "Checkbox", "value": True},
    {"id": 4, "caption": "Due", "type": "Date", "value": "2026-02-03T00:00:00Z"},
    {"id": 5, "caption": "Nothing", "type": "Text"},
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('caption="TomNumber" AND value != null', True),
        ('Caption="tomnumber" AND Value = 5', True),
        ('caption="TomNumber" AND value > 4.5', True),
        ('caption="TomNumber" AND value = "North"', False),
        ('caption="TomNumber" AND value = "5"', False),
        ('caption="TomNumber" AND value = true', False),
        ('caption="Region" AND value like "n*"', True),
        ('caption="Region" AND value > 5', False),
        ('caption="Region" AND not value > 5', False),
        ('caption="Audited" AND value = TRUE', True),
        ('caption="Audited" AND value = 1', False),
        ('caption="Due" AND value >= [2026-02-03]', True),
        ('caption="Nothing" AND value = null', True),
        ('caption="Nothing" AND value != null', False),
        ('id = 2 and type = "Text"', True),
    ],
)
def test_custom_field_conditions(text: str, *, expected: bool) -> None:
    clause = compile_custom_field_conditions(TICKETS, text)
    assert clause_holds(clause, customFields=CUSTOM) is expected


@pytest.mark.parametrize("text", ["types/id in (1, 2)", "types/id not in (1)"])
def test_in_is_for_conditions_only(text: str) -> None:
    with pytest.raises(ConditionError, match="not in childConditions"):
        compile_child_conditions(CONTACTS, text)
    with pytest.raises(ConditionError, match="not in customFieldConditions"):
        compile_custom_field_conditions(CONTACTS, "id in (1)")


@pytest.mark.parametrize(
    "name", ["firstName", "types", "types/nonsense", "typeIds/x", "_info/lastUpdated", "company/id"]
)
def test_names_that_lead_into_no_list(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"^{name}$"):
        compile_child_conditions(CONTACTS, f"{name} = 1")


def test_custom_fields_have_their_own_names_and_some_rows_have_none() -> None:
    with pytest.raises(UnknownNameError, match=r"^summary$"):
        compile_custom_field_conditions(TICKETS, "summary = 1")
    with pytest.raises(UnknownNameError, match=r"^caption$"):
        compile_custom_field_conditions(BOARDS, 'caption = "x"')


def test_some_endpoints_show_what_they_cannot_be_asked_for() -> None:
    with pytest.raises(UnknownNameError, match="InactiveFlag"):
        compile_conditions(COMPANY_STATUSES, "InactiveFlag = false")
    assert "inactiveFlag" in compile_order(COMPANY_STATUSES, "inactiveFlag")
    assert compile_conditions(BOARDS, "inactiveFlag = false").values == (False,)


def test_rows_of_one_parent() -> None:
    assert linked(BOARD_STATUSES, "board/id", 5) == Clause("link_board_id = ?", (5,))


def test_all_of_leaves_out_what_always_holds() -> None:
    one, other = Clause("a = ?", (1,)), Clause("b = ?", (2,))
    assert all_of() == all_of(EVERY_ROW, EVERY_ROW) == EVERY_ROW
    assert all_of(EVERY_ROW, one) == one
    assert all_of(one, EVERY_ROW, other) == Clause("(a = ? AND b = ?)", (1, 2))


@pytest.mark.parametrize(
    ("text", "rest", "after", "ids"),
    [
        ("", Clause("1"), 0, Clause("1")),
        ("id > 5", Clause("1"), 5, Clause("1")),
        ("(ID > 5 and id <= 9) and id > 7", Clause("id <= ?", (9,)), 7, Clause("id <= ?", (9,))),
        ("id > 5.5", Clause("id > ?", (5.5,)), 0, Clause("id > ?", (5.5,))),
        ("not id > 5", Clause("NOT (id > ?)", (5,)), 0, Clause("1")),
        ("id > 5 or id > 7", Clause("(id > ? OR id > ?)", (5, 7)), 0, Clause("1")),
        ("company/id > 5", Clause("link_company_id > ?", (5,)), 0, Clause("1")),
    ],
)
def test_the_id_that_rows_are_beyond_is_told_apart(
    text: str, rest: Clause, after: int, ids: Clause
) -> None:
    assert compile_beyond(TICKETS, text) == (rest, after)
    assert compile_required(TICKETS, text, "id") == ids
