"""From nested rows to columns of plain values, named as `cwp_shared.raw_columns` says.

A column's name tells its path and nothing else: the pieces are joined with `__`, and read back by
cutting at the leftmost `__` (`company___info__name` is company, _info, name). A piece that would
make that ambiguous is escaped with `%XX`: none that ConnectWise is known to send.
"""

import re
from typing import Any

import msgspec

from cwp_writer.columns import Chunks, chunk
from cwp_writer.rows import Row

SEPARATOR = "__"

#: `_` before `_` or at the end, control characters, and the escape sign itself.
_AMBIGUOUS = re.compile(r"%|_(?=_)|_\Z|[\x00-\x1f\x7f]")
#: An API field must not look like a column of ours.
_OURS = "_cwp_"

Columns = dict[str, list[Any]]
#: The pieces of a column's name.
Path = tuple[str, ...]

_encode = msgspec.json.encode


def flatten(rows: list[Row]) -> Columns:
    """The columns of `rows`, in order of name, each with one value or None per row.

    Values are str, int, float, bool or None. Lists are JSON text, empty objects vanish, a field
    that is null in every row is no column.
    """
    root = _Place(())
    for index, row in enumerate(rows):
        _take(root, row, index)
    columns: Columns = {}
    _collect(root, len(rows), columns)
    return dict(sorted(columns.items()))


def flat_chunks(rows: list[Row]) -> Chunks:
    """The columns of `rows`, packed."""
    packed = {name: chunk(values) for name, values in flatten(rows).items()}
    return {name: found for name, found in packed.items() if found}


def below(path: Path, key: str) -> Path:
    """The path of the field `key` of the object at `path`; the row itself is at `()`."""
    name = piece(key)
    if not path and name.startswith(_OURS):
        name = f"%{ord('_'):02X}{name[1:]}"
    return (*path, name)


def piece(key: str) -> str:
    """A field name as a piece of a column name."""
    return _AMBIGUOUS.sub(lambda found: f"%{ord(found[0]):02X}", key) or "%"


class _Place:
    """A place in the tree of fields: the values found there, and the places below it."""

    __slots__ = ("below", "path", "values")

    def __init__(self, path: Path) -> None:
        self.path = path
        self.below: dict[str, _Place] = {}
        self.values: list[Any] = []

    def open(self, key: str) -> "_Place":
        place = self.below[key] = _Place(below(self.path, key))
        return place


def _take(place: _Place, fields: Row, index: int) -> None:
    # The hot loop: once per field of every row.
    places = place.below
    for key, value in fields.items():
        if value is None:
            continue
        found = places.get(key) or place.open(key)
        kind = type(value)
        if kind is dict:
            _take(found, value, index)
            continue
        values = found.values
        if missing := index - len(values):
            values.extend([None] * missing)
        values.append(_encode(value).decode() if kind is list else value)


def _collect(place: _Place, rows: int, columns: Columns) -> None:
    if place.values:
        place.values.extend([None] * (rows - len(place.values)))
        columns[SEPARATOR.join(place.path)] = place.values
    for inner in place.below.values():
        _collect(inner, rows, columns)
