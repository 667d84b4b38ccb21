import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwp_local.sandbox.history import Kind, summary
from cwp_local.sandbox.models import TableChanges
from cwp_local.sandbox.tables import TICKETS
from tests.unit.local.sandbox.clients import NOW, Client

NAME = TICKETS.id


def kinds(client: Client) -> list[Kind]:
    return [change.kind for change in client.company.store.history(0, 100)]


def test_what_a_row_was_comes_before_its_first_change_only(client: Client) -> None:
    store = client.company.store
    row_id = client.ids("/service/tickets")[0]
    before = store.body(TICKETS, row_id)
    for budget in (1.0, 2.0):
        with store.writing() as writing:
            writing.replace(
                TICKETS, {**(writing.get(TICKETS, row_id) or {}), "budgetHours": budget}
            )
    with store.writing() as writing:
        writing.delete(TICKETS, row_id)
    assert kinds(client) == ["initial", "updated", "updated", "deleted"]
    first, second, third, last = store.history(0, 100)
    assert first.body == before
    assert [json.loads(each.body or b"")["budgetHours"] for each in (second, third)] == [1.0, 2.0]
    assert last.body is None
    assert first.time == json.loads(before or b"")["_info"]["lastUpdated"]


def test_a_transaction_that_fails_is_not_in_the_log(client: Client) -> None:
    row_id = client.ids("/service/tickets")[0]

    def fail() -> None:
        with client.company.store.writing() as writing:
            writing.delete(TICKETS, row_id)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert kinds(client) == []


def test_deleting_what_is_not_there_is_no_change(client: Client) -> None:
    with client.company.store.writing() as writing:
        writing.delete(TICKETS, 5)
    assert kinds(client) == []


def test_changes_over_the_api_say_the_servers_time(client: Client) -> None:
    row_id = client.ids("/service/tickets")[0]
    client.send(
        "PATCH",
        f"/service/tickets/{row_id}",
        body=[{"op": "replace", "path": "budgetHours", "value": 7}],
    )
    assert client.company.store.history(0, 100)[1].time == f"{NOW:%Y-%m-%dT%H:%M:%SZ}"


def test_the_log_can_be_read_in_parts(client: Client) -> None:
    with client.company.store.writing() as writing:
        for row_id in client.ids("/service/tickets")[:10]:
            writing.delete(TICKETS, row_id)
    store, read, since = client.company.store, [], 0
    while part := store.history(since, 3):
        read += part
        since = part[-1].seq
    assert read == store.history(0, 100)
    assert since == store.last_change()


@given(
    st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=20), st.sets(st.integers(1, 3))
)
def test_a_summary_is_what_changed_in_the_end(
    steps: list[tuple[int, bool]], there: set[int]
) -> None:
    before, entries = set(there), []
    touched = set()
    for row_id, delete in steps:
        kind: Kind = "deleted" if delete else "updated" if row_id in there else "added"
        if kind == "deleted" and row_id not in there:
            continue
        there = there - {row_id} if delete else there | {row_id}
        touched.add(row_id)
        entries.append((kind, NAME, row_id))
    told = summary(entries)[NAME]
    assert set(told.deleted) == before - there
    assert set(told.added) == there - before
    assert set(told.updated) == touched & before & there
    assert summary([("initial", NAME, 9)])[NAME] == TableChanges()
