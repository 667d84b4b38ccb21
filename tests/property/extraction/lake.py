"""What raw/ and quarantine/ hold, and what they should hold by the sandbox's own account."""

import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow.parquet as pq

from cwp_local.sandbox.company import Company
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import TABLES
from cwp_shared import raw_columns
from cwp_shared.clock import iso_seconds
from cwp_shared.sensitive import drop_sensitive
from cwp_shared.tables import source_table
from cwp_writer.flatten import flatten
from tests.property.extraction.cloud import Bucket

#: A row as raw/ has it: column to value, without columns that are null.
Flat = dict[str, Any]
_CHANGED = "_info__lastUpdated"
_EVERY_CHANGE = 1_000_000


@dataclass(frozen=True)
class Seen:
    """A row as a run saw it; `order` is "o" of scd2.md, section 2."""

    order: tuple[Any, ...]
    row: Flat


@dataclass
class Lake:
    """A bucket as a reader of raw/ sees it. Files are read once: they never change."""

    bucket: Bucket
    _read: set[str] = field(default_factory=set)
    _seen: dict[str, dict[int, list[Seen]]] = field(default_factory=dict)

    def observations(self, table: str) -> Mapping[int, list[Seen]]:
        """All rows of a table in raw/, by id."""
        for key in self.bucket.under("raw", "connectwise", table):
            if key not in self._read:
                self._read.add(key)
                self._take(table, self.bucket.objects[key])
        return self._seen.get(table, {})

    def latest(self, table: str) -> dict[int, Flat]:
        """The last row that was seen of each id."""
        found = self.observations(table)
        return {id_: max(seen, key=lambda one: one.order).row for id_, seen in found.items()}

    def quarantined(self, table: str) -> dict[int, list[dict[str, Any]]]:
        """What lies in quarantine/ with its reason, by id."""
        found: dict[int, list[dict[str, Any]]] = {}
        for key in self.bucket.under("quarantine", table):
            note = json.loads(self.bucket.objects[key]) if key.endswith(".json") else {}
            if "row_id" in note:
                found.setdefault(note["row_id"], []).append(note | {"key": key})
        return found

    def _take(self, table: str, content: bytes) -> None:
        for row in pq.read_table(io.BytesIO(content)).to_pylist():
            order = tuple(row.pop(name) for name in _ORDER)
            flat = {name: value for name, value in row.items() if value is not None}
            by_id = self._seen.setdefault(table, {})
            by_id.setdefault(flat["id"], []).append(Seen(order, flat))


_ORDER = (
    raw_columns.UPPER,
    raw_columns.RUN_ID,
    raw_columns.WINDOW,
    raw_columns.PAGE,
    raw_columns.ROW,
)


@lru_cache(maxsize=20_000)
def flat_row(table: str, body: bytes) -> Flat:
    """A row of the sandbox as raw/ should have it; not to be changed."""
    row = msgspec.json.decode(body)
    drop_sensitive([row], source_table(table).sensitive_fields)
    return {name: values[0] for name, values in flatten([row]).items()}


def rows_now(company: Company, table: str) -> dict[int, Flat]:
    """The sandbox's rows of a table."""
    page = company.store.page(TABLES[table], Search(), "id", limit=100_000)
    bodies = zip(page.ids, page.bodies, strict=True)
    return {id_: flat_row(table, body) for id_, body in bodies}


def rows_ever(company: Company, table: str) -> Iterator[tuple[int, Flat]]:
    """Every version of every row of a table that the sandbox ever had."""
    yield from rows_now(company, table).items()
    for change in company.store.history(0, _EVERY_CHANGE):
        if change.table == table and change.body is not None:
            yield change.row_id, flat_row(table, change.body)


def unwritten(lake: Lake, company: Company, table: str, until: datetime) -> list[int]:
    """Ids of the rows last changed before `until` that lie neither in raw/ nor in quarantine/."""
    seen, aside, text = lake.observations(table), lake.quarantined(table), iso_seconds(until)
    return [
        id_
        for id_, row in rows_now(company, table).items()
        if row.get(_CHANGED, "") < text
        and id_ not in aside
        and not any(one.row.get(_CHANGED, "") >= row[_CHANGED] for one in seen.get(id_, ()))
    ]


def differing(lake: Lake, company: Company, table: str) -> list[str]:
    """Where raw/ does not say of a row what the sandbox says, set aside or not; empty: nowhere."""
    latest, aside = lake.latest(table), lake.quarantined(table)
    return [
        f"{table} {id_}: {_difference(latest.get(id_), row)}"
        for id_, row in rows_now(company, table).items()
        if latest.get(id_) != row and id_ not in aside
    ]


def made_up(lake: Lake, company: Company, table: str) -> list[str]:
    """Rows in raw/ that the sandbox never had."""
    versions: dict[int, list[Flat]] = {}
    for id_, row in rows_ever(company, table):
        versions.setdefault(id_, []).append(row)
    return [
        f"{table} {id_}: {one.order}"
        for id_, seen in lake.observations(table).items()
        for one in seen
        if one.row not in versions.get(id_, ())
    ]


def unexplained(lake: Lake, table: str, told: Iterable[dict[str, Any]]) -> list[str]:
    """Rows that were set aside without a reason, or without an event that says so."""
    said = {
        (event["run_id"], event["quarantine_key"], *event["row_ids"])
        for event in told
        if event["table"] == table and event["reason"]
    }
    return [
        note["key"]
        for notes in lake.quarantined(table).values()
        for note in notes
        if not note["reason"] or (note["run_id"], note["key"], note["row_id"]) not in said
    ]


def _difference(found: Flat | None, wanted: Flat) -> str:
    if found is None:
        return "not in raw/"
    names = sorted(n for n in found.keys() | wanted.keys() if found.get(n) != wanted.get(n))
    return ", ".join(f"{n}: {found.get(n)!r}, not {wanted.get(n)!r}" for n in names)
