import json
from collections.abc import Callable
from typing import Any

import pytest

from cwp_local.sandbox import control_routes
from cwp_local.sandbox.calls import Answer, Call, Refused
from cwp_local.sandbox.request_log import RequestLog
from cwp_local.sandbox.state import Sandbox
from tests.unit.local.sandbox.clients import Client, content


def ask(
    client: Client, route: Callable[..., Answer], body: Any = None, query: str = "", **path: str
) -> Answer:
    sandbox = Sandbox(client.companies, RequestLog(client.clock), client.clock)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        return route(sandbox, Call("", "", query, {}, raw), path)
    except Refused as refusal:
        return refusal.answer


def error(answer: Answer) -> str:
    return str(content(answer)["error"])


def test_making_a_company(client: Client) -> None:
    spec = {"company": "Beta", "seed": 1, "tickets": 10}
    first = ask(client, control_routes.make_company, spec)
    again = ask(client, control_routes.make_company, spec)
    other = ask(client, control_routes.make_company, {**spec, "seed": 2})
    assert (first.status, again.status, other.status) == (201, 200, 409)
    assert first.body == again.body
    access = content(first)
    assert access["site"] == "http://127.0.0.1:4580"
    assert access["counts"]["service_tickets"] == 10
    assert access["private_key"] == client.companies.get("beta").keys.private_key
    assert "Delete it first" in error(other)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not valid JSON"),
        ({"company": "a b", "tickets": 5}, "company: "),
        ({"company": "ok"}, "tickets: Field required"),
        ({"company": "ok", "tickets": 1, "size": 2}, "size: "),
        ({"company": "ok", "tickets": -1}, "tickets: "),
        ({"company": "ok", "tickets": 1, "reference_time": "2030-01-01T00:00:00Z"}, "hour past"),
        ([], "body: "),
    ],
)
def test_specs_that_are_none(client: Client, body: Any, words: str) -> None:
    answer = ask(client, control_routes.make_company, body)
    assert answer.status == 400
    assert words in error(answer)


def test_lists_show_no_keys(client: Client) -> None:
    answers = [
        ask(client, control_routes.list_companies),
        ask(client, control_routes.get_company, company="acme"),
    ]
    for answer in answers:
        assert b"Acme" in answer.body
        assert b"key" not in answer.body
        assert client.company.keys.private_key.encode() not in answer.body


@pytest.mark.parametrize(
    "route",
    [control_routes.get_company, control_routes.delete_company, control_routes.play_changes,
     control_routes.set_weather, control_routes.change_weather, control_routes.get_weather],
)  # fmt: skip
def test_unknown_company(client: Client, route: Callable[..., Answer]) -> None:
    answer = ask(client, route, {}, company="nobody")
    assert answer.status == 404
    assert error(answer) == "no company 'nobody'; companies: Acme"


def test_rows(client: Client) -> None:
    row = client.rows("/service/tickets", pageSize=1)[0]
    path = {"company": "Acme", "table": "service_tickets", "row_id": str(row["id"])}
    assert content(ask(client, control_routes.get_row, **path)) == row
    partial = {"summary": "Changed", "owner": None, "status": {"name": "Odd"}, "id": 1, "new": [1]}
    later = content(ask(client, control_routes.patch_row, partial, **path))
    assert later["id"] == row["id"]
    assert later["summary"] == "Changed"
    assert "owner" not in later
    assert later["status"] == {**row["status"], "name": "Odd"}
    assert later["new"] == [1]
    assert later["_info"]["lastUpdated"] == "2026-11-23T08:30:15Z"


def test_patching_with_nothing_new_still_touches(client: Client) -> None:
    row_id = client.ids("/time/entries")[0]
    path = {"company": "Acme", "table": "time_entries", "row_id": str(row_id)}
    later = content(ask(client, control_routes.patch_row, {}, **path))
    assert later["_info"]["lastUpdated"] == "2026-11-23T08:30:15Z"


@pytest.mark.parametrize(
    ("table", "row_id", "words"),
    [("nonsense", "5", "no table 'nonsense'; tables: system_locations"),
     ("time_entries", "5", "company Acme: time_entries has no row 5")],
)  # fmt: skip
@pytest.mark.parametrize("route", [control_routes.get_row, control_routes.patch_row])
def test_unknown_rows(
    client: Client, route: Callable[..., Answer], table: str, row_id: str, words: str
) -> None:
    answer = ask(client, route, {}, company="Acme", table=table, row_id=row_id)
    assert answer.status == 404
    assert error(answer).startswith(words)


def test_weather_is_told_back(client: Client) -> None:
    faults = {"status": {"table": "time_entries", "code": 429, "times": 2, "retry_after": 3}}
    told = content(ask(client, control_routes.set_weather, faults, company="Acme"))
    assert told["status"] == [faults["status"]]
    assert content(ask(client, control_routes.get_weather, company="Acme")) == told


def test_changing_a_part_of_the_weather(client: Client) -> None:
    first = {"skew_seconds": 5, "status": {"code": 500, "times": 2}}
    ask(client, control_routes.set_weather, first, company="Acme")
    client.get("/time/entries")
    part = {"skew_seconds": None, "forbidden": ["time_entries"]}
    told = content(ask(client, control_routes.change_weather, part, company="Acme"))
    assert told == {"forbidden": ["time_entries"], "status": [{"code": 500, "times": 1}]}


@pytest.mark.parametrize(
    ("body", "words"),
    [(b"{", "not valid JSON"), ([], "JSON object"), ({"storm": 1}, "storm: "),
     ({"slow": {"seconds": 0}}, "slow.0.seconds: ")],
)  # fmt: skip
def test_parts_of_weather_that_are_none(client: Client, body: Any, words: str) -> None:
    answer = ask(client, control_routes.change_weather, body, company="Acme")
    assert answer.status == 400
    assert words in error(answer)
    assert content(ask(client, control_routes.get_weather, company="Acme")) == {}


@pytest.mark.parametrize("route", [control_routes.get_log, control_routes.get_log_summary])
def test_log_takes_numbers_only(client: Client, route: Callable[..., Answer]) -> None:
    answer = ask(client, route, query="since=yesterday")
    assert answer.status == 400
    assert "is not a number" in error(answer)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [("http://127.0.0.1:4580", True), ("http://localhost:1", True), ("http://evil.example", False)],
)
def test_foreign_names_are_refused(url: str, *, allowed: bool) -> None:
    call = Call("GET", "/_sandbox/health", base_url=url)
    if allowed:
        control_routes.check_local(call)
    else:
        with pytest.raises(Refused, match="403"):
            control_routes.check_local(call)
