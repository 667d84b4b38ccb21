"""One number for everything that makes the deployment, so that `up` knows when to deploy again."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

#: Files and folders, from the root, that end in the deployed stacks.
SOURCES = (
    "services",
    "shared",
    "mappings",
    "config/local.yml",
    "scripts",
    "serverless-compose.yml",
    "package-lock.json",
)
_GENERATED = frozenset({".build", ".serverless", "__pycache__", "node_modules"})
_FOR_PEOPLE = frozenset({".md", ".pyc"})


def of_sources(root: Path, settings: Mapping[str, str]) -> str:
    """A digest of the sources under `root` and of the `settings` that deploying them takes."""
    digest = hashlib.sha256(json.dumps(dict(settings), sort_keys=True).encode())
    for path in _files(root):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for source in SOURCES:
        start = root / source
        found = [start] if start.is_file() else sorted(start.rglob("*"))
        yield from (path for path in found if _counts(path.relative_to(root), path))


def _counts(relative: Path, path: Path) -> bool:
    return (
        path.is_file()
        and path.suffix not in _FOR_PEOPLE
        and not _GENERATED.intersection(relative.parts)
    )
