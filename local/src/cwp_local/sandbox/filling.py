"""Making rows and putting them into an SQL file: all of a world's, or one worker's share.

Also a program, `python -m cwp_local.sandbox.filling`, which is one worker of a large build. It
takes its job as one argument of JSON, and prints a line for each block that is done.
"""

import gc
import sqlite3
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import msgspec

from cwp_local.sandbox.calls import Row, json_text
from cwp_local.sandbox.packing import DICTIONARY_BYTES
from cwp_local.sandbox.records import (
    add_dictionary,
    codecs_of,
    create_tables,
    insert_sql,
    record,
)
from cwp_local.sandbox.sessions import Session
from cwp_local.sandbox.tables import TABLES, Table
from cwp_local.sandbox.world.generate import World, blocks, generate

_PAGE_BYTES = 16_384
_ROWS_PER_INSERT = 1000
#: Dictionaries are rows of this world, whatever company is made: parts of one share them.
_SAMPLE = World(seed=0, tickets=100, reference=1_767_225_600)


@dataclass(frozen=True)
class Job:
    """What one worker does: every `workers`th block of a world, into a file of its own."""

    path: str
    seed: int
    tickets: int
    reference: int
    worker: int = 0
    workers: int = 1

    @property
    def world(self) -> World:
        """The world that is made."""
        return World(self.seed, self.tickets, self.reference)


def new_file(path: Path) -> Session:
    """An empty company file, open; nothing in it is safe before it is closed.

    It is thrown away if it is not finished, so it needs no journal while it grows.
    """
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    session = Session(connection, codecs_of(connection))
    create_tables(connection)
    for table in TABLES.values():
        add_dictionary(connection, table, _dictionaries().get(table.id, b""))
    return session


def fill(session: Session, job: Job, told: Callable[[int], None]) -> None:
    """Put the job's rows into a new file; `told` hears the rows of each block that is done."""
    connection, codecs = session.connection, session.codecs
    waiting: dict[Table, list[tuple[object, ...]]] = {table: [] for table in TABLES.values()}

    def flush(table: Table) -> None:
        connection.executemany(insert_sql(table), waiting[table])
        waiting[table].clear()

    connection.execute("BEGIN")
    for block in blocks(job.world)[job.worker :: job.workers]:
        rows = 0
        for table, row in block():
            rows += 1
            waiting[table].append(record(table, row, codecs.of(table.id)))
            if len(waiting[table]) >= _ROWS_PER_INSERT:
                flush(table)
        told(rows)
    for table in waiting:
        flush(table)
    connection.execute("COMMIT")


def main() -> None:
    """Do one worker's job."""
    job = msgspec.json.decode(sys.argv[1], type=Job)
    # Rows refer to each other in no circle, so that looking for circles is time lost.
    gc.disable()
    session = new_file(Path(job.path))
    fill(session, job, lambda rows: print(rows, flush=True))  # noqa: T201 - read by the parent
    session.connection.close()


def command(job: Job) -> list[str]:
    """The command line of a worker."""
    return [sys.executable, "-m", "cwp_local.sandbox.filling", json_text(asdict(job))]


@cache
def _dictionaries() -> dict[str, bytes]:
    return {
        table.id: b"".join(bodies)[-DICTIONARY_BYTES:]
        for table, bodies in _by_table(generate(_SAMPLE)).items()
    }


def _by_table(rows: Iterable[tuple[Table, Row]]) -> dict[Table, list[bytes]]:
    found: dict[Table, list[bytes]] = {}
    for table, row in rows:
        found.setdefault(table, []).append(json_text(row).encode())
    return found


def block_count(job: Job) -> int:
    """How many blocks all workers together have to make."""
    return len(blocks(job.world))


if __name__ == "__main__":
    main()
