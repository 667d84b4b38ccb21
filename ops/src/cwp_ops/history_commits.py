"""The commits of a history, read for people: which files they name, and whether they add up."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

from cwp_ops.errors import OperatorError
from cwp_shared import keys

Commit = dict[str, Any]


class Lake(Protocol):
    """What this needs of the bucket."""

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes under a prefix."""

    def texts(self, wanted: Iterable[str]) -> Iterator[str]:
        """The contents of objects, in any order."""


@dataclass(frozen=True)
class Stand:
    """Where a history stands by its newest commit."""

    revision: int
    sequence: int
    versions: int
    current: int


def read_commits(lake: Lake, tenant_id: str, table: str) -> list[Commit]:
    """All commits, oldest first.

    Raises:
        OperatorError: there are none.
    """
    found = [key for key, _ in lake.keys(keys.state(tenant_id, table, "commits/"))]
    if not found:
        raise OperatorError(f"there is no history of {tenant_id}.{table} in the lake")
    return sorted(map(json.loads, lake.texts(found)), key=lambda commit: commit["revision"])


def canonical_keys(commits: Iterable[Commit]) -> list[str]:
    """The files that count, in the order in which they are applied."""
    return [commit["canonical"]["key"] for commit in commits if commit["canonical"]]


def stand(commits: Sequence[Commit]) -> Stand:
    """What the newest commit says."""
    newest, totals = commits[-1], commits[-1]["totals"]
    return Stand(newest["revision"], newest["sequence"], totals["versions"], totals["current"])


def complaints(commits: Sequence[Commit]) -> Iterator[str]:
    """What does not add up from one commit to the next (scd2.md I8); nothing, if all is well."""
    nothing = {"revision": 0, "sequence": 0, "totals": {"versions": 0}}
    for before, after in pairwise([nothing, *commits]):
        name = f"revision {after['revision']}"
        if after["revision"] != before["revision"] + 1:
            yield f"{name} follows revision {before['revision']}"
        file = after["canonical"]
        if after["sequence"] != before["sequence"] + bool(file):
            yield f"{name} has sequence {after['sequence']} after {before['sequence']}"
        grown = file["opened"] - file["removed"] if file else 0
        if after["totals"]["versions"] != before["totals"]["versions"] + grown:
            yield (
                f"{name} has {after['totals']['versions']} versions: {grown:+} to "
                f"{before['totals']['versions']} (I8)"
            )
