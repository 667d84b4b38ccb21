import pytest

from cwp_local.sandbox.models import Weather
from tests.unit.local.sandbox.clients import Client, content


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
