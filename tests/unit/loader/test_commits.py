import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from cwp_loader.commits import gather, read_commit
from cwp_loader.table import TableRef
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import CanonicalCommitted
from tests.unit.loader.fakes import COLUMNS, TABLE, FakeState, FakeWakes, columns, commit


def body(event: CanonicalCommitted) -> str:
    return json.dumps({"detail-type": event.detail_type, "detail": event.model_dump(mode="json")})


def test_commits_are_kept_and_their_table_is_woken_once() -> None:
    state, wakes = FakeState(), FakeWakes()
    failures = gather({"m1": body(commit(2)), "m2": body(commit(1))}, state, wakes)
    assert failures == {}
    assert state.pending(TABLE, 1, 9) == [commit(1), commit(2)]
    assert state.head(TABLE).highest_sequence == 2
    assert wakes.sent == [(TABLE, "commit", timedelta(0))]


def test_each_table_is_woken() -> None:
    other = commit(1).model_copy(
        update={"tenant_id": "beta", "key": "beta/canonical/tickets/2026.parquet"}
    )
    wakes = FakeWakes()
    gather({"m1": body(commit(1)), "m2": body(other)}, FakeState(), wakes)
    assert [sent[0] for sent in wakes.sent] == [TABLE, TableRef("beta", "tickets")]


def test_one_bad_message_fails_alone() -> None:
    state, wakes = FakeState(), FakeWakes()
    failures = gather({"bad": "{}", "good": body(commit(1))}, state, wakes)
    assert list(failures) == ["bad"]
    assert isinstance(failures["bad"], Terminal)
    assert state.pending(TABLE, 1, 9)


def test_a_commit_whose_table_could_not_be_woken_comes_back() -> None:
    class Deaf(FakeWakes):
        def send(self, *_: object, **__: object) -> None:
            raise Retriable("queue is away")

    failures = gather({"m1": body(commit(1)), "m2": body(commit(2))}, FakeState(), Deaf())
    assert {type(error) for error in failures.values()} == {Retriable}
    assert failures.keys() == {"m1", "m2"}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"columns": COLUMNS[1:]}, "lacks the columns op"),
        ({"columns": (COLUMNS[1], COLUMNS[0], *COLUMNS[2:])}, "'op' as its first column"),
        ({"columns": (*COLUMNS, *columns("price bigint"))}, "a column twice"),
        ({"columns": COLUMNS[:6]}, "is_current, is_deleted, recorded_at, run_id, sequence"),
        ({"key": "beta/canonical/tickets/2026.parquet"}, "not one of its table"),
        ({"key": "acme/canonical/tickets/../x/2026.parquet"}, "not one of its table"),
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
