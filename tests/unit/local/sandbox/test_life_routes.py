from collections.abc import Callable
from typing import Any

import pytest

from cwp_local.sandbox import life_routes
from cwp_local.sandbox.calls import Answer
from tests.unit.local.sandbox.clients import Client, content
from tests.unit.local.sandbox.test_control_routes import ask, error


def asked(client: Client, route: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
    return ask(client, route, *args, **kwargs, company="Acme")


def test_a_day_is_played_at_once(client: Client) -> None:
    answer = asked(client, life_routes.tick, {"days": 20})
    assert answer.status == 200
    assert content(answer)["tables"]["service_tickets"]["updated"]


def test_a_day_is_played_by_itself_until_it_is_stopped(client: Client) -> None:
    answer = asked(client, life_routes.tick, {"days": 20, "every_requests": 1})
    assert (answer.status, content(answer)["played"]) == (202, 0)
    client.rows("/service/tickets")
    state = content(asked(client, life_routes.get_tick))
    assert (state["played"], state["running"]["every_requests"]) == (1, 1)
    assert state["changes"]["tables"]["service_tickets"]["updated"]
    assert content(asked(client, life_routes.stop_tick))["running"] is None


def test_the_log_of_changes_comes_in_parts(client: Client) -> None:
    asked(client, life_routes.tick, {"days": 20})
    entries: list[dict[str, Any]] = []
    since = 0
    while (page := content(asked(client, life_routes.get_history, query=f"since={since}&limit=7")))[
        "entries"
    ]:
        assert len(page["entries"]) <= 7
        entries += page["entries"]
        since = page["last"]
    changes = client.company.store.history(0, 100_000)
    assert [entry["seq"] for entry in entries] == [change.seq for change in changes]
    last = {(entry["table"], entry["id"]): entry["body"] for entry in entries}
    path = "/service/tickets"
    for row in client.rows(path, pageSize=1000):
        assert last.get(("service_tickets", row["id"]), row) == row


@pytest.mark.parametrize("query", ["since=x", "since=-1", "limit=10001", f"since={2**63}"])
def test_numbers_that_are_none(client: Client, query: str) -> None:
    answer = asked(client, life_routes.get_history, query=query)
    assert answer.status == 400
    assert "is not a number from 0 to" in error(answer)


@pytest.mark.parametrize("body", [{"days": 0}, {"days": 101}, {"every_requests": 0}, {"x": 1}, 5])
def test_days_that_are_none(client: Client, body: Any) -> None:
    assert asked(client, life_routes.tick, body).status == 400


def test_nothing_is_being_made(client: Client) -> None:
    assert content(ask(client, life_routes.get_making)) is None
