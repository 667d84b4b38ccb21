"""Writing a new company file, as fast as SQLite and the processors allow.

A small company is written here and now. A large one is made by worker processes, into a file of
each one's own; those are merged in the order of ids, which SQLite does without holding up the
threads of this process, and indexed. So the sandbox goes on serving while it makes a company.
"""

import os
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from cwp_local.sandbox.calls import json_text
from cwp_local.sandbox.filling import Job, block_count, command, fill, new_file
from cwp_local.sandbox.records import columns, create_indexes
from cwp_local.sandbox.tables import TABLES, Table
from cwp_local.sandbox.world.generate import World

#: Up to here a company is made sooner than workers are started.
_SMALL_TICKETS = 3_000
_MOST_WORKERS = 8
_SORTER_THREADS = 4
_CACHE_KIB = 262_144

_MERGE = "INSERT INTO {table} ({columns}) {parts} ORDER BY id"
_PART = "SELECT {columns} FROM part{number}.{table}"
_NOTE = "INSERT INTO notes (name, value) VALUES (?, ?)"

Step = Literal["generate", "merge", "index"]


class BuildError(Exception):
    """A worker failed; the text carries the end of what it said."""


@dataclass
class Progress:
    """How far a build is: `done` of `of` blocks or tables of a step, `rows` made so far."""

    step: Step = "generate"
    done: int = 0
    of: int = 0
    rows: int = 0


def build(
    path: Path,
    world: World,
    notes: dict[str, Any],
    *,
    progress: Progress | None = None,
    workers: int | None = None,
) -> None:
    """Write a new company file; it appears under `path` complete or not at all.

    Args:
        path: where; `<name>.partial` and `<name>.part<n>.partial` beside it are used meanwhile.
        world: what it is made from. The same world gives the same rows, by any number of workers.
        notes: what the file says about itself.
        progress: is told how far it is.
        workers: how many processes; None: none for a small company, one per processor else.

    Raises:
        BuildError: a worker failed.
    """
    progress = progress or Progress()
    partial = path.with_suffix(".partial")
    job = Job(str(partial), world.seed, world.tickets, world.reference)
    count = _workers(world) if workers is None else workers
    try:
        session = new_file(partial)
        with closing(session.connection) as connection:
            progress.of = block_count(job)
            if count:
                _fill_with_workers(connection, path, job, count, progress)
            else:
                fill(session, job, _counting(progress))
            _finish(connection, notes, progress)
        partial.rename(path)
    finally:
        partial.unlink(missing_ok=True)


def _workers(world: World) -> int:
    if world.tickets <= _SMALL_TICKETS:
        return 0
    return min(_MOST_WORKERS, os.cpu_count() or 1)


def _counting(progress: Progress) -> Callable[[int], None]:
    lock = threading.Lock()

    def done(rows: int) -> None:
        with lock:
            progress.done += 1
            progress.rows += rows

    return done


def _fill_with_workers(
    connection: sqlite3.Connection, path: Path, job: Job, count: int, progress: Progress
) -> None:
    paths = [path.with_suffix(f".part{number}.partial") for number in range(count)]
    jobs = [
        replace(job, path=str(part), worker=number, workers=count)
        for number, part in enumerate(paths)
    ]
    try:
        _run(jobs, _counting(progress))
        _merge(connection, paths, progress)
    finally:
        for part in paths:
            part.unlink(missing_ok=True)


def _run(jobs: Sequence[Job], done: Callable[[int], None]) -> None:
    """Run workers side by side.

    Raises:
        BuildError: one failed.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(_started(job)) for job in jobs]
        listeners = [threading.Thread(target=_listen, args=(one, done)) for one in running]
        for listener in listeners:
            listener.start()
        for listener in listeners:
            listener.join()
        said = [one.stderr.read() if one.stderr else "" for one in running]
    for one, text in zip(running, said, strict=True):
        if one.returncode:
            raise BuildError(f"a worker ended with {one.returncode}: {text[-2000:]}")


def _started(job: Job) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - our own program
        command(job), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _listen(worker: subprocess.Popen[str], done: Callable[[int], None]) -> None:
    for line in worker.stdout or ():
        done(int(line))


def _merge(connection: sqlite3.Connection, paths: Sequence[Path], progress: Progress) -> None:
    progress.step, progress.done, progress.of = "merge", 0, len(TABLES)
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    for number, path in enumerate(paths):
        connection.execute(f"ATTACH ? AS part{number}", (str(path),))
    for table in TABLES.values():
        connection.execute(_merge_sql(table, len(paths)))
        progress.done += 1
    for number in range(len(paths)):
        connection.execute(f"DETACH part{number}")


def _merge_sql(table: Table, parts: int) -> str:
    names = ", ".join(columns(table))
    selects = (
        _PART.format(columns=names, number=number, table=table.id) for number in range(parts)
    )
    return _MERGE.format(table=table.id, columns=names, parts=" UNION ALL ".join(selects))


def _finish(connection: sqlite3.Connection, notes: dict[str, Any], progress: Progress) -> None:
    _index(connection, progress)
    connection.executemany(_NOTE, [(name, json_text(value)) for name, value in notes.items()])
    connection.execute("PRAGMA locking_mode = NORMAL")
    connection.execute("PRAGMA journal_mode = WAL")


def _index(connection: sqlite3.Connection, progress: Progress) -> None:
    progress.step, progress.done, progress.of = "index", 0, len(TABLES)
    connection.execute(f"PRAGMA threads = {_SORTER_THREADS}")
    for table in TABLES.values():
        create_indexes(connection, table)
        progress.done += 1
