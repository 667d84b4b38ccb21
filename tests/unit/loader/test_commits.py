import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from cwp_loader.commits import Keeping, gather, read_commit
from cwp_loader.table import TableRef
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import CanonicalCommitted
from tests.unit.loader.fakes import (
    COLUMNS,
    START,
    TABLE,
    FakeClock,
    FakeState,
    FakeWakes,
    FakeWindows,
    columns,
    commit,
)

QUARTER = FakeWindows(timedelta(minutes=15))


def keeping(
    state: FakeState | None = None,
    wakes: FakeWakes | None = None,
    windows: FakeWindows = QUARTER,
    clock: FakeClock | None = None,
) -> Keeping:
    return Keeping(state or FakeState(), wakes or FakeWakes(), windows, clock or FakeClock())


def body(event: CanonicalCommitted) -> str:
    return json.dumps({"detail-type": event.detail_type, "detail": event.model_dump(mode="json")})


def test_commits_are_kept_and_their_table_waits_for_its_window() -> None:
    state, wakes = FakeState(), FakeWakes()
    bodies = {"m1": body(commit(2)), "m2": body(commit(1))}
    assert gather(keeping(state, wakes), bodies) == {}
    assert state.pending(TABLE, 1, 9) == [commit(1), commit(2)]
    # It is 7:40; a quarter opens at 7:45.
    opens_in = timedelta(minutes=5)
    assert (state.head(TABLE).highest_sequence, state.head(TABLE).due_at) == (2, START + opens_in)
    assert wakes.sent == [(TABLE, "commit", opens_in)]


def test_a_later_commit_waits_for_the_window_of_the_first() -> None:
    clock, state, wakes = FakeClock(), FakeState(), FakeWakes()
    for sequence in (1, 2, 3):
        gather(keeping(state, wakes, clock=clock), {"m": body(commit(sequence))})
        clock.advance(minutes=4)
    assert state.head(TABLE).due_at == START + timedelta(minutes=5)
    assert [delay for _, _, delay in wakes.sent] == [timedelta(minutes=n) for n in (5, 1, 0)]


def test_a_table_that_is_not_to_wait_is_woken_at_once() -> None:
    wakes = FakeWakes()
    gather(keeping(wakes=wakes, windows=FakeWindows()), {"m": body(commit(1))})
    assert wakes.sent == [(TABLE, "commit", timedelta(0))]


def test_an_opening_further_than_a_queue_can_hold_is_left_to_the_sweep() -> None:
    state, wakes = FakeState(), FakeWakes()
    hourly = FakeWindows(timedelta(hours=1))
    gather(keeping(state, wakes, hourly), {"m": body(commit(1))})
    assert wakes.sent == []
    assert state.head(TABLE).due_at == START + timedelta(minutes=20)


def test_each_table_is_woken() -> None:
    other = commit(1).model_copy(
        update={"tenant_id": "beta", "key": "beta/canonical/tickets/2026.parquet"}
    )
    wakes = FakeWakes()
    gather(keeping(wakes=wakes), {"m1": body(commit(1)), "m2": body(other)})
    assert [sent[0] for sent in wakes.sent] == [TABLE, TableRef("beta", "tickets")]


def test_one_bad_message_fails_alone() -> None:
    state = FakeState()
    failures = gather(keeping(state), {"bad": "{}", "good": body(commit(1))})
    assert list(failures) == ["bad"]
    assert isinstance(failures["bad"], Terminal)
    assert state.pending(TABLE, 1, 9)


def test_a_commit_whose_table_could_not_be_woken_comes_back() -> None:
    class Deaf(FakeWakes):
        def send(self, *_: object, **__: object) -> None:
            raise Retriable("queue is away")

    bodies = {"m1": body(commit(1)), "m2": body(commit(2))}
    failures = gather(keeping(wakes=Deaf()), bodies)
    assert {type(error) for error in failures.values()} == {Retriable}
    assert failures.keys() == {"m1", "m2"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"columns": COLUMNS[1:]}, "lacks the columns op"),
        ({"columns": (COLUMNS[1], COLUMNS[0], *COLUMNS[2:])}, "'op' as its first column"),
        ({"columns": (*COLUMNS, *columns("price bigint"))}, "a column twice"),
        ({"columns": COLUMNS[:6]}, "is_current, is_deleted, recorded_at, run_id, sequence"),
        ({"key": "acme/canonical/companies/2026.parquet"}, "not one of its table"),
        ({"key": "acme/canonical/tickets/x/2026.parquet"}, "not one of its table"),
        ({"canonical_table": "load_ledger"}, "the name of a table that the loader keeps"),
    ],
)
def test_a_commit_that_cannot_be_loaded_is_a_dead_letter(
    changes: Mapping[str, object], complaint: str
) -> None:
    event = commit(7).model_copy(update=changes)
    if "canonical_table" in changes:
        event = event.model_copy(update={"key": "acme/canonical/load_ledger/2026.parquet"})
    with pytest.raises(Terminal, match=r"commit 7 of acme\.\w+ ") as caught:
        read_commit(body(event))
    assert complaint in str(caught.value)
