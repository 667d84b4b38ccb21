"""The fast way to columns says what the plain way says, whatever the pages look like."""

from collections.abc import Callable
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_shared.sensitive import drop_sensitive
from cwp_writer import shape
from cwp_writer.content import Content
from cwp_writer.flatten import flat_chunks
from cwp_writer.pages import RowReader
from cwp_writer.parquet import ReadPage, raw_table, to_parquet
from cwp_writer.rows import decode
from tests.property.writer.json_rows import bodies, referring_bodies
from tests.unit.writer.fakes import page

SENSITIVE = st.lists(
    st.sampled_from(["name", "_INFO", "COMPANY/name", "a/_info", "id/a", "a/a/id"]), max_size=3
)


def plainly(sensitive: list[str]) -> Callable[[bytes], Content]:
    def read(body: bytes) -> Content:
        rows = decode(body)
        drop_sensitive(rows, sensitive)
        return Content(len(rows), flat_chunks(rows))

    return read


def file(read: Callable[[bytes], Content], pages: list[bytes]) -> bytes:
    events = [page([{"id": 0}], 0, number)[0] for number in range(len(pages))]
    contents = [ReadPage(event, read(body)) for event, body in zip(events, pages, strict=True)]
    return to_parquet(raw_table(contents))


@given(
    pages=bodies() | referring_bodies(), sensitive=SENSITIVE, enough=st.sampled_from([1, 3, 100])
)
@settings(max_examples=400, deadline=None)
def test_the_fast_way_gives_the_same_file(
    pages: list[bytes], sensitive: list[str], enough: int
) -> None:
    # With so few values it is told whether they repeat, hence how objects are read.
    with patch.object(shape, "_ENOUGH", enough):
        found = file(RowReader(sensitive).read, pages)
    assert found == file(plainly(sensitive), pages)


@given(garbage=st.one_of(st.binary(max_size=20), st.text('[]{}:,"a1\\u ', max_size=20)))
@settings(max_examples=300, deadline=None)
def test_what_the_plain_way_refuses_is_refused(garbage: bytes | str) -> None:
    body = b'[{"a": {"b": ' + (garbage if isinstance(garbage, bytes) else garbage.encode()) + b"}}]"
    try:
        wanted = plainly([])(body)
    except ValueError:
        with pytest.raises(ValueError, match=r"\w"):
            RowReader().read(body)
    else:
        assert RowReader().read(body).rows == wanted.rows
