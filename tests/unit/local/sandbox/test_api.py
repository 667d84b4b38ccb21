"""Paths, credentials, lists, counts and single rows, as a client meets them."""

import json
import re

import pytest

from cwp_local.sandbox import api, routing
from cwp_local.sandbox.calls import Answer, Call, Refused
from tests.unit.local.sandbox.clients import ROOT, Client, basic, content

FOUR = ["/service/tickets", "/time/entries", "/company/companies", "/company/contacts"]


def test_company_info(still: Client) -> None:
    info = content(routing.company_info(still.companies, "ACME"))
    assert info["Codebase"] == "v2025_1/"
    assert info["CompanyID"] == "Acme"
    unknown = routing.company_info(still.companies, "nobody")
    assert (unknown.status, unknown.body) == (200, b"null")


@pytest.mark.parametrize(
    "root", ["/v4_6_release/apis/3.0", "/v2025_1/apis/3.0", "/V2025_1/APIS/3.0"]
)
@pytest.mark.parametrize("path", ["/time/entries/count", "/Time/Entries/COUNT/", "/system/info"])
def test_both_codebases_any_case_any_slash(still: Client, root: str, path: str) -> None:
    assert still.get(root + path).status == 200


def test_a_wrong_codebase_cannot_be_routed(still: Client) -> None:
    answer = still.get("/v2019_1/apis/3.0/time/entries")
    assert answer.status == 400
    assert answer.body == b"Cannot route. Codebase/company is invalid"
    assert answer.content_type.startswith("text/plain")


@pytest.mark.parametrize(
    "path", ["/service/nonsense", "/service/tickets/5/x", "/service/tickets/x", ""]
)
def test_unknown_paths(still: Client, path: str) -> None:
    answer = still.get(f"{ROOT}{path}")
    assert answer.status == 404
    assert content(answer) == {
        "code": "ConnectWiseApi",
        "message": "The endpoint does not exist.",
    }


def test_system_info_needs_no_credentials(still: Client) -> None:
    answer = api.answer(still.companies, still.clock, Call("GET", f"{ROOT}/system/info"))
    assert content(answer)["version"] == "v2025.1.10333"


def refused(still: Client, headers: dict[str, str]) -> Answer:
    return still.send("GET", "/service/tickets", headers=headers)


@pytest.mark.parametrize(
    ("user", "password"),
    [
        ("Acme+{public}", "wrong"),
        ("Acme+wrong", "{private}"),
        ("Other+{public}", "{private}"),
        ("{public}", "{private}"),
        ("Acme", ""),
    ],
)
def test_wrong_keys(still: Client, user: str, password: str) -> None:
    keys = {"public": still.company.keys.public_key, "private": still.company.keys.private_key}
    answer = refused(still, basic(user.format(**keys), password.format(**keys)))
    assert answer.status == 401
    assert content(answer)["code"] == "Unauthorized"


@pytest.mark.parametrize("text", ["Basic", "Basic !!!", "Basic /w==", "Bearer abc"])
def test_credentials_that_cannot_be_read(still: Client, text: str) -> None:
    assert refused(still, {"authorization": text}).status == 401


def test_no_credentials(still: Client) -> None:
    call = Call("GET", f"{ROOT}/service/tickets", headers={"clientid": "x"})
    with pytest.raises(Refused) as refusal:
        api.answer(still.companies, still.clock, call)
    assert refusal.value.answer.status == 401
    assert content(refusal.value.answer)["message"] == "UserNotAuthenticated"


@pytest.mark.parametrize(("sent", "word"), [("", "missing"), ("made-up", "not registered")])
def test_client_id(still: Client, sent: str, word: str) -> None:
    answer = refused(still, {"clientid": sent})
    assert answer.status == 400
    assert "clientId" in content(answer)["message"]
    assert word in content(answer)["message"]


def test_company_and_client_id_in_any_case(still: Client) -> None:
    keys = still.company.keys
    headers = basic(f"aCME+{keys.public_key}", keys.private_key)
    answer = refused(still, {"clientid": keys.client_id.upper(), **headers})
    assert answer.status == 200


def test_keys_do_not_show(still: Client) -> None:
    keys = still.company.keys
    answer = refused(still, basic(f"Acme+{keys.public_key}", "wrong"))
    assert keys.private_key not in repr(keys) + answer.body.decode()


@pytest.mark.parametrize("path", FOUR)
def test_lists_are_arrays_of_25_in_order_of_id(still: Client, path: str) -> None:
    ids = [row["id"] for row in still.rows(path)]
    assert len(ids) == min(25, still.count(path))
    assert ids == sorted(ids)


@pytest.mark.parametrize("path", FOUR)
def test_pages_together_are_the_table(still: Client, path: str) -> None:
    total, found = still.count(path), []
    for page in range(1, 100):
        ids = still.ids(path, pageSize=37, page=page)
        found += ids
        if not ids:
            break
    assert len(found) == len(set(found)) == total


def test_at_most_a_thousand_rows(still: Client) -> None:
    assert len(still.ids("/time/entries", pageSize=5000)) == min(1000, still.count("/time/entries"))


def test_a_page_past_the_end_is_empty(still: Client) -> None:
    assert still.rows("/service/tickets", page=5000) == []


@pytest.mark.parametrize(
    "params", [{"page": 0}, {"page": "x"}, {"pageSize": 0}, {"pageSize": -1}, {"page": 10**12}]
)
def test_pages_that_are_none(still: Client, params: dict[str, object]) -> None:
    answer = still.get("/service/tickets", **params)
    assert answer.status == 400
    assert content(answer)["errors"][0]["code"] == "OutOfRange"


def test_parameter_names_in_any_case_and_unknown_ones_ignored(still: Client) -> None:
    assert len(still.rows("/service/tickets", PAGESIZE=3, whatever=1)) == 3


def links(answer: Answer) -> dict[str, str]:
    return dict(
        reversed(match) for match in re.findall(r'<([^>]+)>; rel="(\w+)"', answer.headers["Link"])
    )


def test_links_of_a_middle_page_are_written_as_live_ones(still: Client) -> None:
    answer = still.get(
        "/company/contacts",
        conditions="lastUpdated >= [2023-11-25T20:02:28Z]",
        pageSize=2,
        page=2,
    )
    start = (
        "http://127.0.0.1:4580/v4_6_release/apis/3.0/company/contacts/"
        "?conditions=lastUpdated+%3e%3d+%5b2023-11-25T20%3a02%3a28Z%5d&pageSize=2&page="
    )
    last = -(
        -still.count("/company/contacts", conditions="lastUpdated>=[2023-11-25T20:02:28Z]") // 2
    )
    assert links(answer) == {
        "next": f"{start}3",
        "last": f"{start}{last}",
        "first": f"{start}1",
        "prev": f"{start}1",
    }


def test_links_at_the_ends(still: Client) -> None:
    assert set(links(still.get("/service/tickets", pageSize=100))) == {"next", "last"}
    assert set(links(still.get("/service/tickets", pageSize=100, page=3))) == {"first", "prev"}
    assert "Link" not in still.get("/service/tickets", pageSize=1000).headers


def test_forward_only(still: Client) -> None:
    found, page_id = [], 0
    while True:
        params = {"pageSize": 70, "pageId": page_id}
        answer = still.send(
            "GET", "/service/tickets", params, headers={"pagination-type": "Forward-Only"}
        )
        found += [row["id"] for row in json.loads(answer.body)]
        if not answer.headers["Link"]:
            break
        page_id = int(links(answer)["next"].rpartition("pageId=")[2])
        assert page_id == found[-1]
    assert found == still.ids("/service/tickets")


def test_forward_only_refuses_an_order(still: Client) -> None:
    answer = still.send(
        "GET", "/service/tickets", {"orderBy": "id"}, headers={"pagination-type": "forward-only"}
    )
    assert answer.status == 400


def test_the_pipelines_own_question(still: Client) -> None:
    everything = still.ids("/service/tickets")
    low, high = everything[10], everything[200]
    window = "lastUpdated >= [2023-01-01T00:00:00Z] and lastUpdated <= [2026-11-23T08:00:00Z]"
    found, after = [], low
    while ids := still.ids(
        "/service/tickets",
        conditions=f"id > {after} and id <= {high} and {window}",
        orderBy="id asc",
        page=1,
        pageSize=50,
    ):
        found += ids
        after = ids[-1]
    assert found == everything[11:201]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("conditions", "board/nonsense = 1"),
        ("conditions", "types/name = 'x'"),
        ("orderBy", "nonsense"),
    ],
)
def test_unknown_names(still: Client, name: str, text: str) -> None:
    answer = still.get("/company/contacts", **{name: text})
    word = text.split(maxsplit=1)[0]
    assert answer.status == 400
    assert content(answer) == {
        "code": "ApiFindCondition",
        "message": f"{word} is not a recognized name.",
    }


@pytest.mark.parametrize("path", ["/service/tickets", "/service/tickets/count"])
@pytest.mark.parametrize("text", ["id >", "closedFlag = 1", "(" * 30_000, "not " * 9000 + "id=1"])
def test_conditions_that_make_no_sense(still: Client, path: str, text: str) -> None:
    answer = still.get(path, conditions=text)
    assert answer.status == 400
    assert content(answer)["code"] == "ApiFindCondition"


def test_patterns_beyond_the_database_are_the_callers_fault(still: Client) -> None:
    answer = still.get("/service/tickets", conditions=f'summary like "{"x*" * 40_000}"')
    assert answer.status == 400


def test_fields_cut_rows_down(still: Client) -> None:
    rows = still.rows("/service/tickets", fields="id,Company/Name,nonsense", pageSize=2)
    assert [sorted(row) for row in rows] == [["company", "id"]] * 2
    assert list(rows[0]["company"]) == ["name"]
    assert "_info" in still.rows("/service/tickets", fields="_info")[0]


def test_one_row(still: Client) -> None:
    row = still.rows("/service/tickets", pageSize=1)[0]
    assert content(still.get(f"/service/tickets/{row['id']}")) == row


@pytest.mark.parametrize(
    ("path", "noun"),
    [
        ("/service/tickets", "Ticket"),
        ("/company/contacts", "Contact"),
        ("/time/entries", "TimeEntry"),
    ],
)
def test_no_such_row(still: Client, path: str, noun: str) -> None:
    answer = still.get(f"{path}/5")
    assert answer.status == 404
    assert content(answer) == {"code": "NotFound", "message": f"{noun} 5 not found"}


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/system/info"), ("PUT", "/service/tickets"), ("POST", "/service/tickets/5"),
     ("DELETE", "/service/tickets"),
     ("PATCH", "/service/tickets/count")],
)  # fmt: skip
def test_methods_that_are_not_there(still: Client, method: str, path: str) -> None:
    assert still.send(method, path).status == 405
