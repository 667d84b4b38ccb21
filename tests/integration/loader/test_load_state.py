"""LoadState against moto's DynamoDB: conditions, consistency of what is written and read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from moto import mock_aws

from cwp_loader.head import CLAIM, Head, Work
from cwp_loader.load_state import LoadStateTable
from cwp_loader.table import TableRef
from tests.aws_environment import isolate
from tests.integration.loader.state_table import load_state_items
from tests.unit.loader.fakes import START, TABLE, WAREHOUSE_COLUMNS, commit

OTHER = TableRef("acme", "companies")


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoadStateTable]:
    isolate(monkeypatch)
    with mock_aws():
        yield LoadStateTable(load_state_items("LoadState-test"))


def saved(state: LoadStateTable, head: Head) -> Head:
    result = state.save(head)
    assert result
    return result


def test_a_table_never_heard_of_has_a_new_head(state: LoadStateTable) -> None:
    head = state.head(TABLE)
    assert (head.table, head.revision, head.phase, head.is_known) == (TABLE, 0, "unknown", False)


def test_a_head_comes_back_as_it_was_saved(state: LoadStateTable) -> None:
    work = Work(
        kind="load",
        load_id="f" * 32,
        first=1,
        last=2,
        rows=6,
        started_at=START,
        lease_until=START + CLAIM,
    )
    head = state.head(TABLE).model_copy(
        update={"columns": WAREHOUSE_COLUMNS, "loaded_at": START, "last_error": "it's broken"}
    )
    head = saved(state, head.claimed(work))
    assert state.head(TABLE) == head
    assert head.revision == 1


def test_values_that_went_are_gone(state: LoadStateTable) -> None:
    head = saved(state, state.head(TABLE).failed("broken", START))
    head = saved(state, head.doubted().model_copy(update={"last_error": None}))
    assert state.head(TABLE).last_error is None
    assert state.head(TABLE).retry_at is None


def test_of_two_who_read_the_same_revision_one_saves(state: LoadStateTable) -> None:
    for _ in range(2):
        one, two = state.head(TABLE), state.head(TABLE)
        assert state.save(one.failed("one", START))
        assert state.save(two.failed("two", START)) is None
        assert state.head(TABLE).last_error == "one"


def test_the_highest_sequence_only_rises_and_costs_no_revision(state: LoadStateTable) -> None:
    state.raise_highest(TABLE, 5)
    read = state.head(TABLE)
    state.raise_highest(TABLE, 9)
    state.raise_highest(TABLE, 3)
    assert state.save(read)
    head = state.head(TABLE)
    assert (head.highest_sequence, head.revision) == (9, 1)


def test_a_table_is_due_at_the_earliest_time_that_was_said(state: LoadStateTable) -> None:
    later = START + timedelta(minutes=15)
    assert state.set_due(TABLE, later) == later
    assert state.set_due(TABLE, START) == START
    assert state.set_due(TABLE, later) == START
    assert state.head(TABLE).due_at == START


def test_saving_keeps_a_due_time_or_removes_it(state: LoadStateTable) -> None:
    state.set_due(TABLE, START + timedelta(minutes=15))
    read = state.head(TABLE)
    state.set_due(TABLE, START)
    head = saved(state, read.failed("broken", START))
    assert state.head(TABLE).due_at == START
    saved(state, head.rested())
    assert state.head(TABLE).due_at is None


def test_pending_commits_come_in_order_from_where_asked(state: LoadStateTable) -> None:
    for sequence in (12, 2, 1, 3, 2):
        state.add(commit(sequence))
    state.add(commit(4).model_copy(update={"canonical_table": OTHER.canonical_table}))
    assert state.pending(TABLE, 2, 10) == [commit(2), commit(3), commit(12)]
    assert state.pending(TABLE, 1, 2) == [commit(1), commit(2)]


def test_loaded_commits_are_forgotten_and_later_ones_kept(state: LoadStateTable) -> None:
    state.raise_highest(TABLE, 40)
    for sequence in range(1, 41):
        state.add(commit(sequence))
    state.forget(TABLE, 39)
    assert state.pending(TABLE, 1, 50) == [commit(40)]
    assert state.head(TABLE).highest_sequence == 40


def test_all_heads_are_found_among_the_commits(state: LoadStateTable) -> None:
    state.add(commit(1))
    state.raise_highest(TABLE, 1)
    saved(state, state.head(OTHER).failed("broken", START))
    assert {head.table for head in state.heads()} == {TABLE, OTHER}


def test_what_decides_is_read_consistently(state: LoadStateTable) -> None:
    asked: list[dict[str, Any]] = []
    events = state._client.meta.events
    for call in ("GetItem", "Query"):
        name = f"provide-client-params.dynamodb.{call}"
        events.register(name, lambda params, **_: asked.append(params))
    state.head(TABLE)
    state.pending(TABLE, 1, 10)
    state.forget(TABLE, 10)
    assert [params["ConsistentRead"] for params in asked] == [True, True, True]
