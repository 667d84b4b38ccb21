"""What a client may point to, and what follows from it."""

from typing import Any

import pytest

from cwp_local.sandbox.tables import ACTIVITIES, BOARD_STATUSES, COMPANIES, PROJECT_TICKETS, TICKETS
from tests.unit.local.sandbox.bodies import some_row
from tests.unit.local.sandbox.clients import Client, content

NOBODY = 999_999_999


def errors(client: Client, method: str, path: str, body: Any) -> list[tuple[str, str, str]]:
    answer = client.send(method, path, body=body)
    assert answer.status == 400, answer.body
    said = content(answer)["errors"]
    return [(error["code"], error["field"], error["message"]) for error in said]


def patched(client: Client, path: str, **fields: Any) -> Any:
    operations = [{"op": "replace", "path": name, "value": fields[name]} for name in fields]
    answer = client.send("PATCH", path, body=operations)
    assert answer.status == 200, answer.body
    return content(answer)


def made(client: Client, path: str, **fields: Any) -> Any:
    answer = client.send("POST", path, body=fields)
    assert answer.status == 201, answer.body
    return content(answer)


def test_a_status_of_another_board_is_refused_in_the_words_of_the_service(client: Client) -> None:
    """connectwise-api.md 4."""
    ticket = some_row(client, TICKETS)
    board = ticket["board"]["id"]
    other = client.rows("/service/boards", conditions=f"id != {board}")[0]["id"]
    status = client.rows(f"/service/boards/{other}/statuses")[0]["id"]
    operation = {"op": "replace", "path": "status/id", "value": status}
    text = f"Service Status {status} not found for Service Board {board}"
    path = f"/service/tickets/{ticket['id']}"
    assert errors(client, "PATCH", path, [operation]) == [("NotFound", "status/id", text)]


def test_a_new_board_brings_its_default_status(client: Client) -> None:
    ticket = some_row(client, TICKETS)
    board = client.rows("/service/boards", conditions=f"id != {ticket['board']['id']}")[0]
    statuses = client.rows(f"/service/boards/{board['id']}/statuses")
    default = next(status["id"] for status in statuses if status["defaultFlag"])
    moved = patched(client, f"/service/tickets/{ticket['id']}", board={"id": board["id"]})
    assert moved["status"]["id"] == default
    assert not moved["closedFlag"]


def test_a_status_that_was_added_can_be_used_and_then_stays(client: Client) -> None:
    ticket = some_row(client, TICKETS)
    path = f"/service/boards/{ticket['board']['id']}/statuses"
    status = made(client, path, name="Parked", closedStatus=True)
    moved = patched(client, f"/service/tickets/{ticket['id']}", **{"status/name": "parked"})
    assert moved["status"]["id"] == status["id"]
    assert moved["closedFlag"]
    refusal = client.send("DELETE", f"{path}/{status['id']}")
    assert refusal.status == 400
    assert "rows of /service/tickets name it as status" in content(refusal)["message"]


def test_a_project_ticket_closes_like_any_other(client: Client) -> None:
    old = some_row(client, PROJECT_TICKETS)
    pointing = {name: {"id": old[name]["id"]} for name in ("project", "phase")}
    ticket = made(client, "/project/tickets", summary="Open", **pointing)
    assert not ticket["closedFlag"]
    board = ticket["board"]["id"]
    closed = client.rows(f"/service/boards/{board}/statuses", conditions="closedStatus = true")[0]
    path = f"/project/tickets/{ticket['id']}"
    later = patched(client, path, **{"status/id": closed["id"]})
    assert (later["closedFlag"], later["closedBy"]) == (True, "API")
    assert later["closedDate"] == "2026-11-23T08:30:15Z"


def test_tickets_of_both_kinds_draw_from_the_same_ids(client: Client) -> None:
    old = some_row(client, PROJECT_TICKETS)
    company = {"id": some_row(client, TICKETS)["company"]["id"]}
    pointing = {name: {"id": old[name]["id"]} for name in ("project", "phase")}
    ids = [
        made(client, "/service/tickets", summary="First", company=company)["id"],
        made(client, "/project/tickets", summary="Second", **pointing)["id"],
        made(client, "/service/tickets", summary="Third", company=company)["id"],
    ]
    assert ids == [ids[0], ids[0] + 1, ids[0] + 2]


def test_things_may_be_named_instead_of_numbered(client: Client) -> None:
    company = some_row(client, COMPANIES)
    made_up = made(
        client,
        "/service/tickets",
        summary="Named",
        company={"identifier": company["identifier"].upper()},
        priority={"name": "priority 2 - high"},
        source={"name": "phone"},
    )
    assert made_up["company"]["id"] == company["id"]
    assert made_up["priority"]["name"] == "Priority 2 - High"
    assert made_up["source"]["name"] == "Phone"


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/service/tickets", "agreement", {"id": NOBODY}),
        ("/service/tickets", "agreement", {"id": "text"}),
        ("/service/tickets", "agreement", {"name": "It\"s ' odd"}),
        ("/service/tickets", "owner", {"identifier": "nobody"}),
        ("/company/companies", "types", [{"id": NOBODY}]),
        ("/company/contacts", "communicationItems", [{"type": {"id": NOBODY}, "value": "x"}]),
    ],
)
def test_what_is_not_there_cannot_be_pointed_to(
    client: Client, path: str, field: str, value: Any
) -> None:
    row = client.ids(path)[0]
    operation = {"op": "replace", "path": field, "value": value}
    ((code, where, _),) = errors(client, "PATCH", f"{path}/{row}", [operation])
    assert code == "NotFound"
    assert where.startswith(field)


@pytest.mark.parametrize(
    ("path", "field"),
    [("/service/tickets", "parentTicketId"), ("/company/configurations", "parentConfigurationId")],
)
def test_bare_ids_must_be_there_too(client: Client, path: str, field: str) -> None:
    first, second = client.ids(path)[:2]
    operation = {"op": "replace", "path": field, "value": NOBODY}
    assert errors(client, "PATCH", f"{path}/{first}", [operation])[0][:2] == ("NotFound", field)
    assert patched(client, f"{path}/{first}", **{field: second})[field] == second


def test_identifiers_are_not_used_twice(client: Client) -> None:
    taken = some_row(client, COMPANIES)["identifier"]
    body = {"identifier": taken.lower(), "name": "Another"}
    ((code, field, _),) = errors(client, "POST", "/company/companies", body)
    assert (code, field) == ("ObjectExists", "identifier")
    row = some_row(client, COMPANIES)
    same = {"op": "replace", "path": "identifier", "value": taken}
    path = f"/company/companies/{row['id']}"
    assert client.send("PATCH", path, body=[same]).status == 200


@pytest.mark.parametrize("kind", ["ServiceTicket", "ProjectTicket", "Activity", "Company"])
def test_what_time_is_charged_to(client: Client, kind: str) -> None:
    tables = {
        "ServiceTicket": TICKETS,
        "ProjectTicket": PROJECT_TICKETS,
        "Activity": ACTIVITIES,
        "Company": COMPANIES,
    }
    target = some_row(client, tables[kind])
    entry = made(
        client,
        "/time/entries",
        chargeToId=target["id"],
        chargeToType=kind,
        timeStart="2026-11-20T09:00:00Z",
        actualHours=1.5,
    )
    company = target if kind == "Company" else target["company"]
    assert entry["company"]["id"] == company["id"]
    assert entry.get("ticket", {}).get("id") == (target["id"] if "Ticket" in kind else None)
    assert entry.get("activity", {}).get("id") == (target["id"] if kind == "Activity" else None)
    assert entry["timeEnd"] == "2026-11-20T10:30:00Z"


def test_time_goes_over_to_another_ticket(client: Client) -> None:
    entry = client.rows("/time/entries", conditions="ticket/id != null", pageSize=1)[0]
    old = content(client.get(f"/service/tickets/{entry['ticket']['id']}"))
    new = some_row(client, PROJECT_TICKETS)
    moved = patched(
        client,
        f"/time/entries/{entry['id']}",
        chargeToId=new["id"],
        chargeToType="ProjectTicket",
    )
    assert (moved["ticket"]["id"], moved["company"]) == (new["id"], new["company"])
    hours = entry["actualHours"]
    less = content(client.get(f"/service/tickets/{old['id']}"))
    more = content(client.get(f"/project/tickets/{new['id']}"))
    assert less["actualHours"] == old["actualHours"] - hours
    assert more["actualHours"] == new["actualHours"] + hours


def test_an_appointment_belongs_to_a_ticket_that_is_there(client: Client) -> None:
    body = {"objectId": NOBODY, "type": {"identifier": "S"}}
    ((code, field, _),) = errors(client, "POST", "/schedule/entries", body)
    assert (code, field) == ("NotFound", "objectId")


def test_appointments_of_tasks_are_not_kept(client: Client) -> None:
    ticket = some_row(client, PROJECT_TICKETS)
    tasks = [{"notes": "Check", "schedule": {"id": NOBODY}, "closedFlag": False}]
    later = patched(client, f"/project/tickets/{ticket['id']}", tasks=tasks)
    assert later["tasks"] == [{"notes": "Check", "closedFlag": False}]


def test_a_board_and_its_statuses_go_together(client: Client) -> None:
    old = content(client.get("/service/boards/1"))
    pointing = {name: {"id": old[name]["id"]} for name in ("location", "department")}
    board = made(client, "/service/boards", name="Short-lived", **pointing)
    path = f"/service/boards/{board['id']}"
    status = made(client, f"{path}/statuses", name="New")
    assert client.send("DELETE", path).status == 204
    with client.company.store.writing() as writing:
        assert writing.get(BOARD_STATUSES, status["id"]) is None


def test_names_of_fields_and_enums_may_be_in_any_case(client: Client) -> None:
    company = some_row(client, COMPANIES)["id"]
    row = made(client, "/service/tickets", SUMMARY="Odd", Company={"id": company}, SEVERITY="low")
    assert (row["summary"], row["severity"]) == ("Odd", "Low")


def test_texts_that_nobody_gave_are_not_made_up(client: Client) -> None:
    company = some_row(client, COMPANIES)["id"]
    row = made(
        client, "/company/configurations", name="PC", type={"id": 1}, company={"id": company}
    )
    assert not {"notes", "serialNumber", "ipAddress", "purchaseDate"} & row.keys()
    assert row["company"]["id"] == company


@pytest.mark.parametrize("path", ["/service/tickets/search", "/project/tickets/search/"])
def test_search_takes_its_filter_from_the_body(client: Client, path: str) -> None:
    body = {"Conditions": "closedFlag = true", "ORDERBY": "id desc", "childconditions": None}
    rows = content(client.send("POST", path, {"pageSize": 3, "fields": "id,closedFlag"}, body))
    assert len(rows) == 3
    assert [row["id"] for row in rows] == sorted((row["id"] for row in rows), reverse=True)
    assert all(row == {"id": row["id"], "closedFlag": True} for row in rows)
    assert client.get(path).status == 405
