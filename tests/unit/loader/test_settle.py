"""The way of a table, step by step; tests/property/loader has the disorder."""

from datetime import timedelta
from typing import Any

import pytest

from cwp_loader import settle, sql
from cwp_loader.data_api import Busy, Refused
from cwp_loader.head import BUSY_DELAY, CLAIM, MAX_ATTEMPTS, MOST_PAST, WATCH, PastLoad
from cwp_loader.messages import StatementEnded
from cwp_shared.events import CommitsRequested, LoadFailed, TableLoaded
from tests.unit.loader.fakes import (
    COLUMNS,
    GROWN,
    TABLE,
    WAREHOUSE_COLUMNS,
    WIDER,
    Scene,
    columns,
    commit,
)

EMPTY = (0, 0, 0, None, 0)
HOUR_AGO = 1795416000


def ended(scene: Scene, statement_id: str) -> None:
    """The event of the statement that was submitted last arrives."""
    name = scene.statements.submitted[-1].name
    settle.ended(scene.on, StatementEnded(statement_id=statement_id, name=name))


def idle(*commits_: int, loaded: int = 0) -> Scene:
    """A scene whose table stands at `loaded` and has the usual columns; commits are kept."""
    scene = Scene()
    settle.wake(scene.on, TABLE, "operator")
    position = (loaded, 10 * loaded, 10 * loaded, HOUR_AGO if loaded else None, 0)
    ended(scene, scene.statements.finish(position=position, has=WAREHOUSE_COLUMNS))
    assert scene.head.phase == "idle"
    scene.statements.forget()
    scene.bus.events.clear()
    scene.keep([commit(sequence) for sequence in commits_])
    return scene


def loading(*commits_: int, loaded: int = 0) -> Scene:
    scene = idle(*commits_, loaded=loaded)
    settle.wake(scene.on, TABLE, "commit")
    assert scene.head.phase == "loading"
    return scene


def work_id(scene: Scene) -> str:
    assert scene.head.work
    return scene.head.work.load_id


def test_a_first_commit_prepares_shapes_and_loads() -> None:
    scene = Scene()
    scene.keep([commit(1)])
    settle.wake(scene.on, TABLE, "commit")
    assert (scene.kinds, scene.head.phase) == (["prepare"], "preparing")

    ended(scene, scene.statements.finish(position=EMPTY))
    assert (scene.kinds[1:], scene.head.phase) == (["shape"], "preparing")

    ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
    assert (scene.kinds[2:], scene.head.phase) == (["load"], "loading")

    ended(scene, scene.statements.finish())
    assert scene.head.phase == "idle"
    assert (scene.head.loaded_sequence, scene.head.rows_loaded) == (1, 3)
    assert scene.head.loaded_at == scene.clock.now
    assert not scene.state.pending(TABLE, 1, 9)
    (event,) = scene.bus.events
    assert isinstance(event, TableLoaded)
    assert (event.sequence, event.rows, event.statement_id) == (1, 3, "statement-3")
    load_id = scene.statements.submitted[-1].name.load_id
    assert scene.head.past == (PastLoad(load_id=load_id, statement_id="statement-3"),)


def test_the_statements_of_the_newest_loads_are_remembered() -> None:
    scene = loading(1)
    for number in range(2, MOST_PAST + 3):
        scene.keep([commit(number)])
        ended(scene, scene.statements.finish())
    assert scene.head.loaded_sequence == MOST_PAST + 1
    assert len(scene.head.past) == MOST_PAST
    newest = scene.statements.submitted[-2].name.load_id
    assert scene.head.past[-1].load_id == newest


def test_a_statement_carries_its_name_and_a_token_of_its_own() -> None:
    scene = loading(1)
    (statement,) = scene.statements.submitted
    assert statement.token == work_id(scene) == statement.name.load_id
    assert str(statement.name) == f"v1|acme|tickets|load|{statement.token}"


def test_pending_commits_go_into_one_load_with_one_manifest() -> None:
    scene = loading(5, 6, 7, loaded=4)
    (keys,) = scene.manifests.written.values()
    assert keys == [commit(n).key for n in (5, 6, 7)]
    assert scene.head.work
    assert (scene.head.work.first, scene.head.work.last, scene.head.work.rows) == (5, 7, 9)


def test_commits_with_other_columns_wait_for_a_load_of_their_own() -> None:
    scene = idle(1)
    scene.keep([commit(2, file_columns=GROWN)])
    settle.wake(scene.on, TABLE, "commit")
    assert scene.head.work
    assert scene.head.work.last == 1
    ended(scene, scene.statements.finish())
    assert scene.kinds == ["load", "shape"]
    assert 'ADD COLUMN "severity"' in scene.statements.submitted[-1].sqls[0]


def test_a_commit_that_comes_during_a_load_is_loaded_after_it() -> None:
    scene = loading(1)
    scene.keep([commit(2)])
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == ["load"]
    ended(scene, scene.statements.finish())
    assert scene.kinds == ["load", "load"]


def test_columns_that_a_mapping_no_longer_has_stay_in_the_warehouse() -> None:
    scene = idle()
    scene.keep([commit(1, file_columns=COLUMNS[:-1])])
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == ["load"]


def test_a_changed_type_is_refused_before_anything_is_loaded() -> None:
    scene = idle()
    changed = (*COLUMNS[:-1], *columns("tags varchar(10)"))
    scene.keep([commit(1, file_columns=changed)])
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == []
    (event,) = scene.bus.of(LoadFailed)
    assert "column tags is super there and varchar(10) in the file" in event.reason
    assert (event.first_sequence, event.last_sequence, event.statement_id) == (1, 1, "")
    assert (scene.head.phase, scene.head.last_error) == ("blocked", event.reason)


def test_another_key_is_refused_before_anything_is_loaded() -> None:
    scene = idle()
    scene.keep([commit(1).model_copy(update={"key_columns": ("id", "price")})])
    settle.wake(scene.on, TABLE, "commit")
    (event,) = scene.bus.of(LoadFailed)
    assert "identified by (id), in the file by (id, price)" in event.reason
    assert (scene.kinds, scene.head.phase) == ([], "blocked")


def test_longer_texts_get_room_outside_a_transaction_and_then_are_written_down() -> None:
    scene = idle()
    scene.keep([commit(1, file_columns=WIDER)])
    settle.wake(scene.on, TABLE, "commit")
    ended(scene, scene.statements.finish())
    ended(scene, scene.statements.finish(position=EMPTY, has=WIDER[1:]))
    assert scene.kinds == ["widen", "shape", "load"]
    assert [each.transaction for each in scene.statements.submitted] == [False, True, True]
    widen, shape, _ = (each.sqls for each in scene.statements.submitted)
    assert 'ALTER COLUMN "summary" TYPE VARCHAR(300)' in widen[1]
    assert 'ADD COLUMN "severity"' in shape[0]


def test_a_table_that_could_not_be_widened_is_not_written_down_as_wide() -> None:
    scene = idle()
    scene.keep([commit(1, file_columns=WIDER)])
    settle.wake(scene.on, TABLE, "commit")
    ended(scene, scene.statements.fail("ERROR: cannot alter column with encoding bytedict", 1))
    assert (scene.kinds, scene.head.phase) == (["widen"], "waiting")


def test_shorter_texts_than_the_table_has_are_loaded_as_they_are() -> None:
    scene = idle()
    shorter = tuple(
        column.model_copy(update={"type": "varchar(50)"}) if column.name == "summary" else column
        for column in COLUMNS
    )
    scene.keep([commit(1, file_columns=shorter)])
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == ["load"]


def test_an_event_twice_is_the_same_as_once() -> None:
    scene = loading(1)
    statement_id = scene.statements.finish()
    ended(scene, statement_id)
    ended(scene, statement_id)
    assert len(scene.bus.of(TableLoaded)) == 1
    assert scene.kinds == ["load"]


def test_the_event_of_another_load_says_nothing_about_this_one() -> None:
    scene = loading(1)
    old = StatementEnded(
        statement_id=scene.statements.finish(),
        name=scene.statements.submitted[-1].name.model_copy(update={"load_id": "f" * 32}),
    )
    settle.ended(scene.on, old)
    assert scene.head.phase == "loading"


def test_a_statement_of_an_unknown_table_starts_nothing() -> None:
    scene = loading(1)
    name = scene.statements.submitted[-1].name.model_copy(update={"canonical_table": "others"})
    settle.ended(scene.on, StatementEnded(statement_id="x", name=name))
    assert scene.kinds == ["load"]


def test_an_event_may_come_before_its_statement_is_recorded() -> None:
    scene = loading(1)
    work = scene.head.work
    assert work
    unrecorded = work.model_copy(update={"statement_id": None})
    scene.state.stored[TABLE] = scene.head.model_copy(update={"work": unrecorded})
    ended(scene, scene.statements.finish())
    assert scene.head.loaded_sequence == 1


def test_a_lost_event_is_found_by_the_sweep_when_the_lease_is_over() -> None:
    scene = loading(1)
    scene.statements.finish()
    settle.sweep(scene.on)
    assert scene.wakes.sent == []
    scene.clock.advance(seconds=WATCH.total_seconds())
    settle.sweep(scene.on)
    ((table, because, _),) = scene.wakes.sent
    settle.wake(scene.on, table, because)
    assert scene.head.loaded_sequence == 1


def test_a_long_statement_is_left_alone() -> None:
    scene = loading(1)
    scene.clock.advance(seconds=WATCH.total_seconds())
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.head.phase == "loading"
    assert scene.head.work
    assert scene.head.work.lease_until == scene.clock.now + WATCH


def test_an_api_that_does_not_answer_is_asked_again_soon(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = loading(1)
    statement_id = scene.statements.finish()

    def away(_: str) -> None:
        raise Busy("workgroup w does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(scene.statements, "describe", away)
        ended(scene, statement_id)
    assert scene.head.phase == "loading"
    assert scene.wakes.sent == [(TABLE, "sweep", BUSY_DELAY)]
    scene.clock.advance(seconds=BUSY_DELAY.total_seconds())
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.head.loaded_sequence == 1


def crashed_before_recording(scene: Scene) -> None:
    work = scene.head.work
    assert work
    lost = work.model_copy(update={"statement_id": None, "lease_until": work.started_at + CLAIM})
    scene.state.stored[TABLE] = scene.head.model_copy(update={"work": lost})


def test_an_unrecorded_submit_is_repeated_under_its_token_and_runs_once() -> None:
    scene = loading(1)
    crashed_before_recording(scene)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.head.work
    assert scene.head.work.statement_id is None
    scene.clock.advance(seconds=CLAIM.total_seconds())
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == ["load"]
    assert scene.head.work.statement_id == "statement-1"


def test_one_worker_submits_again_while_others_leave_the_table_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = loading(1)
    crashed_before_recording(scene)
    scene.clock.advance(seconds=CLAIM.total_seconds())
    submit, leases = scene.statements.submit, []

    def while_others_look(*batch: Any, **options: Any) -> str:
        assert scene.head.work
        leases.append(scene.head.work.lease_until)
        if len(leases) == 1:
            settle.wake(scene.on, TABLE, "sweep")
        return submit(*batch, **options)

    monkeypatch.setattr(scene.statements, "submit", while_others_look)
    settle.wake(scene.on, TABLE, "sweep")
    assert leases == [scene.clock.now + CLAIM]


def test_a_claim_older_than_its_token_asks_the_ledger() -> None:
    scene = loading(1)
    crashed_before_recording(scene)
    scene.clock.advance(hours=7)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == ["load", "prepare"]


def test_a_claim_whose_commits_are_gone_asks_the_ledger() -> None:
    scene = loading(1, 2)
    crashed_before_recording(scene)
    scene.state.commits[TABLE].pop(1)
    scene.clock.advance(hours=1)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == ["load", "prepare"]


def test_a_statement_that_the_api_forgot_is_looked_up_in_the_ledger() -> None:
    scene = loading(1)
    scene.statements.outcomes["statement-1"] = None
    scene.clock.advance(hours=25)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == ["load", "prepare"]
    ended(scene, scene.statements.finish(position=(1, 3, 3, HOUR_AGO, 0), has=WAREHOUSE_COLUMNS))
    assert (scene.head.phase, scene.head.loaded_sequence) == ("idle", 1)
    (event,) = scene.bus.of(TableLoaded)
    assert (event.sequence, event.rows) == (1, 3)


def test_results_that_are_gone_are_read_again() -> None:
    scene = Scene()
    scene.keep([commit(1)])
    settle.wake(scene.on, TABLE, "commit")
    statement_id = scene.statements.finish(position=EMPTY)
    scene.statements.results.clear()
    ended(scene, statement_id)
    assert scene.kinds == ["prepare", "prepare"]


def test_a_failed_load_is_published_kept_and_tried_again_later() -> None:
    scene = loading(1)
    ended(scene, scene.statements.fail("ERROR: Spectrum Scan Error code 15007", 2))
    (event,) = scene.bus.of(LoadFailed)
    assert event.reason == "ERROR: Spectrum Scan Error code 15007"
    assert (event.first_sequence, event.last_sequence) == (1, 1)
    assert event.statement_id == "statement-1"
    assert (scene.head.phase, scene.head.last_error) == ("waiting", event.reason)
    assert scene.state.pending(TABLE, 1, 9)
    assert scene.wakes.sent == [(TABLE, "sweep", timedelta(seconds=15))]

    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == ["load"]
    scene.clock.advance(seconds=15)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == ["load", "prepare"]


def fail_until_blocked(scene: Scene) -> None:
    for _ in range(MAX_ATTEMPTS):
        scene.clock.advance(hours=2)
        settle.wake(scene.on, TABLE, "sweep")
        if scene.head.phase == "preparing":
            ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
        ended(scene, scene.statements.fail("ERROR: disk full"))


def test_after_a_few_attempts_the_table_is_blocked_with_the_reason() -> None:
    scene = idle(1)
    fail_until_blocked(scene)
    assert (scene.head.phase, scene.head.last_error) == ("blocked", "ERROR: disk full")
    assert len(scene.bus.of(LoadFailed)) == MAX_ATTEMPTS
    scene.clock.advance(days=3)
    settle.sweep(scene.on)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.head.phase == "blocked"
    assert len(scene.wakes.sent) == MAX_ATTEMPTS - 1


def test_a_new_commit_gives_a_blocked_table_one_try() -> None:
    scene = idle(1)
    fail_until_blocked(scene)
    scene.keep([commit(1)])
    settle.wake(scene.on, TABLE, "commit")
    ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
    assert scene.kinds[-2:] == ["prepare", "load"]
    ended(scene, scene.statements.fail("ERROR: disk full"))
    assert scene.head.phase == "blocked"


def test_an_operator_starts_a_blocked_table_anew() -> None:
    scene = idle(1)
    fail_until_blocked(scene)
    settle.wake(scene.on, TABLE, "operator")
    ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
    ended(scene, scene.statements.fail("ERROR: disk full"))
    assert (scene.head.phase, scene.head.attempts) == ("waiting", 1)


def test_success_forgets_the_trouble() -> None:
    scene = loading(1)
    ended(scene, scene.statements.fail("ERROR: disk full"))
    scene.clock.advance(minutes=1)
    settle.wake(scene.on, TABLE, "sweep")
    ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
    assert scene.head.attempts == 1
    ended(scene, scene.statements.finish())
    assert (scene.head.attempts, scene.head.last_error) == (0, None)


@pytest.mark.parametrize(
    ("error", "failed_at"),
    [
        ("ERROR: division by zero", sql.GUARD),
        ("ERROR: Divide by zero", None),
        ("ERROR: 1023 DETAIL: Serializable isolation violation on table", 7),
        ("could not complete because of conflict with concurrent transaction", 7),
    ],
)
def test_a_lost_race_is_no_failed_load(error: str, failed_at: int | None) -> None:
    scene = loading(1)
    ended(scene, scene.statements.fail(error, failed_at))
    assert scene.bus.events == []
    assert scene.head.phase == "waiting"
    scene.clock.advance(minutes=1)
    settle.wake(scene.on, TABLE, "sweep")
    ended(scene, scene.statements.finish(position=(1, 3, 3, HOUR_AGO, 0), has=WAREHOUSE_COLUMNS))
    assert (scene.head.phase, scene.head.loaded_sequence) == ("idle", 1)
    assert scene.head.last_error is None
    assert scene.kinds == ["load", "prepare"]


def test_races_without_end_are_a_failure() -> None:
    scene = idle(1)
    for _ in range(MAX_ATTEMPTS):
        scene.clock.advance(hours=2)
        settle.wake(scene.on, TABLE, "sweep")
        if scene.head.phase == "preparing":
            ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
        ended(scene, scene.statements.fail("ERROR: division by zero", sql.GUARD))
    (event,) = scene.bus.of(LoadFailed)
    assert event.reason.startswith("the ledger does not stand at sequence 0")
    assert scene.head.phase == "blocked"


def test_a_wrong_row_count_is_said_in_words() -> None:
    scene = loading(1, 2)
    ended(scene, scene.statements.fail("ERROR: division by zero", sql.ROW_COUNT))
    (event,) = scene.bus.of(LoadFailed)
    assert event.reason.startswith("the files of commits 1 to 2 do not hold the 6 rows")


def test_a_busy_warehouse_is_tried_again_soon_and_costs_no_attempt() -> None:
    scene = idle(1)
    scene.statements.refusal = Busy("workgroup w: ActiveStatementsExceededException")
    settle.wake(scene.on, TABLE, "commit")
    assert scene.bus.events == []
    assert (scene.head.phase, scene.head.attempts) == ("idle", 0)
    assert scene.wakes.sent == [(TABLE, "sweep", BUSY_DELAY)]
    scene.statements.refusal = None
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == []
    scene.clock.advance(seconds=30)
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == ["load"]


def test_a_refused_batch_is_a_failure() -> None:
    scene = idle(1, 2)
    scene.statements.refusal = Refused("workgroup w: AccessDeniedException")
    settle.wake(scene.on, TABLE, "commit")
    (event,) = scene.bus.of(LoadFailed)
    assert (event.first_sequence, event.last_sequence) == (1, 2)
    assert scene.head.phase == "waiting"


def test_a_failed_preparation_names_the_commits_that_wait_for_it() -> None:
    scene = Scene()
    scene.keep([commit(1), commit(2)])
    settle.wake(scene.on, TABLE, "commit")
    ended(scene, scene.statements.fail("ERROR: permission denied for database dev"))
    (event,) = scene.bus.of(LoadFailed)
    assert (event.first_sequence, event.last_sequence) == (1, 2)


def test_what_may_have_been_taken_keeps_its_claim() -> None:
    scene = idle(1)
    scene.statements.refusal = TimeoutError("read timed out")
    with pytest.raises(TimeoutError):
        settle.wake(scene.on, TABLE, "commit")
    assert scene.head.phase == "loading"
    assert scene.head.work
    assert scene.head.work.statement_id is None


def test_a_gap_is_waited_for_then_asked_for_ever_more_rarely() -> None:
    scene = idle(2, 3, loaded=0)
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == []
    assert scene.bus.events == []
    assert len(scene.wakes.sent) == 1

    asked: list[int] = []
    for minute in range(1, 21):
        scene.clock.advance(minutes=1)
        settle.wake(scene.on, TABLE, "sweep")
        if len(scene.bus.of(CommitsRequested)) > len(asked):
            asked.append(minute)
    assert asked == [1, 3, 7, 15]
    assert {event.after_sequence for event in scene.bus.of(CommitsRequested)} == {0}
    assert scene.head.last_error == (
        "commit 1 has not arrived, though commit 3 has; asked for it 4 times"
    )
    (failure,) = scene.bus.of(LoadFailed)
    assert (failure.first_sequence, failure.last_sequence) == (1, 3)
    assert failure.reason.endswith("asked for it 3 times")
    assert settle.sweep(scene.on).held_up == 1

    scene.keep([commit(1)])
    settle.wake(scene.on, TABLE, "commit")
    ended(scene, scene.statements.finish())
    healed = scene.head
    assert (healed.loaded_sequence, healed.last_error, healed.gap_since) == (3, None, None)


def test_a_warehouse_that_lost_its_rows_gets_them_again() -> None:
    scene = idle(loaded=4)
    settle.wake(scene.on, TABLE, "operator")
    ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
    assert scene.head.loaded_sequence == 0
    scene.clock.advance(minutes=1)
    settle.wake(scene.on, TABLE, "sweep")
    (event,) = scene.bus.of(CommitsRequested)
    assert event.after_sequence == 0


def test_an_operator_makes_a_lost_head_anew_from_the_ledger() -> None:
    scene = Scene()
    settle.wake(scene.on, TABLE, "operator")
    ended(scene, scene.statements.finish(position=(9, 90, 90, HOUR_AGO, 0), has=WAREHOUSE_COLUMNS))
    head = scene.head
    assert (head.loaded_sequence, head.highest_sequence, head.rows_loaded) == (9, 9, 90)
    assert head.loaded_at
    assert head.loaded_at.timestamp() == HOUR_AGO


def test_a_commit_announced_again_after_its_load_is_dropped() -> None:
    scene = idle(loaded=4)
    scene.keep([commit(3)])
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == []
    assert scene.state.pending(TABLE, 1, 9) == []


def test_commits_wait_for_their_window() -> None:
    scene = Scene()
    scene.state.add(commit(1))
    scene.state.raise_highest(TABLE, 1)
    scene.state.set_due(TABLE, scene.clock.now + timedelta(minutes=5))
    settle.wake(scene.on, TABLE, "commit")
    settle.sweep(scene.on)
    assert (scene.kinds, scene.wakes.sent) == ([], [])
    scene.clock.advance(minutes=5)
    settle.sweep(scene.on)
    assert scene.wakes.sent == [(TABLE, "sweep", timedelta(0))]
    settle.wake(scene.on, TABLE, "commit")
    assert scene.kinds == ["prepare"]
    assert scene.head.due_at is None


def test_an_operator_does_not_wait() -> None:
    scene = idle()
    scene.keep([commit(1)])
    scene.state.stored[TABLE] = scene.head.model_copy(
        update={"due_at": scene.clock.now + timedelta(hours=1)}
    )
    settle.wake(scene.on, TABLE, "sweep")
    assert scene.kinds == []
    settle.wake(scene.on, TABLE, "operator")
    assert scene.kinds == ["prepare"]


def test_what_comes_during_a_load_is_taken_along_while_the_warehouse_is_awake() -> None:
    scene = loading(1)
    scene.keep([commit(2)])
    later = scene.clock.now + timedelta(minutes=15)
    scene.state.stored[TABLE] = scene.head.model_copy(update={"due_at": later})
    ended(scene, scene.statements.finish())
    assert scene.kinds == ["load", "load"]
    assert scene.head.due_at is None


def test_a_commit_that_was_announced_again_leaves_no_window_behind() -> None:
    scene = idle(loaded=4)
    scene.keep([commit(3)])
    settle.wake(scene.on, TABLE, "commit")
    assert (scene.kinds, scene.head.due_at) == ([], None)


def test_a_sweep_wakes_what_is_due_and_nothing_else() -> None:
    scene = idle(1)
    settle.sweep(scene.on)
    assert scene.wakes.sent == [(TABLE, "sweep", timedelta(0))]
    settle.wake(scene.on, TABLE, "sweep")
    ended(scene, scene.statements.finish())
    scene.wakes.sent.clear()
    settle.sweep(scene.on)
    assert scene.wakes.sent == []
