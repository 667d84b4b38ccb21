"""What pages hold, by column, and what that makes of the columns of a file.

Values that repeat from row to row are kept once: a content says which rows have which of them, and
only the file's columns, at the end, have each value in each of its rows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from cwp_writer.columns import Chunks, Kind, column_type, join

if TYPE_CHECKING:
    from array import array

#: An array or a chunked array of Arrow.
Column = Any


@dataclass(frozen=True)
class Reference:
    """For each row, where in `objects`, counted through all of them, the rest of its columns is.

    `objects` may be shared with other contents, and grows when those refer to more.
    """

    objects: "list[Content]"
    positions: "array[int]"


@dataclass(frozen=True)
class Content:
    """So many rows: the columns by name that are their own, and references to the others."""

    rows: int
    chunks: Chunks = field(default_factory=dict)
    references: list[Reference] = field(default_factory=list)


def columns(contents: Sequence[Content]) -> dict[str, Column]:
    """The columns of all contents, one after the other, in order of name.

    A column's type is what holds all that is in it, in whichever content and kept in whichever way.
    """
    kinds: dict[str, set[Kind]] = defaultdict(set)
    _gather_kinds(contents, kinds)
    types = {name: column_type(there) for name, there in kinds.items()}
    return dict(sorted(_columns(contents, types).items()))


def _gather_kinds(contents: Sequence[Content], kinds: dict[str, set[Kind]]) -> None:
    for content in contents:
        for name, chunk in content.chunks.items():
            kinds[name] |= chunk.kinds
    for objects in _referred(contents).values():
        _gather_kinds(objects, kinds)


def _columns(contents: Sequence[Content], types: Mapping[str, pa.DataType]) -> dict[str, Column]:
    lengths = [content.rows for content in contents]
    names = {name for content in contents for name in content.chunks}
    found = {
        name: join([content.chunks.get(name) for content in contents], lengths, types[name])
        for name in names
    }
    for objects, positions in _positions(contents):
        for name, column in _columns(objects, types).items():
            taken = _whole(column).take(positions)
            # Two of one name: an object in some rows, a plain value in others.
            found[name] = pc.coalesce(found[name], taken) if name in found else taken
    return found


def _referred(contents: Sequence[Content]) -> dict[int, list[Content]]:
    """What the contents refer to, each once, by identity."""
    references = (reference for content in contents for reference in content.references)
    return {id(reference.objects): reference.objects for reference in references}


def _positions(contents: Sequence[Content]) -> Iterator[tuple[list[Content], pa.Array]]:
    """What is referred to, and where in it each row of all contents has its columns, or null."""
    by_content = [
        {id(reference.objects): reference.positions for reference in content.references}
        for content in contents
    ]
    for key, objects in _referred(contents).items():
        parts = [
            _array(found[key]) if key in found else pa.nulls(content.rows, pa.int32())
            for content, found in zip(contents, by_content, strict=True)
        ]
        yield objects, pa.concat_arrays(parts)


def _array(positions: "array[int]") -> pa.Array:
    return pa.Array.from_buffers(pa.int32(), len(positions), [None, pa.py_buffer(positions)])


def _whole(column: Column) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
