"""Page bodies read into columns, each in the way that fits its run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from cwp_writer.columns import Chunks, chunk
from cwp_writer.flatten import flat_chunks
from cwp_writer.rows import decode, drop_fields, field_paths
from cwp_writer.shape import Shape


@dataclass(frozen=True)
class Content:
    """What a page holds: how many rows, and their columns by name."""

    rows: int
    chunks: Chunks


class Reader(Protocol):
    """Reads the pages of one run."""

    def read(self, body: bytes) -> Content:
        """The content of a page body; `ValueError` if it is no page."""


class RowReader:
    """Reads rows of records, without their sensitive fields.

    It learns from each page what the next will look like; what it makes of a page does not depend
    on that.

    Args:
        sensitive_fields: as tables.json names them.
    """

    def __init__(self, sensitive_fields: Iterable[str] = ()) -> None:
        self._sensitive = tuple(sensitive_fields)
        self._shape = Shape(sensitive=field_paths(self._sensitive))

    def read(self, body: bytes) -> Content:
        """The flattened rows.

        Raises:
            ValueError: the body is no JSON array of objects.
        """
        try:
            return Content(*self._shape.read(body))
        except (ValueError, RecursionError):
            return self._read_row_by_row(body)

    def _read_row_by_row(self, body: bytes) -> Content:
        rows = decode(body)
        drop_fields(rows, self._sensitive)
        return Content(len(rows), flat_chunks(rows))


class IdReader:
    """Reads the ids of a sweep; whatever else the API sent along is left out."""

    def read(self, body: bytes) -> Content:
        """The column `id`, int64.

        Raises:
            ValueError: the body is no JSON array of objects that each have a whole number as id.
        """
        ids = [row.get("id") for row in decode(body)]
        if any(type(each) is not int for each in ids):
            raise ValueError("not every row has a whole number as its id")
        found = chunk(ids, int) if ids else None
        if found and not found.kinds <= {"int", "wide"}:
            raise ValueError("an id is beyond 64 bits")
        return Content(len(ids), {"id": found} if found else {})
