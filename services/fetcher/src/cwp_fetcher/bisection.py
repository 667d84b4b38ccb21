"""Finding the rows that spoil a page, and giving all the others. Nothing here does I/O.

One bad record makes every page that has it answer 500 (connectwise-api.md 4). Pages are asked by
keyset, so half a page is the same question with half the size: no list of ids is needed first.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cwp_fetcher.rows import Rows
from cwp_shared.connectwise.failures import ServerFault

#: The next `size` rows after an id. Raises `ServerFault` if one of them cannot be given.
Read = Callable[[int, int], Rows]
#: The id of the next row after an id, without showing the row; None if there is none.
Find = Callable[[int], int | None]
#: How many rows have ids in (low, high].
Count = Callable[[int, int], int]

#: Ids are 32-bit integers everywhere (connectwise-api.md 5).
HIGHEST_ID: Final = 2**31 - 1


@dataclass(frozen=True)
class BadRow:
    """A row that the API cannot give, and what it says instead."""

    id: int
    reason: str


class Bisection:
    """The `size` rows after `after_id`, one of which at least is bad: iterate once.

    What comes are good rows and bad ones, lowest ids first, each of the range exactly once. An
    error in between (throttled, no connection) is raised where it happens; what came before it is
    whole up to its last id, and `narrowest` says how many rows after that are known to hold a bad
    one.

    With b bad rows among n it takes at most b * (2 * log2(n) + 3) reads, and b finds.
    """

    def __init__(self, read: Read, find: Find, after_id: int, size: int) -> None:
        self._read = read
        self._find = find
        self._after_id = after_id
        #: How many rows, and whether one of them is known to be bad; the next piece is last.
        self._pieces = [(size, True)]
        self.narrowest = size

    def __iter__(self) -> Iterator[Rows | BadRow]:
        while self._pieces:
            size, is_bad = self._pieces.pop()
            found = self._next(size, is_bad=is_bad)
            if isinstance(found, Rows):
                if not found.ids:
                    return
                self._after_id = found.ids[-1]
                yield found
            elif found:
                self._after_id = found.id
                yield found

    def _next(self, size: int, *, is_bad: bool) -> Rows | BadRow | None:
        """Read a piece, or half of one that is known to be bad; None: it was cut smaller."""
        wanted = max(size // 2, 1) if is_bad else size
        try:
            rows = self._read(self._after_id, wanted)
        except ServerFault as fault:
            if fault.timed_out:
                raise
            self.narrowest = wanted
            self._push(size - wanted, is_bad=False)
            if wanted > 1:
                self._push(wanted, is_bad=True)
                return None
            return self._single()
        if is_bad:
            self._push(size - len(rows.ids), is_bad=wanted < size)
        return rows

    def _single(self) -> Rows | BadRow:
        """The next row, which could not be read once; what is there when it is asked for again."""
        id_ = self._find(self._after_id)
        if id_ is None:
            return Rows(b"[]", [])
        try:
            return self._read(id_ - 1, 1)
        except ServerFault as fault:
            if fault.timed_out:
                raise
            return BadRow(id_, str(fault))

    def _push(self, size: int, *, is_bad: bool) -> None:
        if size:
            self._pieces.append((size, is_bad))


def lowest_id(count: Count, after_id: int, high_id: int) -> int | None:
    """The lowest id in (after_id, high_id] that a row has, from counts alone; None if none has.

    The range doubles until it holds a row, then halves until it holds nothing else: at most
    2 * log2(distance) + 2 counts.
    """
    low, step = after_id, 1
    while low < high_id:
        high = min(low + step, high_id)
        if count(low, high):
            return _halve(count, low, high)
        low, step = high, step * 2
    return None


def _halve(count: Count, low: int, high: int) -> int:
    while high - low > 1:
        middle = (low + high) // 2
        if count(low, middle):
            high = middle
        else:
            low = middle
    return high
