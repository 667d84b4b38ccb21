"""Types: what a column of a page holds, and what that makes of the column of a file.

A file's column has one type, decided by all that its pages hold there, so that it does not matter
how pages were batched: bool, int64, double or string. Anything that no other type can hold
without loss is string: strings as they are, everything else as its JSON text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

#: `wide`: an int that double would round; `huge`: an int beyond int64.
Kind = Literal["bool", "int", "wide", "huge", "float", "str"]

_EXACT_IN_DOUBLE: Final = 2**53
_INT64: Final = range(-(2**63), 2**63)

_ARROW: Final = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}


@dataclass(frozen=True)
class Chunk:
    """A page's values of one column: as Arrow where they are of one type, else as they came."""

    kinds: frozenset[Kind]
    values: Any


#: The columns of a page by name.
Chunks = dict[str, Chunk]


def chunk(values: Sequence[Any], only: type | None = None) -> Chunk | None:
    """Pack a column of a page; None if there is nothing but None in it.

    Args:
        values: str, int, float, bool or None.
        only: the one type they have beside None, where that is known; else it is found out.
    """
    types = {only} if only else set(map(type, values)) - {type(None)}
    if not types:
        return None
    if len(types) == 1:
        kind = types.pop()
        try:
            array = pa.array(values, _ARROW[kind])
        except OverflowError:
            pass
        else:
            return Chunk(_kinds_of(array, kind), array) if array.null_count < len(array) else None
    return Chunk(frozenset(map(_kind, filter(_there, values))), values)


def column_type(kinds: Iterable[Kind]) -> pa.DataType:
    """The type that holds all `kinds` without loss."""
    there = frozenset(kinds)
    if there <= {"int", "wide"}:
        return pa.int64()
    if there <= {"int", "float"}:
        return pa.float64()
    return pa.bool_() if there == {"bool"} else pa.string()


def join(
    chunks: Sequence[Chunk | None], lengths: Sequence[int], wanted: pa.DataType
) -> pa.ChunkedArray:
    """One column of type `wanted`, which holds all the chunks; None where there is no such column.

    Args:
        chunks: one after the other.
        lengths: the number of rows of each.
        wanted: as `column_type` says of all of their kinds.
    """
    return pa.chunked_array(
        [
            _cast(chunk.values, wanted) if chunk else pa.nulls(length, wanted)
            for chunk, length in zip(chunks, lengths, strict=True)
        ],
        wanted,
    )


def _kinds_of(array: Any, python_type: type) -> frozenset[Kind]:
    if python_type is not int:
        return frozenset({_NAMES[python_type]})
    ends = pc.min_max(array)
    return frozenset({_kind(ends["min"].as_py()), _kind(ends["max"].as_py())})


_NAMES: Final[dict[type, Kind]] = {bool: "bool", float: "float", str: "str"}


def _kind(value: Any) -> Kind:
    if type(value) is not int:
        return _NAMES[type(value)]
    if abs(value) <= _EXACT_IN_DOUBLE:
        return "int"
    return "wide" if value in _INT64 else "huge"


def _there(value: Any) -> bool:
    return value is not None


def _cast(values: Any, wanted: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        if values.type == wanted:
            return values
        if wanted == pa.float64():
            return values.cast(wanted)
        values = values.to_pylist()
    if wanted == pa.float64():
        return pa.array([None if value is None else float(value) for value in values], wanted)
    return pa.array([_text(value) for value in values], wanted)


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
