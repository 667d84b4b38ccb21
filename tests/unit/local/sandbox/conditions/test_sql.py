import sqlite3
from contextlib import closing

import pytest

from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.conditions import Clause, ConditionError, compile_conditions, compile_order
from cwp_local.sandbox.tables import TICKETS, TIME_ENTRIES


def holds(text: str, **row: object) -> bool:
    """Whether a condition on tickets holds for a row."""
    info = row.setdefault("_info", {"lastUpdated": "2026-01-31T10:00:00Z"})
    assert isinstance(info, dict)
    clause = compile_conditions(TICKETS, text)
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
