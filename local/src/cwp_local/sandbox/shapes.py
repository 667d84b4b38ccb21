"""How rows are shown where a service differs from the stored shape. Costs nothing where none does.

Stored rows leave nulls out and have custom fields of the first generation.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias

import msgspec

from cwp_local.sandbox.calls import Answer, Call, Row, json_text
from cwp_local.sandbox.projection import projection
from cwp_local.sandbox.tables import Table
from cwp_local.sandbox.weather.model import Drift, Weather

Change: TypeAlias = Callable[[Row], Row]

_NEWEST = (9999, 0)
_VERSION = re.compile(r"version\s*=\s*(\d+)\.(\d+)")


@dataclass(frozen=True)
class Shape:
    """What differs from the stored shape; `of` gives None if nothing does."""

    explicit_nulls: bool
    new_custom_fields: bool
    without_info: frozenset[str]
    drift: tuple[Drift, ...]

    @classmethod
    def of(cls, weather: Weather) -> "Shape | None":
        """The shape that a weather asks for."""
        shape = cls(
            weather.explicit_nulls,
            weather.custom_fields == "new",
            frozenset(weather.without_info),
            weather.drift,
        )
        return None if shape == _STORED else shape

    def shown(self, table: Table, call: Call, answer: Answer, fields: str = "") -> Answer:
        """An answer that carries rows of `table`, in this shape.

        Args:
            table: whose rows they are.
            call: the request, whose Accept header may ask for an older version.
            answer: a row or a list of them, already cut to `fields`.
            fields: as the request gave it; what the shape adds is cut to it too.
        """
        content = msgspec.json.decode(answer.body)
        is_list = isinstance(content, list)
        changes = self._changes(table, call, is_list=is_list)
        rows = [_changed(row, changes) for row in (content if is_list else [content])]
        bodies = [json_text(row).encode() for row in rows]
        if fields.strip():
            bodies = list(map(projection(table, fields), bodies))
        body = b"[" + b",".join(bodies) + b"]" if is_list else bodies[0]
        return replace(answer, body=body)

    def _changes(self, table: Table, call: Call, *, is_list: bool) -> list[Change]:
        changes: list[Change] = []
        if self.new_custom_fields:
            changes.append(_newer_custom_fields)
        if self.explicit_nulls:
            absent = dict.fromkeys(name for name in table.entity.types if name != "_info")
            changes.append(lambda row: {**absent, **row})
        asked = _version(call.headers.get("accept", ""))
        changes.extend(
            partial(_drifted, drift)
            for drift in self.drift
            if drift.table == table.id and (not drift.since or asked >= _parts(drift.since))
        )
        if is_list and table.id in self.without_info:
            changes.append(lambda row: {key: row[key] for key in row if key != "_info"})
        return changes


def _changed(row: Row, changes: list[Change]) -> Row:
    for change in changes:
        row = change(row)
    return row


def _newer_custom_fields(row: Row) -> Row:
    fields = row.get("customFields")
    if not isinstance(fields, list):
        return row
    newer = [
        {"value": None, **field, "rowNum": place, "userDefinedFieldRecId": field["id"], "podId": 1}
        for place, field in enumerate(fields, start=1)
    ]
    return {**row, "customFields": newer}


def _drifted(drift: Drift, row: Row) -> Row:
    if drift.retyped is None:
        return {**row, drift.field: drift.value}
    if row.get(drift.field) is None:
        return row
    return {**row, drift.field: _RETYPED[drift.retyped](row[drift.field])}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return float(len(value))


_RETYPED: dict[str, Callable[[Any], Any]] = {
    "string": _text,
    "number": _number,
    "list": lambda value: [value],
    "object": lambda value: {"value": value},
}


def _version(accept: str) -> tuple[int, int]:
    """The version that a client asks for; the newest there can be, if it does not say."""
    found = _VERSION.search(accept)
    return (int(found[1]), int(found[2])) if found else _NEWEST


def _parts(version: str) -> tuple[int, int]:
    year, _, number = version.partition(".")
    return int(year), int(number)


_STORED = Shape(explicit_nulls=False, new_custom_fields=False, without_info=frozenset(), drift=())
