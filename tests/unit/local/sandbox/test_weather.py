from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwp_local.sandbox import routing
from cwp_local.sandbox.calls import Delivery
from cwp_local.sandbox.models import CompanySpec, Weather
from cwp_local.sandbox.weather.limit import SlidingWindow
from cwp_local.sandbox.weather.model import Fault, RateLimit
from cwp_local.sandbox.weather.turns import Turns
from tests.unit.local.sandbox.clients import Client, SteppingClock, basic, content


def forecast(client: Client, **faults: object) -> None:
    client.company.forecast.set(Weather.model_validate(faults))


def statuses(client: Client, path: str, times: int) -> list[int]:
    return [client.get(path).status for _ in range(times)]


def test_throttling(client: Client) -> None:
    forecast(client, status={"table": "time_entries", "code": 429, "times": 2, "retry_after": 3})
    answer = client.get("/time/entries")
    assert answer.status == 429
    assert answer.headers["Retry-After"] == "3"
    assert content(answer) == {
        "error": "ConnectWiseAPI",
        "message": "Too many requests. Please try again in 3 seconds.",
    }
    assert statuses(client, "/service/tickets", 1) == [200]
    assert statuses(client, "/time/entries/count", 2) == [429, 200]


def test_throttling_always_says_how_long(client: Client) -> None:
    forecast(client, status={"code": 429})
    assert client.get("/time/entries").headers["Retry-After"] == "30"


@pytest.mark.parametrize(("code", "word"), [(403, "Security"), (500, "ConnectWiseApi")])
def test_other_refusals(client: Client, code: int, word: str) -> None:
    forecast(client, status={"code": code})
    answer = client.get("/service/tickets/5")
    assert (answer.status, content(answer)["code"]) == (code, word)
    assert "Retry-After" not in answer.headers
    assert client.get("/service/tickets").status == 200


def test_pages_that_are_not_json(client: Client) -> None:
    forecast(client, not_json={"table": "service_tickets"})
    assert client.count("/service/tickets") == 240  # only pages are spoiled
    answer = client.get("/service/tickets")
    assert (answer.status, answer.content_type) == (200, "text/html; charset=utf-8")
    assert b"<html>" in answer.body
    assert client.rows("/service/tickets")


def test_several_faults_happen_in_turn(client: Client) -> None:
    forecast(
        client,
        status=[{"code": 500}, {"code": 429, "times": 2}, {"table": "time_entries", "code": 403}],
    )
    assert statuses(client, "/service/tickets", 4) == [500, 429, 429, 200]
    assert client.company.forecast.current().status[0].code == 403
    assert statuses(client, "/time/entries", 2) == [403, 200]
    assert client.company.forecast.current() == Weather()


def test_clearing(client: Client) -> None:
    forecast(client, status={"code": 500, "times": 99})
    forecast(client)
    assert statuses(client, "/service/tickets", 1) == [200]


def test_wrong_keys_do_not_use_weather_up(client: Client) -> None:
    forecast(client, status={"code": 500})
    assert (
        client.send("GET", "/service/tickets", headers={"authorization": "Basic x"}).status == 401
    )
    assert statuses(client, "/service/tickets", 1) == [500]


@pytest.mark.parametrize(
    "faults",
    [{"storm": {}}, {"status": {"code": 200}}, {"status": {"code": 500, "times": 0}},
     {"not_json": {"table": "nonsense"}}],
)  # fmt: skip
def test_weather_that_is_none(faults: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Weather.model_validate(faults)


def test_the_limit_is_a_sliding_window(client: Client) -> None:
    forecast(client, rate_limit={"requests": 3})
    assert statuses(client, "/service/tickets", 2) == [200, 200]
    client.clock.forward(seconds=20)
    assert statuses(client, "/time/entries/count", 2) == [200, 429]
    answer = client.get("/service/tickets/5")
    assert answer.headers["Retry-After"] == "40"
    assert content(answer)["error"] == "ConnectWiseAPI"
    client.clock.forward(seconds=19.5)
    assert client.get("/service/tickets").headers["Retry-After"] == "21"
    client.clock.forward(seconds=20)
    assert client.get("/service/tickets").headers["Retry-After"] == "1"
    client.clock.forward(seconds=0.5)
    assert statuses(client, "/service/tickets", 3) == [200, 200, 429]


def test_the_limit_as_a_proxy_says_it(client: Client) -> None:
    forecast(client, rate_limit={"requests": 1, "retry_after": 5, "body": "html"})
    assert statuses(client, "/service/tickets", 1) == [200]
    answer = client.get("/service/tickets")
    assert (answer.status, answer.headers["Retry-After"]) == (429, "5")
    assert answer.content_type.startswith("text/html")


@pytest.mark.parametrize("code", [429, 520])
def test_refusals_that_are_not_json(client: Client, code: int) -> None:
    forecast(client, status={"code": code, "body": "html"})
    answer = client.get("/service/tickets")
    assert (answer.status, answer.content_type) == (code, "text/html; charset=utf-8")
    assert b"<html>" in answer.body
    assert ("Retry-After" in answer.headers) == (code == 429)


def test_timeouts_above_a_page_size(client: Client) -> None:
    fault = {"code": 500, "body": "timeout", "probability": 1, "above_page_size": 50}
    forecast(client, status=fault)
    answer = client.get("/service/tickets", pageSize=51)
    assert answer.status == 500
    assert "timeout" in content(answer)["message"]
    assert client.get("/service/tickets", pageSize=50).status == 200
    assert client.get("/service/tickets").status == 200
    assert client.count("/service/tickets") == 240


def test_by_chance_the_same_each_time(client: Client) -> None:
    runs = []
    for _ in range(2):
        forecast(client, status={"code": 500, "probability": 0.3, "seed": 7})
        runs.append(statuses(client, "/time/entries/count", 40))
    assert runs[0] == runs[1]
    assert 3 < runs[0].count(500) < 25
    forecast(client, status={"code": 500, "probability": 0.3, "seed": 8})
    assert statuses(client, "/time/entries/count", 40) != runs[0]


def test_by_chance_but_not_for_ever(client: Client) -> None:
    forecast(client, status={"code": 500, "probability": 0.5, "times": 3})
    assert statuses(client, "/time/entries/count", 60).count(500) == 3


def test_answers_that_travel_badly(client: Client) -> None:
    forecast(
        client,
        slow={"seconds": 2, "times": 2},
        reset={"table": "time_entries"},
        truncated={"table": "time_entries", "times": 2},
    )
    way = [client.get(path).delivery for path in ("/service/tickets", *["/time/entries"] * 4)]
    assert way == [
        Delivery(2.0),
        Delivery(2.0, "reset"),
        Delivery(0.0, "truncated"),
        Delivery(0.0, "truncated"),
        Delivery(),
    ]


def test_what_was_asked_for_is_done_though_the_answer_is_lost(client: Client) -> None:
    forecast(client, reset={})
    body = {"firstName": "Ada"}
    assert client.send("POST", "/company/contacts", body=body).delivery.ends == "reset"
    assert client.count("/company/contacts", conditions='firstName = "Ada"') == 1


def test_a_poisoned_row_spoils_whatever_shows_it(client: Client) -> None:
    ids = client.ids("/service/tickets", orderBy="id")
    forecast(client, poisoned={"table": "service_tickets", "ids": [ids[30]]})
    assert client.get("/service/tickets", pageSize=30, orderBy="id").status == 200
    assert client.get("/service/tickets", pageSize=31, orderBy="id").status == 500
    assert client.get("/service/tickets", pageSize=31, orderBy="id desc").status == 200
    assert client.get("/service/tickets", pageSize=31, fields="summary", orderBy="id").status == 500
    forward = {"pagination-type": "forward-only"}
    page = {"pageId": ids[29], "pageSize": 1}
    assert client.send("GET", "/service/tickets", page, headers=forward).status == 500
    page["pageId"] = ids[30]
    assert client.send("GET", "/service/tickets", page, headers=forward).status == 200
    answer = client.get(f"/service/tickets/{ids[30]}")
    assert content(answer) == {
        "code": "ConnectWiseApi",
        "message": "String was not recognized as a valid Boolean.",
    }
    assert client.get(f"/service/tickets/{ids[31]}").status == 200
    assert client.count("/service/tickets") == 240
    assert client.get("/time/entries").status == 200


@given(number=st.integers(1, 30), size=st.integers(1, 60), descending=st.booleans())
def test_only_pages_with_the_poisoned_row_fail(
    still: Client, number: int, size: int, *, descending: bool
) -> None:
    """The fault hangs on the rows that were chosen (connectwise-api.md 4), not on the URL."""
    order = "id desc" if descending else "id asc"
    page = {"page": number, "pageSize": size, "orderBy": order}
    ids = [row["id"] for row in still.rows("/service/tickets", **page)]
    poisoned = sorted(still.ids("/service/tickets"))[100]
    forecast(still, poisoned={"table": "service_tickets", "ids": [poisoned]})
    try:
        status = still.get("/service/tickets", **page).status
    finally:
        forecast(still)
    assert status == (500 if poisoned in ids else 200)


def test_requests_at_once_share_what_is_to_come(client: Client) -> None:
    forecast(client, status={"code": 500, "times": 25}, rate_limit={"requests": 60})
    with ThreadPoolExecutor(16) as pool:
        answers = pool.map(lambda _: client.get("/time/entries/count").status, range(100))
        counts = Counter(answers)
    assert counts == {500: 25, 200: 35, 429: 40}


def test_hidden_rows_show_nowhere(client: Client) -> None:
    ids = client.ids("/service/tickets", orderBy="id")
    hidden = {"table": "service_tickets", "ids": ids[10:13]}
    forecast(client, hidden=[hidden, {"table": "service_tickets", "ids": ids[:1]}])
    seen = ids[1:10] + ids[13:]
    assert client.ids("/service/tickets", orderBy="id") == seen
    assert client.ids("/service/tickets", conditions=f"id = {ids[11]} or id = {ids[1]}") == [ids[1]]
    assert client.count("/service/tickets") == 236
    for method in ("GET", "DELETE"):
        assert client.send(method, f"/service/tickets/{ids[0]}").status == 404
    assert client.get("/service/tickets", pageSize=118, page=2).headers["Link"].count("rel=") == 2


def test_one_entity_is_forbidden(client: Client) -> None:
    forecast(client, forbidden="time_entries")
    for path in ("/time/entries", "/time/entries/count", "/time/entries/5"):
        assert client.get(path).status == 403
    assert content(client.get("/time/entries"))["code"] == "Security"
    assert client.get("/service/tickets").status == 200


@pytest.mark.parametrize(
    ("switch", "wrong_key", "no_client_id"),
    [({}, 401, 400), ({"wrong_keys": 404, "wrong_client_id": 403}, 404, 403)],
)
def test_how_strangers_are_refused(
    client: Client, switch: dict[str, object], wrong_key: int, no_client_id: int
) -> None:
    forecast(client, **switch)
    headers = basic("Acme+nonsense", "nonsense")
    assert client.send("GET", "/service/tickets", headers=headers).status == wrong_key
    assert client.send("GET", "/service/tickets", headers={"clientid": ""}).status == no_client_id
    assert client.get("/service/tickets").status == 200


def test_a_new_codebase_in_mid_run(client: Client) -> None:
    old, new = "/v2025_1/apis/3.0/time/entries", "/v2025_16/apis/3.0/time/entries"
    router = "/v4_6_release/apis/3.0/time/entries"
    assert [client.get(path).status for path in (old, new, router)] == [200, 400, 200]
    forecast(client, version="2025.16")
    assert [client.get(path).status for path in (old, new, router)] == [400, 200, 200]
    assert client.get(old).body == b"Cannot route. Codebase/company is invalid"
    info = content(routing.company_info(client.companies, "acme"))
    assert (info["Codebase"], info["VersionNumber"]) == ("v2025_16/", "v2025.16.10333")
    forecast(client, version="2025.16", old_codebase=404, router=False)
    assert [client.get(path).status for path in (old, new, router)] == [404, 200, 404]


def test_on_premises(client: Client) -> None:
    forecast(client, hosting="on_premises")
    info = content(routing.company_info(client.companies, "acme"))
    assert (info["Codebase"], info["IsCloud"]) == ("v4_6_release/", "False")
    assert content(client.get("/system/info"))["isCloud"] is False


def test_pages_above_a_thousand(client: Client) -> None:
    assert client.get("/service/tickets", pageSize=1001).status == 200
    forecast(client, oversize="refuse")
    answer = client.get("/service/tickets", pageSize=1001)
    assert answer.status == 400
    assert content(answer)["errors"][0]["code"] == "OutOfRange"
    assert client.get("/service/tickets", pageSize=1000).status == 200


def test_a_skewed_clock_stamps_what_is_written(client: Client) -> None:
    forecast(client, skew_seconds=-3600)
    made = content(client.send("POST", "/company/contacts", body={"firstName": "Ada"}))
    assert made["_info"]["lastUpdated"] == "2026-11-23T07:30:15Z"


def test_companies_have_weather_of_their_own(client: Client) -> None:
    other, _ = client.companies.make(CompanySpec(company="Other", seed=1, tickets=10))
    forecast(client, status={"code": 500, "probability": 1}, version="2025.16")
    theirs = Client(client.companies, other, client.clock)
    assert theirs.get("/v2025_1/apis/3.0/service/tickets").status == 200
    assert client.get("/service/tickets").status == 500


def test_changing_a_part_leaves_the_rest_where_it_is(client: Client) -> None:
    forecast(
        client,
        status={"code": 500, "times": 3},
        slow={"seconds": 1, "probability": 0.5},
        rate_limit={"requests": 2},
    )
    first = client.get("/time/entries")
    client.company.forecast.change({"status": None, "skew_seconds": 9})
    weather = client.company.forecast.current()
    assert (weather.status, weather.skew_seconds, len(weather.slow)) == ((), 9, 1)
    assert first.status == 500
    assert statuses(client, "/time/entries", 2) == [200, 429]  # the first one counted


def test_chance_goes_on_where_it_is_when_something_else_changes(client: Client) -> None:
    chance = {"code": 500, "probability": 0.5, "seed": 3}
    forecast(client, status=chance)
    undisturbed = statuses(client, "/time/entries/count", 20)
    forecast(client, status=chance)
    first = statuses(client, "/time/entries/count", 10)
    client.company.forecast.change({"skew_seconds": 1})
    assert first + statuses(client, "/time/entries/count", 10) == undisturbed


@given(
    st.lists(
        st.tuples(st.sampled_from([None, "a", "b"]), st.integers(1, 3)), min_size=1, max_size=4
    ),
    st.lists(st.sampled_from(["a", "b"]), max_size=20),
)
def test_each_fault_happens_as_often_as_was_asked(
    faults: list[tuple[str | None, int]], requests: list[str]
) -> None:
    """What is left and what happened add up to what was asked for (connectwise-api.md 10.8)."""
    turns = Turns([Fault.model_construct(table=name, times=n) for name, n in faults])
    met = [turns.take(name) for name in requests]
    happened = sum(fault is not None for fault in met)
    assert happened + sum(fault.times or 0 for fault in turns.left()) == sum(n for _, n in faults)
    for name, fault in zip(requests, met, strict=True):
        assert fault is None or fault.table in (None, name)


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 5), st.integers(1, 60))
def test_no_window_holds_more_than_the_limit(gaps: list[int], allowed: int, seconds: int) -> None:
    """Nor is anybody told to wait longer than the window is (connectwise-api.md 4)."""
    window = SlidingWindow(RateLimit(requests=allowed, seconds=seconds))
    clock, let_in = SteppingClock(), []
    for gap in gaps:
        clock.forward(seconds=gap)
        wait = window.wait_s(clock())
        if wait is None:
            let_in.append(clock())
        else:
            assert 1 <= wait <= seconds
    span = timedelta(seconds=seconds)
    for at in let_in:
        assert sum(at - span < other <= at for other in let_in) <= allowed
