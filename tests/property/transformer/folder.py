"""What threads share: a lake in a folder with a real conditional put; and lives cut short."""

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random
from threading import Barrier, Lock
from typing import Any
from uuid import uuid4

from cwp_shared.errors import Terminal
from cwp_transformer.commits import Commit
from cwp_transformer.lake import Part
from tests.unit.transformer.fakes import Crash, FakeLedger

#: So long a worker waits for the others before it gives the test up.
PATIENCE_S = 60


class FolderLake:
    """A `Lake` in a folder. An object appears whole or not at all, and is created only once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = folder / ".drafts"
        self._drafts.mkdir()

    def read(self, key: str) -> bytes:
        try:
            return (self._folder / key).read_bytes()
        except FileNotFoundError:
            raise Terminal(f"there is no object {key}") from None

    def read_all(self, keys: Sequence[str]) -> list[bytes]:
        return [self.read(key) for key in keys]

    def read_parts(self, parts: Sequence[Part]) -> list[bytes]:
        return [self.read(part.key)[part.start : part.stop] for part in parts]

    def write(self, key: str, body: bytes) -> None:
        self._draft(body).replace(self._made(key))

    def create(self, key: str, body: bytes) -> bool:
        draft = self._draft(body)
        try:
            # Unlike a rename, a link fails if the name is taken: atomically, for any process.
            os.link(draft, self._made(key))
        except FileExistsError:
            return False
        finally:
            draft.unlink()
        return True

    def keys_after(self, prefix: str, after: str) -> list[str]:
        return [key for key in self.sizes(prefix) if key > after]

    def sizes(self, prefix: str) -> dict[str, int]:
        found = {
            str(path.relative_to(self._folder)): path.stat().st_size
            for path in self._folder.glob(f"{Path(prefix).parts[0]}/**/*")
            if path.is_file()
        }
        return {key: found[key] for key in sorted(found) if key.startswith(prefix)}

    def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            (self._folder / key).unlink(missing_ok=True)

    def _draft(self, body: bytes) -> Path:
        path = self._drafts / uuid4().hex
        path.write_bytes(body)
        return path

    def _made(self, key: str) -> Path:
        path = self._folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


class SharedLedger(FakeLedger):
    """A ledger whose conditional put is one step, whoever else is at it."""

    _lock = Lock()

    def advance(self, commit: Commit, believed: int) -> None:
        with self._lock:
            super().advance(commit, believed)


class Mortal:
    """What one worker has of the world: it may die before or after anything that it does to it."""

    def __init__(self, real: Any, chance: Random, share: float) -> None:
        self._real, self._chance, self._share = real, chance, share

    def __getattr__(self, name: str) -> Any:
        deed = getattr(self._real, name)

        def done(*arguments: Any) -> Any:
            self._perhaps_die()
            answer = deed(*arguments)
            self._perhaps_die()
            return answer

        return done

    def _perhaps_die(self) -> None:
        if self._chance.random() < self._share:
            raise Crash


class RacedLake(Mortal):
    """A worker's lake: its first commit waits for every other worker's, so that they must race."""

    def __init__(self, real: FolderLake, chance: Random, share: float, start: Barrier) -> None:
        super().__init__(real, chance, share)
        self._start: Barrier | None = start
        self.lost = 0

    def create(self, key: str, body: bytes) -> bool:
        self._perhaps_die()
        is_commit = "/commits/" in key
        if is_commit and self._start:
            start, self._start = self._start, None
            start.wait(PATIENCE_S)
        made: bool = self._real.create(key, body)
        self.lost += is_commit and not made
        self._perhaps_die()
        return made
