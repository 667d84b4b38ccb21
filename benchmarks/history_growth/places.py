"""The transformer's surroundings on one machine: a lake in a folder, a ledger and bus in memory."""

import os
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from cwp_shared.events import Event
from cwp_transformer.commits import Commit
from cwp_transformer.lake import READERS, Part
from cwp_transformer.ledger import HistoryRef

#: As `S3Lake` does it: larger parts are several requests.
_PIECE_BYTES = 2**23


@dataclass
class Traffic:
    """Requests to the lake and bytes over it."""

    gets: int = 0
    read_bytes: int = 0
    puts: int = 0
    written_bytes: int = 0


class FolderLake:
    """A `Lake` in `own`; what `base` has is there too, and stays as it is.

    Every request waits for `delay_s` first, as many at once as `S3Lake` makes.
    """

    def __init__(self, base: Path, own: Path, delay_s: float = 0) -> None:
        self._folders = (own, base)
        self._delay_s = delay_s
        self._readers = ThreadPoolExecutor(READERS)
        self._descriptors: dict[str, int] = {}
        self.traffic = Traffic()

    def read(self, key: str) -> bytes:
        """See `Lake`."""
        return self.read_parts([Part(key, 0, self._path(key).stat().st_size)])[0]

    def read_all(self, keys: Sequence[str]) -> list[bytes]:
        """See `Lake`."""
        return [self.read(key) for key in keys]

    def read_parts(self, parts: Sequence[Part]) -> list[bytes]:
        """See `Lake`."""
        self.traffic.gets += sum(-(-(part.stop - part.start) // _PIECE_BYTES) for part in parts)
        self.traffic.read_bytes += sum(part.stop - part.start for part in parts)
        read = self._readers.map if self._delay_s else map
        return list(read(self._read_part, parts))

    def write(self, key: str, body: bytes) -> None:
        """See `Lake`."""
        self.create(key, body)

    def create(self, key: str, body: bytes) -> bool:
        """See `Lake`; nobody else writes here."""
        self._wait()
        self.traffic.puts += 1
        self.traffic.written_bytes += len(body)
        path = self._folders[0] / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        return True

    def delete(self, keys: Sequence[str]) -> None:
        """See `Lake`; too few commits are made for anything to be old."""

    def keys_after(self, prefix: str, after: str) -> list[str]:
        """See `Lake`."""
        self._wait()
        found = {
            str(path.relative_to(folder))
            for folder in self._folders
            for path in (folder / prefix).glob("*")
        }
        return sorted(key for key in found if key > after)

    def sizes(self, prefix: str) -> dict[str, int]:
        """See `Lake`."""
        return {key: self._path(key).stat().st_size for key in self.keys_after(prefix, "")}

    def _read_part(self, part: Part) -> bytes:
        self._wait()
        return os.pread(self._opened(part.key), part.stop - part.start, part.start)

    def _opened(self, key: str) -> int:
        """Open once: what a folder costs that S3 does not is none of the index's."""
        if key not in self._descriptors:
            self._descriptors[key] = os.open(self._path(key), os.O_RDONLY)
        return self._descriptors[key]

    def _wait(self) -> None:
        if self._delay_s:
            time.sleep(self._delay_s)

    def _path(self, key: str) -> Path:
        own, base = (folder / key for folder in self._folders)
        return own if own.exists() else base


class Memory:
    """A `Ledger` that knows the pointer, and a bus on which nobody listens."""

    def __init__(self, revision: int) -> None:
        self._revision = revision

    def announced(self, history: HistoryRef) -> int:  # noqa: ARG002 - there is one
        """See `Ledger`."""
        return self._revision

    def done(self, history: HistoryRef, raw_keys: Sequence[str]) -> dict[str, int]:  # noqa: ARG002 - every file is new
        """See `Ledger`."""
        return {}

    def mark(
        self, history: HistoryRef, raw_keys: Iterable[str], revision: int, sequence: int
    ) -> None:
        """See `Ledger`."""

    def advance(self, commit: Commit, believed: int) -> None:  # noqa: ARG002 - there is one worker
        """See `Ledger`."""
        self._revision = commit.revision

    def publish(self, events: Iterable[Event]) -> None:
        """See `Publisher`."""
