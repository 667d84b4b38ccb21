import threading
from typing import Any

import pytest
from pydantic import ValidationError

from cwp_local.sandbox.life import Life
from cwp_local.sandbox.models import TickAsked, TickState
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import TICKETS
from tests.unit.local.sandbox.clients import Client


def start(client: Client, **asked: Any) -> TickState:
    return client.company.life.start(TickAsked(**asked), client.clock)


def changed(state: TickState) -> int:
    tables = state.changes.tables.values()
    return sum(len(table.updated + table.added + table.deleted) for table in tables)


def test_a_walk_meets_changes_after_every_few_pages(client: Client) -> None:
    start(client, days=3, every_requests=2)
    seen = []
    for _ in range(6):
        client.clock.forward(seconds=7)
        client.rows("/service/tickets")
        seen.append(client.company.life.state(client.clock).played)
    assert seen == [0, 1, 1, 2, 2, 3]
    assert changed(client.company.life.state(client.clock)) > 0


def test_counts_and_single_rows_are_no_pages(client: Client) -> None:
    start(client, days=1, every_requests=1)
    client.count("/service/tickets")
    client.get(f"/service/tickets/{client.company.store.page(TICKETS, Search(), 'id', 1).ids[0]}")
    assert client.company.life.state(client.clock).played == 0


def test_the_page_that_sets_it_off_is_from_before(client: Client) -> None:
    before = client.rows("/time/entries", pageSize=1000)
    start(client, days=50, every_requests=1)
    assert client.rows("/time/entries", pageSize=1000) == before
    client.company.life.stop()
    assert client.rows("/time/entries", pageSize=1000) != before


def test_what_is_stopped_stays_stopped_and_can_be_asked(client: Client) -> None:
    assert start(client, days=5, every_requests=1).running is not None
    client.rows("/service/tickets")
    client.company.life.stop()
    client.rows("/service/tickets")
    state = client.company.life.state(client.clock)
    assert (state.running, state.played) == (None, 1)
    assert changed(state) > 0


def test_starting_anew_replaces_what_was_played(client: Client) -> None:
    start(client, days=5, every_requests=1)
    client.rows("/service/tickets")
    state = start(client, days=5, every_requests=3)
    assert (state.played, changed(state)) == (0, 0)
    assert state.since == client.company.store.last_change()


def test_every_few_seconds(client: Client) -> None:
    start(client, days=1, seconds=0.01)
    ended = threading.Event()
    while client.company.life.state(client.clock).played < 2:
        assert not ended.wait(0.01)
    client.company.life.stop()


def test_a_part_that_fails_is_told_and_ends_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no more")

    start(client, days=1, every_requests=1)
    monkeypatch.setattr(Life, "tick", fail)
    assert client.get("/service/tickets").status == 200
    state = client.company.life.state(client.clock)
    assert (state.running, state.failed) == (None, "RuntimeError: no more")


def test_pages_and_seconds_exclude_each_other() -> None:
    with pytest.raises(ValidationError, match="exclude each other"):
        TickAsked(every_requests=1, seconds=1)
