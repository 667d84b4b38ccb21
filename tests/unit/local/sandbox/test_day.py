import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.day import RATES, rates_on
from cwp_local.sandbox.draws import draw_row, some_count
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.happenings import Happenings
from cwp_local.sandbox.models import ChangesPlayed, TickAsked
from cwp_local.sandbox.tables import INVOICES, PROJECT_TICKETS, TABLES, TICKETS, Table
from tests.unit.local.sandbox.clients import NOW, Client
from tests.unit.local.sandbox.test_changes import assert_consistent, snapshot

OF_COMPANY = {
    "contact": "company_contacts",
    "site": "company_companies_sites",
    "agreement": "finance_agreements",
}
Rows = dict[str, dict[int, dict[str, Any]]]


def tick(client: Client, **asked: Any) -> ChangesPlayed:
    return client.company.life.tick(TickAsked(**asked), client.clock)


def happen(client: Client, what: str, table: Table, times: int = 1) -> ChangesPlayed:
    company, seq = client.company, client.company.store.last_change()
    for number in range(times):
        with company.store.writing() as writing:
            edit = Edit(writing, client.clock(), by="somebody")
            rng = Random(f"{what}:{number}")  # noqa: S311 - made-up data
            getattr(Happenings(company.world, edit, rng), what)(table)
    return ChangesPlayed(at=NOW, tables=company.store.changed_since(seq))


def difference(before: Rows, after: Rows) -> dict[str, tuple[set[int], set[int], set[int]]]:
    """Per table the ids added, deleted, changed."""
    return {
        name: (
            set(after[name]) - set(before[name]),
            set(before[name]) - set(after[name]),
            {i for i in set(before[name]) & set(after[name]) if before[name][i] != after[name][i]},
        )
        for name in TABLES
    }


def assert_told(before: Rows, after: Rows, played: ChangesPlayed) -> None:
    for name, (added, deleted, changed) in difference(before, after).items():
        told = played.tables[name]
        assert (set(told.added), set(told.deleted)) == (added, deleted)
        # A row that was changed and changed back was updated all the same.
        assert set(told.updated) >= changed


def versions(client: Client) -> Iterator[tuple[str, int, list[dict[str, Any] | None]]]:
    """What the change log says of each row that ever changed: its bodies in order."""
    found: dict[tuple[str, int], list[dict[str, Any] | None]] = {}
    for change in client.company.store.history(0, 1_000_000):
        body = None if change.body is None else json.loads(change.body)
        found.setdefault((change.table, change.row_id), []).append(body)
    for (name, row_id), bodies in found.items():
        yield name, row_id, bodies


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # A smaller day is no easier to understand, and finding one takes minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
@given(days=st.floats(0.1, 15), seed=st.integers(0, 999), wait=st.integers(0, 5000))
def test_any_day_is_told_in_full_and_leaves_things_consistent(
    client: Client, days: float, seed: int, wait: int
) -> None:
    before, seq = snapshot(client), client.company.store.last_change()
    floor = client.company.store.last_change_time() or datetime(2026, 11, 22, tzinfo=UTC)
    client.clock.forward(seconds=wait)
    played = tick(client, days=days, seed=seed)
    after = snapshot(client)
    assert_told(before, after, played)
    assert_consistent(after)
    stamps = [
        change.time
        for change in client.company.store.history(seq, 1_000_000)
        if change.kind != "initial"
    ]
    assert stamps == sorted(stamps)
    assert all(floor <= datetime.fromisoformat(text) <= client.clock() for text in stamps)


def test_the_change_log_is_the_difference_of_snapshots(client: Client) -> None:
    before = snapshot(client)
    for _ in range(3):
        tick(client, days=20)
        client.clock.forward(hours=5)
    after = snapshot(client)
    logged = set()
    for name, row_id, bodies in versions(client):
        logged.add((name, row_id))
        assert bodies[-1] == after[name].get(row_id)
        assert bodies[0] == before[name].get(row_id, bodies[0])
    for name, (added, deleted, changed) in difference(before, after).items():
        assert {(name, row_id) for row_id in added | deleted | changed} <= logged


def test_changes_spread_over_the_seconds_since_anybody_asked(client: Client) -> None:
    tick(client, days=20)
    store = client.company.store
    assert len({change.time for change in store.history(0, 10_000)}) > 100
    asked_at = client.clock()
    client.rows("/service/tickets")
    client.clock.forward(seconds=100)
    seq = store.last_change()
    tick(client, days=20)
    times = {
        change.time for change in store.history(seq, 10_000) if change.kind in ("added", "updated")
    }
    assert len(times) > 90
    assert min(map(datetime.fromisoformat, times)) > asked_at


def test_the_same_seed_on_the_same_rows_plays_the_same_day(
    made_twice: tuple[Client, Client],
) -> None:
    first, second = (tick(client, days=15, seed=4) for client in made_twice)
    assert first == second
    assert json.dumps(snapshot(made_twice[0])) == json.dumps(snapshot(made_twice[1]))


def test_days_without_a_seed_differ(client: Client) -> None:
    assert tick(client, days=5).tables != tick(client, days=5).tables


@pytest.mark.parametrize(
    ("table", "other"), [(TICKETS, PROJECT_TICKETS), (PROJECT_TICKETS, TICKETS)]
)
def test_a_converted_ticket_keeps_its_id_and_its_work(
    client: Client, table: Table, other: Table
) -> None:
    before = snapshot(client)
    played = happen(client, "convert", table, times=8)
    after = snapshot(client)
    gone, come = played.tables[table.id].deleted, played.tables[other.id].added
    assert gone == come
    assert gone
    for row_id in gone:
        assert row_id not in after[table.id]
        assert after[other.id][row_id]["summary"] == before[table.id][row_id]["summary"]
        assert after[other.id][row_id]["actualHours"] == before[table.id][row_id]["actualHours"]
    entries = {
        row_id: row
        for row_id, row in before["time_entries"].items()
        if row.get("ticket", {}).get("id") in gone
    }
    assert entries
    kind = {TICKETS: "ServiceTicket", PROJECT_TICKETS: "ProjectTicket"}[other]
    assert {after["time_entries"][row_id]["chargeToType"] for row_id in entries} == {kind}
    assert_consistent(after)


def test_a_ticket_moved_to_another_company_takes_its_work_along(client: Client) -> None:
    before = snapshot(client)
    played = happen(client, "change_company", TICKETS, times=15)
    after = snapshot(client)
    moved = played.tables[TICKETS.id].updated
    assert moved
    for row_id in moved:
        ticket = after[TICKETS.id][row_id]
        assert ticket["company"] != before[TICKETS.id][row_id]["company"]
        for name, holder in OF_COMPANY.items():
            if name in ticket:
                owner = after[holder][ticket[name]["id"]]
                assert owner["company"]["id"] == ticket["company"]["id"], name
    assert_consistent(after)


def test_a_ticket_moved_to_another_board_has_a_status_of_it(client: Client) -> None:
    played = happen(client, "change_board", TICKETS, times=5)
    after = snapshot(client)
    assert played.tables[TICKETS.id].updated
    for row_id in played.tables[TICKETS.id].updated:
        ticket = after[TICKETS.id][row_id]
        status = after["service_boards_statuses"][ticket["status"]["id"]]
        assert status["board"]["id"] == ticket["board"]["id"]
    assert_consistent(after)


def test_a_merged_ticket_is_closed_and_names_the_other(client: Client) -> None:
    before = snapshot(client)
    happen(client, "merge", TICKETS, times=10)
    after = snapshot(client)
    merged = [
        row
        for row_id, row in after[TICKETS.id].items()
        if "mergedParentTicket" in row and "mergedParentTicket" not in before[TICKETS.id][row_id]
    ]
    assert merged
    for row in merged:
        into = after[TICKETS.id][row["mergedParentTicket"]["id"]]
        assert row["closedFlag"]
        assert into["hasMergedChildTicketFlag"]
        assert into["company"] == row["company"]
    assert_consistent(after)


def test_closing_closes(client: Client) -> None:
    def still_open() -> int:
        return sum(not row["closedFlag"] for row in snapshot(client)[TICKETS.id].values())

    before = still_open()
    happen(client, "close", TICKETS, times=5)
    assert before - 5 <= still_open() < before


def test_a_new_invoice_takes_on_work(client: Client) -> None:
    played = happen(client, "add", INVOICES, times=12)
    after = snapshot(client)
    billed = [
        after["time_entries"][row_id]["invoice"]["id"]
        for row_id in played.tables["time_entries"].updated
    ]
    assert set(billed) <= set(played.tables[INVOICES.id].added)
    assert billed


def test_a_company_of_nothing_has_a_quiet_day(client: Client) -> None:
    for table in (TICKETS, PROJECT_TICKETS):
        with client.company.store.writing() as writing:
            for row_id in writing.ids(table, EVERY_ROW):
                writing.delete(table, row_id)
    for what in ("convert", "merge", "close", "change_company", "change_board", "delete"):
        assert not happen(client, what, TICKETS).tables[TICKETS.id].updated


def test_invoices_come_at_the_end_of_the_month() -> None:
    last, other = datetime(2026, 11, 30, tzinfo=UTC), datetime(2026, 11, 29, tzinfo=UTC)
    assert rates_on(INVOICES, last).add > 50 * rates_on(INVOICES, other).add
    assert rates_on(TICKETS, last) == rates_on(TICKETS, other) == RATES[TICKETS]


@given(expected=st.floats(0, 50), seed=st.integers())
def test_counts_are_as_expected_on_average(expected: float, seed: int) -> None:
    count = some_count(Random(seed), expected)  # noqa: S311 - made-up data
    assert abs(count - expected) < 1


def test_draws_reach_all_rows_and_the_newest_most_often(still: Client) -> None:
    rng = Random(1)  # noqa: S311 - made-up data
    with still.company.store.writing() as writing:
        drawn = [row["id"] for _ in range(2000) if (row := draw_row(writing, rng, TICKETS))]
    ids = still.ids("/service/tickets")
    assert len(set(drawn)) > 0.9 * len(ids)
    assert sum(row_id > ids[len(ids) // 2] for row_id in drawn) > 0.6 * len(drawn)
