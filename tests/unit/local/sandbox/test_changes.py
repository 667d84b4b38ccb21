import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cwp_local.sandbox.changes import play, spread
from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.models import ChangesAsked, ChangesPlayed, TableChanges
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import TABLES
from tests.unit.local.sandbox.clients import Client
from tests.unit.local.sandbox.references import dangling, everything

STAMP = "2026-11-23T08:30:15Z"
Row = dict[str, Any]


def snapshot(client: Client) -> dict[str, dict[int, Row]]:
    return {table.id: rows for table, rows in everything(client).items()}


def played(client: Client, **asked: Any) -> ChangesPlayed:
    return play(client.company, ChangesAsked(**asked), client.clock)


def total(changes: ChangesPlayed, kind: str) -> int:
    return sum(len(getattr(table, kind)) for table in changes.tables.values())


def assert_told_all(
    before: dict[str, dict[int, Row]], after: dict[str, dict[int, Row]], changes: ChangesPlayed
) -> None:
    """The answer names exactly the rows that differ, and these are stamped."""
    for name in TABLES:
        old, new, told = before[name], after[name], changes.tables[name]
        assert set(told.added) == set(new) - set(old)
        assert set(told.deleted) == set(old) - set(new)
        differing = {row_id for row_id in set(old) & set(new) if old[row_id] != new[row_id]}
        assert set(told.updated) == differing
        for row_id in (*told.updated, *told.added):
            assert new[row_id]["_info"]["lastUpdated"] == STAMP


def assert_consistent(rows: dict[str, dict[int, Row]]) -> None:
    assert dangling({TABLES[name]: there for name, there in rows.items()}) == []
    tickets = rows["service_tickets"] | rows["project_tickets"]
    hours = dict.fromkeys(tickets, 0.0)
    for entry in rows["time_entries"].values():
        if "ticket" in entry:
            ticket = tickets[entry["ticket"]["id"]]
            assert entry["ticketStatus"] == ticket["status"]["name"]
            assert entry["company"] == ticket["company"]
            hours[ticket["id"]] += entry["actualHours"]
    closed = {
        row_id: row["closedStatus"] for row_id, row in rows["service_boards_statuses"].items()
    }
    for ticket in tickets.values():
        assert ticket["actualHours"] == pytest.approx(hours[ticket["id"]])
        assert ticket["closedFlag"] == ("closedDate" in ticket) == closed[ticket["status"]["id"]]


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    update=st.integers(0, 60),
    add=st.integers(0, 30),
    delete=st.integers(0, 30),
    seed=st.integers(0, 999),
    tables=st.none() | st.lists(st.sampled_from(list(TABLES)), min_size=1, unique=True),
)
def test_any_day_is_told_in_full_and_leaves_things_consistent(
    client: Client, update: int, add: int, delete: int, seed: int, tables: list[str] | None
) -> None:
    before = snapshot(client)
    client.clock.forward(seconds=0)
    changes = played(client, update=update, add=add, delete=delete, seed=seed, tables=tables)
    after = snapshot(client)
    assert {name for name, told in changes.tables.items() if told.added} <= set(tables or TABLES)
    for name in TABLES:
        for row_id in changes.tables[name].updated:
            assert after[name][row_id]["_info"]["lastUpdated"] == STAMP
        assert set(changes.tables[name].added) == set(after[name]) - set(before[name])
        assert set(changes.tables[name].deleted) == set(before[name]) - set(after[name])
    assert_consistent(after)


def test_a_day_on_the_company_as_it_was_made(client: Client) -> None:
    before = snapshot(client)
    assert_consistent(before)
    changes = played(client, update=100, add=40, delete=30, seed=1)
    after = snapshot(client)
    assert_told_all(before, after, changes)
    assert_consistent(after)
    # Beyond those asked for are the rows that show the name of one that was renamed.
    assert 100 <= total(changes, "updated") <= 200
    assert total(changes, "added") == 40
    assert total(changes, "deleted") == 30


def test_a_few_updates_touch_each_of_the_tables_asked_for(client: Client) -> None:
    asked = ["company_companies", "company_contacts", "service_tickets", "time_entries"]
    changes = played(client, update=4, tables=asked)
    assert [len(changes.tables[name].updated) for name in asked] == [1, 1, 1, 1]
    assert total(changes, "updated") == 4


def test_setup_tables_change_only_if_asked_for(client: Client) -> None:
    quiet = {table.id for table in TABLES.values() if table.setup}
    changes = played(client, update=300, add=60, delete=30)
    assert not [name for name in quiet if changes.tables[name] != TableChanges()]
    changes = played(client, update=30, add=20, tables=sorted(quiet))
    assert all(changes.tables[name].updated and changes.tables[name].added for name in quiet)


def test_only_the_tables_asked_for(client: Client) -> None:
    changes = played(client, add=5, tables=["company_contacts"])
    assert len(changes.tables["company_contacts"].added) == 5
    assert total(changes, "added") == 5


def test_more_changes_than_rows_change_every_row(client: Client) -> None:
    contacts = client.count("/company/contacts")
    changes = played(client, update=5000, tables=["company_contacts"])
    assert len(changes.tables["company_contacts"].updated) == contacts


def test_everything_can_be_deleted_but_what_is_needed(client: Client) -> None:
    played(client, delete=100_000)
    left = {name for name, count in client.company.counts().items() if count}
    setup = {table.id for table in TABLES.values() if table.setup}
    assert left == {*setup, "company_companies"}
    assert_consistent(snapshot(client))


def test_the_same_seed_on_the_same_rows_plays_the_same(made_twice: tuple[Client, Client]) -> None:
    first, second = (played(client, update=50, add=20, delete=20, seed=9) for client in made_twice)
    assert first == second
    rows = [snapshot(client) for client in made_twice]
    assert json.dumps(rows[0]) == json.dumps(rows[1])


def test_without_a_seed_each_time_is_another(client: Client) -> None:
    first, second = (played(client, update=10) for _ in range(2))
    assert first.tables != second.tables
    assert client.company.state().changes_played == 2


def test_tickets_move_on(client: Client) -> None:
    before = snapshot(client)["service_tickets"]
    changes = played(client, update=30, tables=["service_tickets"])
    after = snapshot(client)["service_tickets"]
    moved = [
        row_id
        for row_id in changes.tables["service_tickets"].updated
        if before[row_id]["status"] != after[row_id]["status"]
    ]
    assert len(moved) >= 5


def test_new_tickets_lie_on_what_is_left_of_the_setup_tables(client: Client) -> None:
    setup = ["service_priorities", "service_boards", "service_boards_statuses"]
    played(client, delete=100_000)
    with client.company.store.writing() as writing:
        for name in setup:
            for row_id in writing.ids(TABLES[name], EVERY_ROW)[:-1]:
                writing.delete(TABLES[name], row_id)
    played(client, add=8, tables=["company_companies", "service_tickets", "time_entries"])
    played(client, update=8, tables=["service_tickets"])
    tickets = snapshot(client)["service_tickets"].values()
    left = {name: client.company.store.page(TABLES[name], Search(), "id", 9).ids for name in setup}
    assert tickets
    for ticket in tickets:
        said = [[ticket[name]["id"]] for name in ("priority", "board", "status")]
        assert said == [left[name] for name in setup]


@pytest.mark.parametrize("number", [0, 1, 3, 34, 40, 100, 999])
def test_spread(number: int) -> None:
    shares = spread(number, list(TABLES.values()))
    assert sum(shares.values()) == number
    assert min(shares.values()) >= (1 if number >= len(TABLES) else 0)
