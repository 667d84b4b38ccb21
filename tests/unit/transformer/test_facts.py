from typing import Any

import pytest

from cwp_transformer.facts import Facts, fact_schema, read_facts
from cwp_transformer.raw_file import read_raw
from tests.unit.transformer.fakes import TENANT, TICKETS, moment, raw_body, ticket

KEY = "acme/raw/connectwise/service_tickets/20260101T000000000000Z.parquet"


def facts_of(*rows: dict[str, Any], upper: float = 1000) -> Facts:
    return read_facts(read_raw(raw_body(rows, upper), KEY, TICKETS), KEY, TENANT, TICKETS)


def reason(**fields: Any) -> str:
    """Why the one row was set aside."""
    found = facts_of(ticket(fields.pop("number", 1), fields.pop("u", 10), **fields))
    assert len(found.rows) == 0
    text: str = found.rejected["reason"][0].as_py()
    return text


def test_a_fact_knows_when_where_and_what() -> None:
    (fact,) = facts_of(ticket(7, 10, budgetHours=2.5)).rows.to_pylist()
    assert (fact["k0"], fact["start"], fact["upper"]) == (7, moment(10), moment(1000))
    assert (fact["run_id"], fact["id_window"], fact["page"], fact["page_row"]) == ("run-1", 0, 0, 0)
    assert (fact["raw_key"], fact["raw_row"], fact["mapping_version"]) == (KEY, 0, 1)
    assert (fact["v0"], fact["v1"], str(fact["v3"]), fact["kind"]) == (
        7,
        "printer",
        "2.5000",
        "record",
    )


def test_the_narrow_part_has_the_declared_schema() -> None:
    narrow = fact_schema(TICKETS)
    assert facts_of(ticket(1, 10)).rows.select(narrow.names).schema == narrow


def test_ignored_columns_have_a_hash_of_their_own() -> None:
    one, two = facts_of(
        ticket(1, 10, _info__updatedBy="ann"), ticket(1, 20, _info__updatedBy="bob")
    ).rows.to_pylist()
    assert one["attr_hash"] == two["attr_hash"]
    assert one["rest_hash"] != two["rest_hash"]


def test_source_times_are_whole_seconds() -> None:
    (fact,) = facts_of(
        ticket(1, None, _info__lastUpdated="2026-01-01T00:00:10.9Z")
    ).rows.to_pylist()
    assert fact["start"] == moment(10)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"number": None}, "ticket_id is missing, and a key part may not be (R5)"),
        ({"number": 1.5}, "ticket_id: 1.5 does not fit bigint"),
        ({"u": None}, "_info/lastUpdated is missing"),
        ({"_info__lastUpdated": ""}, "_info/lastUpdated is missing"),
        ({"_info__lastUpdated": "soon"}, "_info/lastUpdated is not a time: soon"),
        ({"summary": "x" * 21}, f"summary: {'x' * 21} does not fit varchar(20)"),
        ({"budgetHours": "many"}, "budget_hours: many does not fit decimal(18,4)"),
        ({"customFields": "[1"}, "custom_fields: [1 does not fit super"),
        ({"_info__dateEntered": "then"}, "_info/dateEntered is not a time: then"),
        (
            {"closedFlag": "maybe", "closedDate": "x"},
            "is_closed: maybe does not fit boolean; closed_at: x does not fit timestamp",
        ),
    ],
)
def test_rows_that_cannot_be_taken(fields: dict[str, Any], expected: str) -> None:
    assert reason(**fields) == expected


def test_a_clock_may_be_five_minutes_ahead_and_no_more() -> None:
    found = facts_of(ticket(1, 1300), ticket(2, 1301))
    assert found.rows["k0"].to_pylist() == [1]
    (rejected,) = found.rejected.to_pylist()
    assert rejected["raw_row"] == 1
    assert (
        "2026-01-01T00:21:41Z lies more than 5 minutes after the upper bound" in rejected["reason"]
    )


def test_a_bad_row_costs_one_row() -> None:
    found = facts_of(ticket(1, 10), ticket(None, 10), ticket(3, 10))
    assert found.rows["k0"].to_pylist() == [1, 3]
    assert found.rejected["raw_row"].to_pylist() == [1]


def test_a_file_without_any_last_updated_is_all_quarantine() -> None:
    found = facts_of({"id": 1, "summary": "x"}, {"id": 2, "summary": "y"})
    assert found.rejected["reason"].to_pylist() == ["_info/lastUpdated is missing"] * 2


def test_long_values_are_cut_in_reasons() -> None:
    assert len(reason(summary="x" * 5000)) < 200
