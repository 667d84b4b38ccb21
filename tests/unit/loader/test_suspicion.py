"""A load that cannot read its files, step by step; tests/property/loader has the disorder."""

import pytest

from cwp_loader import repair_sql, settle, sql
from cwp_loader.head import MAX_ATTEMPTS
from cwp_shared.errors import Terminal
from cwp_shared.events import CommitsRequested, LoadFailed, TableLoaded
from tests.unit.loader.fakes import TABLE, WAREHOUSE_COLUMNS, Scene, commit
from tests.unit.loader.test_settle import EMPTY, HOUR_AGO, ended, idle, loading

BROKEN = "ERROR: Spectrum Scan Error\n  code: 15007 'it\\s' not Parquet"


def span(scene: Scene) -> tuple[str, int, int]:
    work = scene.head.work
    assert work
    return work.kind, work.first, work.last


def fails(scene: Scene) -> None:
    """The load, or the probe, cannot read its files."""
    assert scene.head.work
    place = sql.COPY if scene.head.work.kind == "load" else repair_sql.PROBE_COPY
    ended(scene, scene.statements.fail(BROKEN, place))


def fails_alone(scene: Scene, loaded: int) -> None:
    """So does the next try, after its pause; the table stands at `loaded`."""
    fails(scene)
    scene.clock.advance(hours=1)
    settle.wake(scene.on, TABLE, "sweep")
    position = (loaded, 0, 0, HOUR_AGO, 0)
    ended(scene, scene.statements.finish(position=position, has=WAREHOUSE_COLUMNS))


def condemned() -> Scene:
    """Commit 1 failed alone and is being set aside; 2 and 3 wait."""
    scene = loading(1, 2, 3)
    fails(scene)
    fails_alone(scene, 0)
    fails_alone(scene, 0)
    assert span(scene) == ("probe", 3, 3)
    ended(scene, scene.statements.finish())
    assert span(scene) == ("load", 1, 1)
    fails(scene)
    assert span(scene) == ("set_aside", 1, 1)
    return scene


def test_a_load_is_halved_at_once_until_its_bad_file_is_alone() -> None:
    scene = loading(*range(1, 9))
    assert span(scene) == ("load", 1, 8)
    fails(scene)
    assert span(scene) == ("load", 1, 4)
    ended(scene, scene.statements.finish())
    assert span(scene) == ("load", 5, 8)
    fails(scene)
    assert span(scene) == ("load", 5, 6)
    fails(scene)
    assert span(scene) == ("load", 5, 5)
    assert scene.head.attempts == 0
    ended(scene, scene.statements.finish())
    assert span(scene) == ("load", 6, 6)
    fails(scene)
    assert (scene.head.phase, scene.head.attempts) == ("waiting", 1)


def test_behind_what_was_in_doubt_loads_are_large_again() -> None:
    scene = loading(*range(1, 9))
    fails(scene)
    ended(scene, scene.statements.finish())
    scene.keep([commit(sequence) for sequence in range(9, 20)])
    ended(scene, scene.statements.finish())
    assert span(scene) == ("load", 9, 19)


def test_a_file_is_set_aside_when_another_can_be_read() -> None:
    scene = condemned()
    assert scene.quarantine.notes == {1: BROKEN}
    batch = scene.statements.submitted[-1].sqls
    assert "not Parquet" in batch[2]
    assert "\n  code" not in batch[2]
    position = (1, 0, 0, HOUR_AGO, 1)
    ended(scene, scene.statements.finish(position=position, has=WAREHOUSE_COLUMNS))
    assert span(scene) == ("load", 2, 3)
    ended(scene, scene.statements.finish())
    assert (scene.head.phase, scene.head.loaded_sequence) == ("idle", 3)
    assert (scene.head.set_aside, scene.head.last_error) == (1, None)
    assert settle.sweep(scene.on) == (0, 1)
    assert [event.set_aside for event in scene.bus.of(LoadFailed)] == [False] * 3 + [True]
    loaded = scene.bus.of(TableLoaded)
    assert [(event.sequence, event.rows, event.set_aside) for event in loaded] == [
        (1, 0, 1),
        (3, 6, 1),
    ]


def test_a_file_that_can_be_read_after_all_is_loaded() -> None:
    scene = loading(1, 2)
    fails(scene)
    fails_alone(scene, 0)
    fails_alone(scene, 0)
    ended(scene, scene.statements.finish())
    ended(scene, scene.statements.finish())
    assert (scene.head.phase, scene.head.loaded_sequence) == ("loading", 1)
    assert scene.quarantine.notes == {}


def test_when_no_file_can_be_read_none_is_set_aside() -> None:
    scene = loading(1, 2)
    fails(scene)
    for _ in range(MAX_ATTEMPTS - 1):
        fails_alone(scene, 0)
    fails(scene)
    assert (scene.head.phase, scene.head.set_aside) == ("blocked", 0)
    assert str(scene.head.last_error).startswith(
        "commit 2 cannot be read either, so the fault may not be in the file of commit 1"
    )
    assert "set_aside" not in scene.kinds


def test_a_file_that_holds_nothing_up_is_not_set_aside_before_another_comes() -> None:
    scene = loading(1)
    for _ in range(MAX_ATTEMPTS - 1):
        fails_alone(scene, 0)
    fails(scene)
    assert scene.head.phase == "blocked"
    scene.keep([commit(2)])
    settle.wake(scene.on, TABLE, "commit")
    ended(scene, scene.statements.finish(position=EMPTY, has=WAREHOUSE_COLUMNS))
    assert span(scene) == ("probe", 2, 2)
    ended(scene, scene.statements.finish())
    fails(scene)
    assert span(scene) == ("set_aside", 1, 1)


def test_trouble_before_a_file_is_read_condemns_none() -> None:
    scene = loading(1, 2)
    ended(scene, scene.statements.fail("ERROR: permission denied for schema acme", 1))
    assert (scene.head.phase, scene.head.most_commits) == ("waiting", None)


def test_a_race_condemns_no_file_however_often_it_is_lost() -> None:
    scene = condemned()
    ended(scene, scene.statements.fail("ERROR: 1023 Serializable isolation violation", 1))
    assert scene.head.phase == "waiting"
    assert scene.head.set_aside == 0


def test_a_commit_that_is_gone_is_not_set_aside() -> None:
    scene = loading(1, 2)
    head = scene.head.model_copy(update={"proven": 1})
    work = scene.head.work
    assert work
    scene.state.stored[TABLE] = head.model_copy(
        update={"work": work.model_copy(update={"last": 1})}
    )
    scene.state.commits.clear()
    fails(scene)
    assert scene.kinds == ["load", "prepare"]


def test_an_operator_has_all_loaded_again_from_a_sequence_on() -> None:
    scene = idle(loaded=7)
    scene.state.raise_highest(TABLE, 7)
    settle.reload(scene.on, TABLE, 5)
    assert scene.kinds == ["rewind"]
    assert '"last_sequence" >= 5' in scene.statements.submitted[-1].sqls[0]
    position = (4, 40, 0, HOUR_AGO, 0)
    ended(scene, scene.statements.finish(position=position, has=WAREHOUSE_COLUMNS))
    (request,) = scene.bus.of(CommitsRequested)
    assert request.after_sequence == 4
    scene.keep([commit(5), commit(6), commit(7)])
    settle.wake(scene.on, TABLE, "commit")
    assert span(scene) == ("load", 5, 7)


def test_a_table_that_nobody_knows_is_not_loaded_again() -> None:
    with pytest.raises(Terminal, match=r"acme\.tickets cannot be loaded again"):
        settle.reload(Scene().on, TABLE, 5)


def test_a_reload_waits_for_the_statement_in_flight() -> None:
    scene = loading(1)
    settle.reload(scene.on, TABLE, 1)
    assert scene.kinds == ["load"]
    assert scene.wakes.reloads == [1]
