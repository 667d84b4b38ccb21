"""The transformer itself, on a folder instead of S3: messages in, commits out."""

import json
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.history import workload
from benchmarks.history_growth.places import FolderLake, Memory
from cwp_shared import keys
from cwp_shared.mapping_files import Mappings
from cwp_transformer.backends import Backends
from cwp_transformer.transform import transform

_BUCKET = "bench"


def prepare(data: str, folder: str) -> None:
    """The first load, in as many commits as the service makes of it."""
    _take(f"{data}/base", Path(folder), "20260201T")


def take(data: str, folder: str) -> None:
    """The batch: from its raw files to the canonical file, the index and the commit."""
    _take(f"{data}/batch", Path(folder), "20260301T")


def _take(raw: str, lake: Path, day: str) -> None:
    folder = _Lake(lake)
    messages = []
    for number, path in enumerate(sorted(Path(raw).glob("*.parquet"))):
        key = keys.raw(workload.TENANT, workload.SOURCE, f"{day}{number:012d}Z")
        folder.raw[key] = path
        messages.append((path.name, _created(key, path.stat().st_size)))
    memory = Memory(0)
    backends = Backends(folder, memory, memory, lambda: datetime.now(UTC))
    failures = transform(messages, _BUCKET, Mappings((workload.mapping(),)), backends)
    if failures:
        raise next(iter(failures.values()))


def _created(key: str, size: int) -> str:
    detail = {"bucket": {"name": _BUCKET}, "object": {"key": key, "size": size}}
    return json.dumps({"source": "aws.s3", "detail-type": "Object Created", "detail": detail})


class _Lake(FolderLake):
    """A lake in a folder. Raw files are read from where they lie."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder)
        self.raw: dict[str, Path] = {}

    def _path(self, key: str) -> Path:
        return self.raw.get(key) or super()._path(key)
