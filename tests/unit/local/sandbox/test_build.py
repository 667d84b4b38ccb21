import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from cwp_local.sandbox import filling
from cwp_local.sandbox.build import BuildError, Progress, build
from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.filling import Job, block_count
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TABLES
from cwp_local.sandbox.world.generate import World, generate

WORLD = World(seed=3, tickets=300, reference=1_760_000_000)


def bodies(path: Path) -> dict[str, list[bytes]]:
    store = Store(path)
    found = {
        table.id: store.page(table, Search(), "id", 100_000).bodies for table in TABLES.values()
    }
    store.close()
    return found


def test_workers_make_the_same_rows_as_none(tmp_path: Path) -> None:
    for workers in (0, 2):
        build(tmp_path / f"{workers}.sqlite3", WORLD, {}, workers=workers)
    assert bodies(tmp_path / "0.sqlite3") == bodies(tmp_path / "2.sqlite3")


def test_a_file_has_the_worlds_rows_and_its_notes(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite3"
    build(path, WORLD, {"name": ["x"]})
    store = Store(path)
    assert store.note("name") == ["x"]
    counted = {table.id: store.count(table, Search()) for table in TABLES.values()}
    store.close()
    made = [table.id for table, _ in generate(WORLD)]
    assert counted == {name: made.count(name) for name in TABLES}
    assert [each.name for each in tmp_path.iterdir()] == ["a.sqlite3"]


def test_new_ids_follow_those_of_merged_rows(tmp_path: Path) -> None:
    build(tmp_path / "a.sqlite3", WORLD, {}, workers=2)
    store = Store(tmp_path / "a.sqlite3")
    with store.writing() as writing:
        for table in TABLES.values():
            assert writing.next_id(table) == max(writing.ids(table, EVERY_ROW)) + 1
    store.close()


def test_progress_counts_every_row(tmp_path: Path) -> None:
    for workers in (0, 2):
        progress = Progress()
        build(tmp_path / f"{workers}.sqlite3", WORLD, {}, progress=progress, workers=workers)
        assert progress.rows == len(list(generate(WORLD)))
        assert (progress.step, progress.done, progress.of) == ("index", len(TABLES), len(TABLES))


def test_a_worker_that_fails_is_told_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = [sys.executable, "-c", "raise SystemExit('disk full')"]
    monkeypatch.setattr("cwp_local.sandbox.build.command", lambda _: program)
    with pytest.raises(BuildError, match="a worker ended with 1: disk full"):
        build(tmp_path / "a.sqlite3", WORLD, {}, workers=2)
    assert list(tmp_path.iterdir()) == []


def test_workers_share_all_blocks(tmp_path: Path) -> None:
    job = Job(str(tmp_path / "a"), WORLD.seed, WORLD.tickets, WORLD.reference, workers=3)
    told: list[int] = []
    for worker in range(3):
        session = filling.new_file(Path(job.path))
        with closing(session.connection):
            filling.fill(session, replace(job, worker=worker), told.append)
    assert len(told) == block_count(job)
    assert sum(told) == len(list(generate(WORLD)))


def test_bodies_take_a_fraction_of_their_size(tmp_path: Path) -> None:
    build(tmp_path / "a.sqlite3", WORLD, {})
    with closing(sqlite3.connect(tmp_path / "a.sqlite3")) as connection:
        sql = "SELECT sum(length(packed)) FROM service_tickets"
        packed = connection.execute(sql).fetchone()[0]
    whole = sum(map(len, bodies(tmp_path / "a.sqlite3")["service_tickets"]))
    assert packed < whole / 5
