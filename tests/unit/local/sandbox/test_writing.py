import json
from typing import Any

import pytest

from cwp_local.sandbox.calls import Answer
from tests.unit.local.sandbox.clients import Client, content


def errors(answer: Answer) -> list[tuple[str, str]]:
    assert answer.status == 400
    return [(error["code"], error["field"]) for error in content(answer)["errors"]]


def replaced(**fields: Any) -> list[dict[str, Any]]:
    return [{"op": "replace", "path": path, "value": value} for path, value in fields.items()]


def a_ticket(client: Client, conditions: str = "closedFlag = false") -> dict[str, Any]:
    return client.rows("/service/tickets", conditions=conditions, pageSize=1)[0]


def test_a_new_ticket(client: Client) -> None:
    contact = client.rows("/company/contacts", pageSize=1)[0]
    given = {
        "summary": "Screen flickers",
        "company": {"id": contact["company"]["id"]},
        "contact": {"id": contact["id"]},
        "board": {"name": "network"},
        "status": {"name": "In Progress"},
        "priority": {"id": 2},
        "initialDescription": "only a POST takes this",
        "nonsense": 1,
    }
    answer = client.send("POST", "/service/tickets", body=given)
    assert answer.status == 201
    row = content(answer)
    assert row["company"] == contact["company"]
    assert row["contact"]["name"] == f"{contact['firstName']} {contact['lastName']}"
    assert row["status"]["name"] == "In Progress"
    assert row["status"]["id"] // 100 == row["board"]["id"] == 2
    assert "initialDescription" not in row
    assert "nonsense" not in row
    assert row["_info"]["lastUpdated"] == "2026-11-23T08:30:15Z"
    assert client.rows("/service/tickets", orderBy="id desc", pageSize=1) == [row]


def test_a_new_company_and_contact(client: Client) -> None:
    given: dict[str, Any] = {"identifier": "Newco", "name": "New Company"}
    company = content(client.send("POST", "/company/companies", body=given))
    assert (company["identifier"], company["name"]) == ("Newco", "New Company")
    given = {"firstName": "Ada", "company": {"identifier": "newCO"}}
    contact = content(client.send("POST", "/company/contacts", body=given))
    assert contact["company"]["id"] == company["id"]
    assert "lastName" not in contact


def test_a_new_time_entry_adds_to_its_ticket(client: Client) -> None:
    ticket = a_ticket(client)
    given = {
        "chargeToId": ticket["id"],
        "chargeToType": "ServiceTicket",
        "timeStart": "2026-11-20T10:00:00Z",
        "timeEnd": "2026-11-20T11:45:00Z",
    }
    entry = content(client.send("POST", "/time/entries", body=given))
    assert entry["actualHours"] == 1.75
    assert entry["company"] == ticket["company"]
    later = content(client.get(f"/service/tickets/{ticket['id']}"))
    assert later["actualHours"] == ticket["actualHours"] + 1.75


@pytest.mark.parametrize(
    ("path", "given", "expected"),
    [
        ("/company/contacts", {}, [("MissingRequiredField", "firstName")]),
        ("/service/tickets", {"summary": ""},
         [("MissingRequiredField", "summary"), ("MissingRequiredField", "company")]),
        ("/service/tickets", {"summary": "x" * 101, "company": {"id": 250}},
         [("MaxLengthField", "summary")]),
        ("/service/tickets", {"summary": "x", "company": {"id": 1}}, [("NotFound", "company/id")]),
        ("/service/tickets", {"summary": "x", "company": {"id": "250"}},
         [("NotFound", "company/id")]),
        ("/service/tickets", {"summary": "x", "company": 5}, [("InvalidField", "company")]),
        ("/service/tickets", {"summary": "x", "company": {"id": 250}, "closedFlag": 1,
                              "budgetHours": True, "severity": "Huge"},
         [("InvalidField", "closedFlag"), ("InvalidField", "budgetHours"),
          ("InvalidField", "severity")]),
        ("/service/tickets", {"summary": "x", "company": {"id": 250}, "status": {"id": 999}},
         [("NotFound", "status/id")]),
        ("/time/entries", {"chargeToId": 5, "timeStart": "2026-01-01T00:00:00Z"},
         [("NotFound", "chargeToId")]),
        ("/time/entries", {"chargeToId": 10**40, "timeStart": "2026-01-01T00:00:00Z"},
         [("OutOfRange", "chargeToId")]),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_taken(
    client: Client, path: str, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    before = client.count(path)
    assert errors(client.send("POST", path, body=given)) == expected
    assert client.count(path) == before


@pytest.mark.parametrize("body", ["text", [1], None])
def test_bodies_that_are_no_row(client: Client, body: Any) -> None:
    answer = client.send("POST", "/service/tickets", body=body)
    assert answer.status == 400
    assert content(answer)["code"] == "InvalidObject"


def test_bad_times_of_an_entry(client: Client) -> None:
    ticket = a_ticket(client)
    given = {"chargeToId": ticket["id"], "timeStart": "today"}
    assert errors(client.send("POST", "/time/entries", body=given)) == [
        ("InvalidField", "timeStart")
    ]


@pytest.mark.parametrize("path", ["summary", "/summary"])
def test_patch(client: Client, path: str) -> None:
    ticket = a_ticket(client)
    operations = [{"op": "replace", "path": path, "value": "Other words"}]
    answer = client.send("PATCH", f"/service/tickets/{ticket['id']}", body=operations)
    assert answer.status == 200
    row = content(answer)
    assert row["summary"] == "Other words"
    assert row["_info"]["lastUpdated"] == "2026-11-23T08:30:15Z"
    assert row["_info"]["dateEntered"] == ticket["_info"]["dateEntered"]


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "status/id", "value": 107},
        {"op": "replace", "path": "status", "value": {"id": 107}},
        {"op": "replace", "path": "/status/name", "value": "Closed"},
    ],
)
def test_closing_and_opening_again(client: Client, operation: dict[str, Any]) -> None:
    ticket = a_ticket(client, "closedFlag = false and board/id = 1 and status/name != 'New'")
    path = f"/service/tickets/{ticket['id']}"
    closed = content(client.send("PATCH", path, body=[operation]))
    assert closed["closedFlag"]
    assert closed["closedDate"] == "2026-11-23T08:30:15Z"
    assert closed["status"]["name"] == "Closed"
    opened = content(client.send("PATCH", path, body=replaced(**{"status/id": 102})))
    assert not opened["closedFlag"]
    assert "closedDate" not in opened


def test_copies_in_other_rows_follow(client: Client) -> None:
    entry = client.rows("/time/entries", conditions="ticketStatus != 'Closed'", pageSize=1)[0]
    path = f"/service/tickets/{entry['ticket']['id']}"
    client.send("PATCH", path, body=replaced(summary="Renamed", **{"status/name": "Closed"}))
    later = content(client.get(f"/time/entries/{entry['id']}"))
    assert later["ticket"]["summary"] == "Renamed"
    assert later["ticketStatus"] == "Closed"
    assert later["_info"]["lastUpdated"] == "2026-11-23T08:30:15Z"


def test_remove_and_null_take_a_field_away(client: Client) -> None:
    ticket = a_ticket(client, "contact/id != null")
    path = f"/service/tickets/{ticket['id']}"
    operations = [{"op": "remove", "path": "contact"}, *replaced(severity=None)]
    row = content(client.send("PATCH", path, body=operations))
    assert "contact" not in row
    assert "severity" not in row
    assert ticket["id"] in client.ids("/service/tickets", conditions="contact = null")


@pytest.mark.parametrize(
    "operations",
    [
        {"op": "replace"},
        [1],
        [{"op": "replace", "path": "nonsense", "value": 1}],
        [{"op": "replace", "path": "id", "value": 1}],
        [{"op": "replace", "path": "_info/lastUpdated", "value": "x"}],
        [{"op": "move", "path": "summary", "value": "x"}],
        [{"op": "replace", "path": "summary/x", "value": "x"}],
        [{"op": "replace", "path": "", "value": "x"}],
        [{"op": "replace", "path": "status/id", "value": 5}],
        [{"op": "replace", "path": "budgetHours", "value": "many"}],
    ],
)
def test_patches_that_make_no_sense_change_nothing(client: Client, operations: Any) -> None:
    ticket = a_ticket(client)
    answer = client.send("PATCH", f"/service/tickets/{ticket['id']}", body=operations)
    assert answer.status == 400
    assert content(client.get(f"/service/tickets/{ticket['id']}")) == ticket


def test_a_deleted_ticket_takes_its_entries_along(client: Client) -> None:
    entry = client.rows("/time/entries", pageSize=1)[0]
    path = f"/service/tickets/{entry['ticket']['id']}"
    answer = client.send("DELETE", path)
    assert (answer.status, answer.body) == (204, b"")
    assert client.get(path).status == 404
    assert client.get(f"/time/entries/{entry['id']}").status == 404
    assert client.send("DELETE", path).status == 404


def test_a_company_with_tickets_stays(client: Client) -> None:
    company_id = a_ticket(client)["company"]["id"]
    answer = client.send("DELETE", f"/company/companies/{company_id}")
    assert answer.status == 400
    assert "cannot be deleted" in content(answer)["message"]


def test_ids_are_never_given_again(client: Client) -> None:
    last = client.rows("/service/tickets", orderBy="id desc", pageSize=1)[0]
    client.send("DELETE", f"/service/tickets/{last['id']}")
    given = {"summary": "New", "company": {"id": last["company"]["id"]}}
    made = json.loads(client.send("POST", "/service/tickets", body=given).body)
    assert made["id"] > last["id"]


def test_patching_what_is_not_there(client: Client) -> None:
    assert client.send("PATCH", "/service/tickets/5", body=replaced(summary="x")).status == 404
