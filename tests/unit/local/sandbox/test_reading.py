"""Lists, counts, searches and single rows of any collection, and that no text breaks them."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.sandbox import reading
from cwp_local.sandbox.calls import Answer, Call, Refused
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import linked
from cwp_local.sandbox.tables import BOARD_STATUSES, CONTACTS, TABLES, TICKETS, Table
from tests.unit.local.sandbox.made_up import ROWS_PER_TABLE, made_up_store, open_made_up


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    path = tmp_path_factory.mktemp("made_up") / "company.sqlite"
    made_up_store(path).close()
    company = open_made_up(path)
    yield company
    company.close()


def call(body: Any = None, **parameters: object) -> Call:
    if body is None:
        return Call("GET", "/x", urlencode(parameters))
    return Call("POST", "/x/search", urlencode(parameters), body=json.dumps(body).encode())


def listed(company: Company, table: Table, asked: Call) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(reading.list_rows(company, table, asked).body)
    return rows


def counted(company: Company, table: Table, asked: Call) -> int:
    return int(json.loads(reading.count_rows(company, table, asked).body)["count"])


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_every_table_is_listed_counted_and_filtered(company: Company, table: Table) -> None:
    everything = listed(company, table, call(pageSize=1000))
    assert len(everything) == counted(company, table, call()) == ROWS_PER_TABLE
    middle = everything[20]["id"]
    asked = call(conditions=f"id > {middle}", orderBy="id desc", fields="id", pageSize=1000)
    assert listed(company, table, asked) == [{"id": row["id"]} for row in reversed(everything[21:])]


def test_a_search_is_a_list_whose_filters_are_in_the_body(company: Company) -> None:
    filters = {"conditions": "id > 50", "orderBy": "summary desc", "CHILDCONDITIONS": ""}
    asked = {"pageSize": 7, "page": 2, "fields": "id"}
    assert listed(company, TICKETS, call(filters, **asked)) == listed(
        company, TICKETS, call(**filters, **asked)
    )
    assert len(listed(company, TICKETS, call(filters, **asked))) == 7


def test_rows_of_other_parents_are_not_there(company: Company) -> None:
    everything = listed(company, BOARD_STATUSES, call(pageSize=1000))
    row = next(row for row in everything if row.get("board", {}).get("id") in (1, 2, 3))
    board_id = row["board"]["id"]
    within = linked(BOARD_STATUSES, "board/id", board_id)
    found = json.loads(reading.list_rows(company, BOARD_STATUSES, call(pageSize=1000), within).body)
    assert found == [each for each in everything if each.get("board", {}).get("id") == board_id]
    answer = reading.one_row(company, BOARD_STATUSES, row["id"], call(), within)
    assert json.loads(answer.body) == row
    other = linked(BOARD_STATUSES, "board/id", 999)
    with pytest.raises(Refused) as refusal:
        reading.one_row(company, BOARD_STATUSES, row["id"], call(), other)
    assert refusal.value.answer.status == 404


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"conditions": "invoiceDate > [2026-01-01]"}, "invoiceDate is not a recognized name."),
        ({"conditions": 'types/name = "x"'}, "types/name is not a recognized name."),
        ({"childConditions": 'firstName = "x"'}, "firstName is not a recognized name."),
        ({"customFieldConditions": "name = 1"}, "name is not a recognized name."),
        ({"orderBy": "nonsense"}, "nonsense is not a recognized name."),
        ({"conditions": "gender = 'X'"}, "Enum value supplied was invalid"),
        ({"conditions": "(" * 30_000}, "conditions cannot be read to its end"),
        ({"conditions": "not " * 9000 + "id=1"}, "conditions nest deeper"),
        ({"childConditions": "types/id in (1)"}, "in can be used in conditions only"),
        ({"conditions": f'firstName like "{"x*" * 40_000}"'}, "more than the sandbox can evaluate"),
    ],
)
def test_what_makes_no_sense_is_told(company: Company, asked: dict[str, str], message: str) -> None:
    with pytest.raises(Refused) as refusal:
        reading.list_rows(company, CONTACTS, call(**asked))
    body = json.loads(refusal.value.answer.body)
    assert (refusal.value.answer.status, body["code"]) == (400, "ApiFindCondition")
    assert message in body["message"]


words = st.sampled_from(
    [
        *("id", "summary", "board/id", "_info/lastUpdated", "lastUpdated", "customFields/value"),
        *("types/name", "tasks/notes", "value", "caption", "closedFlag", "severity", "x", "/"),
        *("=", "!=", "<", ">=", "in", "not", "like", "contains", "and", "OR", "(", ")", ",", "-"),
        *('"x"', "'y'", '"', "'", "[2026-01-31]", "[", "]", "[2026-01-31T10:00:00+14:00]", "null"),
        *("true", "5", "-2.5", "9" * 400, "[0001-01-01]", "[9999-12-31T23:59:59.999999-14:00]"),
        *("desc", "asc", "*", "%", "\0", "\ud800", "é", "\\", ";", "--", "$", "?", "@a"),
    ]
)
scraps = st.one_of(
    st.text(max_size=30),
    st.lists(words, max_size=12).map(" ".join),
    st.lists(words, max_size=6).map("".join),
)
NAMES = ["conditions", "childConditions", "customFieldConditions", "orderBy", "fields"]
filters = st.dictionaries(st.sampled_from(NAMES), scraps)


def status_of(answer: Answer | Refused) -> int:
    return answer.status if isinstance(answer, Answer) else answer.answer.status


@settings(max_examples=150, deadline=None)
@given(table=st.sampled_from([TICKETS, CONTACTS, BOARD_STATUSES]), asked=filters)
def test_no_filter_is_too_strange(company: Company, table: Table, asked: dict[str, str]) -> None:
    """Any text gives an answer or 400, in a query and in the body of a search."""
    query = {name: text.encode(errors="replace") for name, text in asked.items()}
    for each in (call(**query), call(asked)):
        for read in (reading.list_rows, reading.count_rows):
            try:
                answer: Answer | Refused = read(company, table, each)
            except Refused as refusal:
                answer = refusal
            assert status_of(answer) in (200, 400)


@settings(max_examples=60, deadline=None)
@given(
    asked=st.dictionaries(st.sampled_from(["page", "pageSize", "pageId"]), scraps),
    paging=st.sampled_from(["", "forward-only"]),
)
def test_no_page_is_too_strange(company: Company, asked: dict[str, str], paging: str) -> None:
    query = urlencode({name: text.encode(errors="replace") for name, text in asked.items()})
    try:
        answer: Answer | Refused = reading.list_rows(
            company, TICKETS, Call("GET", "/x", query, {"pagination-type": paging})
        )
    except Refused as refusal:
        answer = refusal
    assert status_of(answer) in (200, 400)
