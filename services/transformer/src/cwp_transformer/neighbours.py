"""Tables in order, asked row by row about the row before and the row after, in whole columns."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

#: In one piece or in several.
Column: TypeAlias = pa.ChunkedArray


def in_order(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """The rows sorted by the columns, ascending, none of them NULL; each column in one piece."""
    table = table.combine_chunks()
    if _is_in_order(table, names):
        return table
    order = pc.sort_indices(table, [(name, "ascending") for name in names])
    return table.take(order).combine_chunks()


def _is_in_order(table: pa.Table, names: Sequence[str]) -> bool:
    """Whether no row comes before the row before it; looking is far cheaper than sorting."""
    holds = pa.repeat(pa.scalar(value=True), len(table))
    for name in reversed(names):
        here, last = table[name], before(table[name])
        holds = pc.or_(
            is_true(pc.greater(here, last)), pc.and_(is_true(pc.equal(here, last)), holds)
        )
    return bool(pc.all(holds.slice(1), min_count=0).as_py())


def before(column: Column) -> pa.ChunkedArray:
    """Of every row the value of the row before; NULL for the first."""
    return _chunked([pa.nulls(min(1, len(column)), column.type), column.slice(0, len(column) - 1)])


def after(column: Column) -> pa.ChunkedArray:
    """Of every row the value of the row after; NULL for the last."""
    return _chunked([column.slice(1), pa.nulls(min(1, len(column)), column.type)])


def _chunked(parts: Sequence[Column]) -> pa.ChunkedArray:
    chunks: list[Any] = []
    for part in parts:
        chunks += part.chunks if isinstance(part, pa.ChunkedArray) else [part]
    return pa.chunked_array(chunks, parts[0].type)


def is_true(column: Column) -> Column:
    """With false for NULL."""
    filled: Column = pc.fill_null(column, fill_value=False)
    return filled


def equal(one: Column, other: Column) -> Column:
    """Whether two values are the same, or both NULL: never NULL."""
    both_null = pc.and_(pc.is_null(one), pc.is_null(other))
    same: Column = pc.or_(is_true(pc.equal(one, other)), both_null)
    return same


def same_as_before(table: pa.Table, *names: str) -> Column:
    """Whether a row has the values of the row before in all these columns, none of them NULL."""
    found = [is_true(pc.equal(table[name], before(table[name]))) for name in names]
    return all_of(*found)


def all_of(*columns: Column) -> Column:
    """Whether all are true."""
    result = columns[0]
    for column in columns[1:]:
        result = pc.and_(result, column)
    return result


def any_of(*columns: Column) -> Column:
    """Whether one is true."""
    result = columns[0]
    for column in columns[1:]:
        result = pc.or_(result, column)
    return result


def count(flags: Column) -> int:
    """How many are true."""
    number: int = pc.sum(flags, min_count=0).as_py()
    return number
