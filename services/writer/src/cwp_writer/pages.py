"""Page bodies read into columns, each in the way that fits its run."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

from cwp_shared.sensitive import drop_sensitive, field_paths
from cwp_writer.columns import chunk
from cwp_writer.content import Content
from cwp_writer.flatten import flat_chunks
from cwp_writer.places import Place
from cwp_writer.rows import decode
from cwp_writer.shape import Shape


class Reader(Protocol):
    """Reads the pages of one run, file by file."""

    def read(self, body: bytes) -> Content:
        """The content of a page body; `ValueError` if it is no page."""

    def begin_file(self) -> None:
        """What is read from now on has nothing in common with what was."""


class RowReader:
    """Reads rows of records, without what is sensitive in them (`cwp_shared.sensitive`).

    It learns from each page what the next will look like, and keeps equal objects of a file's pages
    once; what it makes of a page does not depend on that.

    Args:
        sensitive_fields: as tables.json names them.
    """

    def __init__(self, sensitive_fields: Iterable[str] = ()) -> None:
        self._sensitive = tuple(sensitive_fields)
        self._shape = Shape(sensitive=field_paths(self._sensitive))
        self.begin_file()

    def begin_file(self) -> None:
        """Keep nothing of the pages read so far, except how they look."""
        self._rows = Place(self._shape)

    def read(self, body: bytes) -> Content:
        """The flattened rows.

        Raises:
            ValueError: the body is no JSON array of objects.
        """
        self._rows.mark()
        with _no_search_for_cycles():
            try:
                return self._rows.read(body)
            except (ValueError, RecursionError):
                self._rows.back_to_mark()
                return self._read_row_by_row(body)

    def _read_row_by_row(self, body: bytes) -> Content:
        rows = decode(body)
        drop_sensitive(rows, self._sensitive)
        return Content(len(rows), flat_chunks(rows))


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Keep the collector away from a page's values: very many, and none of them in a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class IdReader:
    """Reads the ids of a sweep; whatever else the API sent along is left out."""

    def begin_file(self) -> None:
        """Pages of ids never have anything in common."""

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
