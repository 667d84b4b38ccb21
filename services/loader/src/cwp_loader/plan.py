"""What to load next, and whether the table fits it. Pure functions over commits and columns."""

from collections.abc import Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from cwp_loader.layout import Columns, warehouse_columns
from cwp_shared.events import CanonicalCommitted

#: A manifest takes more, but a failing load is easier to read, and to redo, when it is small.
MOST_COMMITS: Final = 200


class Difference(NamedTuple):
    """How the columns of a file differ from those of the warehouse table."""

    missing: tuple[str, ...]
    #: `name: type there -> type in the file`
    changed: tuple[str, ...]


def next_batch(
    pending: Sequence[CanonicalCommitted], loaded_sequence: int
) -> tuple[CanonicalCommitted, ...]:
    """The commits to load together: they continue the loaded sequence and have equal columns.

    COPY maps a file's columns by position, so files with other columns wait for the next load.
    Empty if the next commit is not here.
    """
    numbered = enumerate(pending, loaded_sequence + 1)
    return tuple(
        commit
        for _, commit in takewhile(
            lambda pair: pair[1].sequence == pair[0] and pair[1].columns == pending[0].columns,
            numbered,
        )
    )


def compare(has: Columns, file_columns: Columns) -> Difference:
    """What the warehouse table lacks for a file, and what it has in another type."""
    types = {column.name: column.type for column in has}
    wanted = warehouse_columns(file_columns)
    return Difference(
        missing=tuple(c.name for c in wanted if c.name not in types),
        changed=tuple(
            f"{c.name}: {types[c.name]} -> {c.type}"
            for c in wanted
            if types.get(c.name, c.type) != c.type
        ),
    )
