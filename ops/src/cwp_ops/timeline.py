"""One record's history, told as what changed when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: How we know, not what was: left out of what changed. `load_notes` is told: of a change beyond the
#: cut of a long text it may be all that shows.
_SYSTEM = frozenset(
    {
        "sk",
        "effective_from",
        "effective_to",
        "is_current",
        "is_deleted",
        "source_updated_at",
        "attr_hash",
        "recorded_at",
        "run_id",
        "mapping_version",
        "sequence",
        "tenant_id",
    }
)


@dataclass(frozen=True)
class Version:
    """One version: when it held, and what it changed (column, before, after)."""

    effective_from: str
    effective_to: str | None
    is_deleted: bool
    changes: tuple[tuple[str, Any, Any], ...]


def timeline(rows: Sequence[Mapping[str, Any]]) -> list[Version]:
    """The versions of one record, given its rows oldest first. The first one changes nothing."""
    versions = []
    before: Mapping[str, Any] | None = None
    for row in rows:
        versions.append(
            Version(
                effective_from=str(row["effective_from"]),
                effective_to=None if row["effective_to"] is None else str(row["effective_to"]),
                is_deleted=bool(row["is_deleted"]),
                changes=() if before is None else _changes(before, row),
            )
        )
        before = row
    return versions


def _changes(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[tuple[str, Any, Any], ...]:
    return tuple(
        (name, before.get(name), after.get(name))
        for name in after
        if name not in _SYSTEM and before.get(name) != after.get(name)
    )
