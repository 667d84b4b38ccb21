"""The transformer itself, on a folder instead of S3: messages in, commits out."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.history import workload
from cwp_shared import keys
from cwp_shared.errors import Terminal
from cwp_shared.events import Event
from cwp_shared.mapping_files import Mappings
from cwp_transformer.backends import Backends
from cwp_transformer.commits import Commit
from cwp_transformer.ledger import HistoryRef
from cwp_transformer.transform import transform

_BUCKET = "bench"


def prepare(data: str, folder: str) -> None:
    """The first load, in as many commits as the service makes of it."""
    _take(f"{data}/base", Path(folder), "20260201T")


def take(data: str, folder: str) -> None:
    """The batch: from its raw files to the canonical file, the index and the commit."""
    _take(f"{data}/batch", Path(folder), "20260301T")


def _take(raw: str, lake: Path, day: str) -> None:
    folder = FolderLake(lake)
    messages = []
    for number, path in enumerate(sorted(Path(raw).glob("*.parquet"))):
        key = keys.raw(workload.TENANT, workload.SOURCE, f"{day}{number:012d}Z")
        folder.raw[key] = path
        messages.append((path.name, _created(key, path.stat().st_size)))
    backends = Backends(folder, _Ledger(), _Bus(), lambda: datetime.now(UTC))
    failures = transform(messages, _BUCKET, Mappings((workload.mapping(),)), backends)
    if failures:
        raise next(iter(failures.values()))


def _created(key: str, size: int) -> str:
    detail = {"bucket": {"name": _BUCKET}, "object": {"key": key, "size": size}}
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


class FolderLake:
    """A `Lake` in a folder. Raw files are read from where they lie."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.raw: dict[str, Path] = {}

    def _path(self, key: str) -> Path:
        return self.raw.get(key, self._folder / key)

    def read(self, key: str) -> bytes:
        """See `Lake`."""
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise Terminal(f"there is no object {key}") from None

    def write(self, key: str, body: bytes) -> None:
        """See `Lake`."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)

    def create(self, key: str, body: bytes) -> bool:
        """See `Lake`."""
        if self._path(key).exists():
            return False
        self.write(key, body)
        return True

    def keys_after(self, prefix: str, after: str) -> list[str]:
        """See `Lake`."""
        found = (str(p.relative_to(self._folder)) for p in self._folder.glob(f"{prefix}*"))
        return sorted(key for key in found if key > after)


class _Ledger:
    """Knows nothing: each run looks into the lake itself."""

    def announced(self, _: HistoryRef) -> int:
        return 0

    def done(self, _: HistoryRef, __: Sequence[str]) -> dict[str, int]:
        return {}

    def mark(
        self, history: HistoryRef, raw_keys: Iterable[str], revision: int, sequence: int
    ) -> None:
        """Nothing to remember."""

    def advance(self, commit: Commit, believed: int) -> None:
        """Nothing to remember."""


class _Bus:
    def publish(self, events: Iterable[Event]) -> None:
        """Nobody listens."""
