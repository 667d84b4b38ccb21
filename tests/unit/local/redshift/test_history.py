from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cwp_local.redshift.errors import ApiError
from cwp_local.redshift.history import History
from cwp_local.redshift.statements import (
    ABORTED,
    FAILED,
    FINISHED,
    PICKED,
    STARTED,
    Outcome,
    Statement,
    Submission,
)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_hours(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(clock: Clock) -> History:
    return History(clock, most_active=2)


def _submission(*sqls: str, name: str = "") -> Submission:
    return Submission(sqls or ("SELECT 1",), "dev", "local", is_batch=len(sqls) > 1, name=name)


def _submit(history: History, *sqls: str, token: str = "") -> Statement:
    return history.submit(_submission(*sqls), token)[0]


def test_the_same_token_is_the_same_statement(history: History) -> None:
    first, new = history.submit(_submission("SELECT 1"), "t")
    again, again_new = history.submit(_submission("SELECT 1"), "t")
    assert new
    assert not again_new
    assert again is first


def test_a_token_stands_for_one_request(history: History) -> None:
    history.submit(_submission("SELECT 1"), "t")
    with pytest.raises(ApiError, match="ClientToken t was used for another request"):
        history.submit(_submission("SELECT 2"), "t")


def test_a_token_is_kept_for_eight_hours(history: History, clock: Clock) -> None:
    first = _submit(history, token="t")
    history.end(first, FINISHED)
    clock.pass_hours(7.9)
    assert _submit(history, token="t") is first
    clock.pass_hours(0.2)
    assert _submit(history, token="t") is not first


def test_what_has_ended_is_kept_for_a_day(history: History, clock: Clock) -> None:
    statement = _submit(history)
    clock.pass_hours(30)
    assert history.find(statement.id) == (statement, None)
    history.end(statement, FINISHED)
    clock.pass_hours(23.9)
    assert history.find(statement.id) == (statement, None)
    clock.pass_hours(0.2)
    with pytest.raises(ApiError, match="Query does not exist") as missing:
        history.find(statement.id)
    assert missing.value.code == "ResourceNotFoundException"
    assert missing.value.members == {"ResourceId": statement.id}


def test_parts_have_numbers_from_one(history: History) -> None:
    batch = _submit(history, "SELECT 1", "SELECT 2")
    assert history.find(f"{batch.id}:2") == (batch, 1)
    for wrong in (f"{batch.id}:0", f"{batch.id}:3"):
        with pytest.raises(ApiError, match="does not exist"):
            history.find(wrong)


def test_a_single_statement_has_no_parts(history: History) -> None:
    single = _submit(history)
    with pytest.raises(ApiError, match="does not exist"):
        history.find(f"{single.id}:1")


def test_too_many_active_statements_are_refused(history: History) -> None:
    first = _submit(history)
    _submit(history)
    with pytest.raises(ApiError) as refused:
        _submit(history)
    assert refused.value.code == "ActiveStatementsExceededException"
    history.end(first, FAILED)
    _submit(history)


def test_the_way_of_a_statement(history: History) -> None:
    batch = _submit(history, "SELECT 1", "SELECT 2", "SELECT 3")
    assert history.pick(batch)
    assert batch.status == PICKED
    history.start(batch)
    history.start_part(batch.parts[0])
    assert (batch.status, batch.parts[0].status) == (STARTED, STARTED)
    history.end_part(batch.parts[0], Outcome(5))
    history.end_part(batch.parts[1], None, "ERROR: no")
    history.end(batch, FAILED, "Query #2 failed with ERROR: no")
    described = batch.described()
    assert described["Error"] == "Query #2 failed with ERROR: no"
    assert [part["Status"] for part in described["SubStatements"]] == [FINISHED, FAILED, ABORTED]
    assert [part["ResultRows"] for part in described["SubStatements"]] == [5, -1, -1]


def test_cancelling_before_the_start_ends_it(history: History) -> None:
    statement = _submit(history)
    assert history.cancel(statement)
    assert statement.status == ABORTED
    assert not history.pick(statement)


def test_cancelling_what_runs_only_asks(history: History) -> None:
    statement = _submit(history)
    history.pick(statement)
    assert not history.cancel(statement)
    assert statement.cancelled
    assert statement.status == PICKED


@pytest.mark.parametrize("status", [FINISHED, FAILED, ABORTED])
def test_what_has_ended_cannot_be_cancelled(history: History, status: str) -> None:
    statement = _submit(history)
    history.end(statement, status)
    with pytest.raises(ApiError) as refused:
        history.cancel(statement)
    assert str(refused.value) == (
        f"Could not cancel a query that is already in {status} state with ID: {statement.id}"
    )


def test_waiting_ends_with_the_statement(history: History) -> None:
    statement = _submit(history)
    history.end(statement, FINISHED)
    history.wait(statement, 30)


def test_fingerprints_tell_requests_apart() -> None:
    plain = Submission(("a",), "d", "w", is_batch=False)
    changed = [
        replace(plain, sqls=("a", "b")),
        replace(plain, sqls=("ab",)),
        replace(plain, database="e"),
        replace(plain, name="n"),
        replace(plain, parameters={"a": "1"}),
        replace(plain, with_event=True),
        replace(plain, auto_commit=True),
    ]
    assert len({one.fingerprint for one in [plain, *changed]}) == 8
    assert replace(plain).fingerprint == plain.fingerprint


def test_five_hundred_statements_are_active_at_once(clock: Clock) -> None:
    history = History(clock)
    for _ in range(500):
        _submit(history)
    with pytest.raises(ApiError, match="quota") as refused:
        _submit(history)
    assert refused.value.code == "ActiveStatementsExceededException"
