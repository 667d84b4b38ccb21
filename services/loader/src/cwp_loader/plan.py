"""What to load next, and whether the table fits it. Pure functions over commits and columns."""

import re
from collections.abc import Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from cwp_loader.layout import Columns, Shape
from cwp_shared.events import CanonicalCommitted

#: A manifest takes more, but a failing load is easier to read, and to redo, when it is small.
MOST_COMMITS: Final = 200


class Difference(NamedTuple):
    """What keeps a table from taking a file."""

    #: Columns that it lacks.
    missing: Columns
    #: Texts that are longer in the file; the columns as they should be.
    widened: Columns
    #: What no ALTER TABLE can bring about, in words.
    refused: tuple[str, ...]


def next_batch(
    pending: Sequence[CanonicalCommitted], loaded_sequence: int
) -> tuple[CanonicalCommitted, ...]:
    """The commits to load together: they continue the loaded sequence, with equal columns and key.

    COPY maps a file's columns by position, so files with other columns wait for the next load.
    Empty if the next commit is not here.
    """
    numbered = enumerate(pending, loaded_sequence + 1)
    return tuple(
        commit
        for _, commit in takewhile(
            lambda pair: pair[1].sequence == pair[0] and _alike(pair[1], pending[0]), numbered
        )
    )


def _alike(one: CanonicalCommitted, other: CanonicalCommitted) -> bool:
    return (one.columns, one.key_columns) == (other.columns, other.key_columns)


def compare(has: Shape, wanted: Shape) -> Difference:
    """What a table that is there lacks for a file; shorter texts and fewer columns fit as it is."""
    there = {column.name: column.type for column in has.columns}
    differing = [c for c in wanted.columns if there.get(c.name, c.type) != c.type]
    refused = [
        f"column {c.name} is {there[c.name]} there and {c.type} in the file"
        for c in differing
        if not (_length(c.type) and _length(there[c.name]))
    ]
    if has.key and has.key != wanted.key:
        old, new = ", ".join(has.key), ", ".join(wanted.key)
        refused.append(f"rows there are identified by ({old}), in the file by ({new})")
    return Difference(
        missing=tuple(c for c in wanted.columns if c.name not in there),
        widened=tuple(c for c in differing if _length(c.type) > _length(there[c.name])),
        refused=tuple(refused),
    )


def _length(column_type: str) -> int:
    """Of a text, in bytes; 0 for any other type."""
    found = re.fullmatch(r"varchar\((\d+)\)", column_type)
    return int(found[1]) if found else 0
