"""Rows that the transformer set aside: what they are, and taking them after all.

A row is set aside with its whole raw file in raw/, so taking it is reading that file again under a
newer mapping, the way every raw file is read: the history stays a function of its facts, and what
was taken before is known and changes nothing (scd2.md R13).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from cwp_ops import recovery_plan
from cwp_ops.errors import OperatorError
from cwp_shared import keys
from cwp_shared.clock import Clock, utc_now

_NAME: Final = re.compile(
    r"(?P<tenant>[^/]+)/quarantine/(?P<source>[^/]+)/(?P<table>[a-z][a-z0-9_]*)-[0-9TZ]+\.jsonl"
)


@dataclass(frozen=True)
class Aside:
    """The rows of one raw file that one canonical table could not take."""

    key: str
    tenant_id: str
    canonical_table: str
    raw_key: str
    mapping_version: int
    rows: tuple[dict[str, Any], ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows say what."""
        found: dict[str, int] = {}
        for row in self.rows:
            found[row["reason"]] = found.get(row["reason"], 0) + 1
        return found


@dataclass(frozen=True)
class Outcome:
    """What became of one replay: `taken` rows are in the history, `left` are still aside."""

    aside: Aside
    taken: int
    left: int
    note: str = ""


class Lake(Protocol):
    """What this needs of the bucket."""

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes under a prefix."""

    def text(self, key: str) -> str | None:
        """One object's content; None if there is none."""

    def modified(self, key: str) -> datetime | None:
        """When an object was last written; None if there is none."""

    def delete(self, key: str) -> None:
        """Delete an object; not an error if there is none."""


def find(lake: Lake, tenant_id: str) -> list[Aside]:
    """What is set aside of a tenant, oldest raw file first."""
    found = (_read(lake, key) for key, _ in lake.keys(f"{tenant_id}/quarantine/"))
    return sorted((aside for aside in found if aside), key=lambda aside: aside.raw_key)


def _read(lake: Lake, key: str) -> Aside | None:
    name, text = _NAME.fullmatch(key), lake.text(key)
    if not name or not text:
        return None
    rows = tuple(json.loads(line) for line in text.splitlines())
    # What is sent to be read again must be this tenant's, whatever somebody wrote here.
    if not keys.is_of_tenant(rows[0]["raw_key"], name["tenant"]):
        raise OperatorError(
            f"{key} names a raw file of another tenant, {rows[0]['raw_key']}; it is not replayed: "
            "look who wrote it, then delete it"
        )
    return Aside(
        key=key,
        tenant_id=name["tenant"],
        canonical_table=name["table"],
        raw_key=rows[0]["raw_key"],
        mapping_version=rows[0]["mapping_version"],
        rows=rows,
    )


@dataclass(frozen=True)
class Replay:
    """Everything that taking rows again reads and writes.

    `forget` makes the transformer read a raw file again, `is_done` says whether it did.
    """

    lake: Lake
    bucket: str
    versions: dict[str, int]
    forget: Callable[[Aside], None]
    is_done: Callable[[Aside], bool]
    send_files: Callable[[list[tuple[str, str]]], None]
    wait: Callable[[], None]
    clock: Clock = utc_now
    #: Looks before it is left to come later.
    patience: int = 60

    def run(self, asides: Iterable[Aside]) -> list[Outcome]:
        """Take what can be taken now; at any time, any number of times."""
        outcomes: list[Outcome] = []
        sent: list[Aside] = []
        for aside in asides:
            version = self.versions.get(aside.canonical_table)
            if version is None or version == aside.mapping_version:
                outcomes.append(Outcome(aside, 0, len(aside.rows), _unchanged(aside, version)))
            else:
                sent.append(aside)
        written = {aside.key: self.lake.modified(aside.key) for aside in sent}
        self._send(sent)
        return outcomes + [self._outcome(aside, written[aside.key]) for aside in sent]

    def _send(self, asides: list[Aside]) -> None:
        sizes = {a.raw_key: size for a in asides for _, size in self.lake.keys(a.raw_key)}
        for aside in asides:
            self.forget(aside)
        now = self.clock()
        tenants = {aside.raw_key: aside.tenant_id for aside in asides}
        self.send_files(
            [
                (tenants[key], recovery_plan.object_created(self.bucket, key, size, now))
                for key, size in sizes.items()
            ]
        )

    def _outcome(self, aside: Aside, written: datetime | None) -> Outcome:
        count = len(aside.rows)
        for _ in range(self.patience):
            if self.is_done(aside):
                break
            self.wait()
        else:
            return Outcome(aside, 0, count, "sent, not done yet: look again with `list`")
        # The transformer writes what it sets aside before it marks a file.
        if self.lake.modified(aside.key) == written:
            self.lake.delete(aside.key)
            return Outcome(aside, count, 0)
        left = _read(self.lake, aside.key)
        number = len(left.rows) if left else 0
        return Outcome(aside, count - number, number, "some do not fit the deployed mapping")


def _unchanged(aside: Aside, version: int | None) -> str:
    if version is None:
        return f"there is no mappings/{aside.canonical_table}.json"
    return f"the mapping is still version {version}: mend it, raise it, deploy it"
