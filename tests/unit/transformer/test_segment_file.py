from unittest.mock import patch

import pyarrow as pa
import pytest

from cwp_transformer import index, segment_file
from cwp_transformer.segment_file import Trailer
from tests.unit.transformer.index_facts import facts, said

KEYS = [1, 1, 2, 5, 5, 5, 9]


@pytest.fixture
def written() -> tuple[bytes, int, pa.Schema]:
    """Facts of `KEYS` in blocks of two."""
    rows = index.to_stored(facts((key, n) for n, key in enumerate(KEYS)))
    with patch.object(segment_file, "BLOCK_ROWS", 2):
        body, trailer_at = segment_file.encode(rows, index.places(rows))
    return body, trailer_at, rows.schema


def trailer_of(written: tuple[bytes, int, pa.Schema]) -> Trailer:
    body, trailer_at, schema = written
    return segment_file.read_trailer(body[trailer_at:], schema)


@pytest.mark.parametrize(
    ("places", "blocks"),
    [
        ([1], {0}),
        ([5], {1, 2}),
        ([2, 9], {1, 3}),
        ([0], set()),
        ([3, 4], {1}),
        ([10], set()),
        ([6, 7, 8], set()),
        ([1, 2, 5, 9, 11], {0, 1, 2, 3}),
    ],
)
def test_a_key_is_in_the_blocks_that_the_fences_say(
    written: tuple[bytes, int, pa.Schema], places: list[int], blocks: set[int]
) -> None:
    trailer = trailer_of(written)
    found = trailer.blocks_of(pa.array(places, pa.int64()))
    assert {n for low, high in found for n in range(low, high + 1)} == blocks


def test_any_blocks_read_back_as_they_were(written: tuple[bytes, int, pa.Schema]) -> None:
    body, _, schema = written
    trailer = trailer_of(written)
    blocks = [body[trailer.starts[n] : trailer.ends[n]] for n in (0, 3)]
    rows = index.from_stored(segment_file.decode(blocks, trailer, schema), facts([]).schema)
    assert said(rows) == [(1, 0), (1, 1), (9, 6)]


def test_the_blocks_are_a_stream_that_any_arrow_reader_takes(
    written: tuple[bytes, int, pa.Schema],
) -> None:
    assert pa.ipc.open_stream(written[0]).read_all()["k0"].to_pylist() == KEYS


def test_names_that_no_row_has_are_not_kept() -> None:
    rows = index.to_stored(facts([(1, 1), (2, 2), (3, 4)])).slice(1)
    body, trailer_at = segment_file.encode(rows, index.places(rows))
    trailer = segment_file.read_trailer(body[trailer_at:], rows.schema)
    assert trailer.names["run_id"].to_pylist() == ["run-2", "run-4"]


def test_what_is_the_same_in_every_row_is_in_no_block() -> None:
    same = facts([(1, 1), (2, 1)])
    rows = index.to_stored(same)
    body, trailer_at = segment_file.encode(rows, index.places(rows))
    trailer = segment_file.read_trailer(body[trailer_at:], rows.schema)
    assert trailer.schema.names == ["key_hash", "k0", "page", "raw_key", "raw_row"]
    decoded = segment_file.decode([body[trailer.starts[0] : trailer.ends[0]]], trailer, rows.schema)
    assert index.from_stored(decoded, same.schema).equals(same)
