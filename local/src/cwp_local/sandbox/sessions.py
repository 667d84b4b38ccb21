"""Open connections to a company file."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from cwp_local.sandbox.packing import Codecs
from cwp_local.sandbox.records import check_version, codecs_of

_WAIT_FOR_LOCK_SECONDS = 60.0
_CACHE_KIB = 65_536
#: Pages that have been read once are read from the system's cache, without copying them.
_MAPPED_BYTES = 16 * 2**30


@dataclass(frozen=True)
class Session:
    """A connection and the codecs of its file; one thread at a time may use it."""

    connection: sqlite3.Connection
    codecs: Codecs


def open_session(path: Path) -> Session:
    """Open a company file that is there.

    Raises:
        sqlite3.Error: it is not there, no database, or made by another version of the sandbox.
    """
    # mode=rw: a file that is gone must not come back empty.
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=_WAIT_FOR_LOCK_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    check_version(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    connection.execute(f"PRAGMA mmap_size = {_MAPPED_BYTES}")
    return Session(connection, codecs_of(connection))
