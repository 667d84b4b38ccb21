from typing import Any

import pyarrow as pa
import pytest

from cwp_writer.columns import chunk, column_type, join

EXACT = 2**53
INT64 = 2**63 - 1


@pytest.mark.parametrize(
    ("values", "only"), [([None, None], None), ([None, None], str), ([], None), ([], bool)]
)
def test_nothing_is_no_chunk(values: list[Any], only: type | None) -> None:
    assert chunk(values, only) is None


def column(*pages: list[Any] | int) -> tuple[str, list[Any]]:
    """Join pages of values (a number: so many rows without the column); type and values."""
    chunks = [None if isinstance(page, int) else chunk(page) for page in pages]
    lengths = [page if isinstance(page, int) else len(page) for page in pages]
    joined = join(chunks, lengths, column_type(kind for it in chunks if it for kind in it.kinds))
    return str(joined.type), joined.to_pylist()


@pytest.mark.parametrize(
    ("values", "arrow_type"),
    [
        ([True, None, False], "bool"),
        ([1, None, -5], "int64"),
        ([INT64, -INT64 - 1], "int64"),
        ([1.5, None, 1e300], "double"),
        (["", "x", None, "a\x00b"], "string"),
    ],
)
def test_one_type_is_kept(values: list[Any], arrow_type: str) -> None:
    assert column(values) == (arrow_type, values)


@pytest.mark.parametrize(
    ("values", "arrow_type", "stored"),
    [
        ([1, 1.5, None], "double", [1.0, 1.5, None]),
        ([EXACT, -EXACT, 0.5], "double", [float(EXACT), float(-EXACT), 0.5]),
        ([EXACT + 1, 0.5], "string", [str(EXACT + 1), "0.5"]),
        ([INT64 + 1, 1], "string", [str(INT64 + 1), "1"]),
        ([2**70], "string", [str(2**70)]),
        ([1, "1", None], "string", ["1", "1", None]),
        ([True, 1], "string", ["true", "1"]),
        ([False, "x"], "string", ["false", "x"]),
        ([1e22, "x", 1.0], "string", ["1e22", "x", "1.0"]),
        (["[1]", 2], "string", ["[1]", "2"]),
    ],
)
def test_mixed_types_lose_nothing(values: list[Any], arrow_type: str, stored: list[Any]) -> None:
    assert column(values) == (arrow_type, stored)


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 1.5, None],
        [True, False, None, 7],
        [1, None, "x", "y"],
        [2**70, 1, 0.5, None],
        [EXACT + 1, None, 2, 0.5],
        [1, 1.5, "x", None],
    ],
)
def test_how_rows_are_cut_into_pages_does_not_matter(values: list[Any]) -> None:
    def packed(part: list[Any]) -> list[Any] | int:
        return part if any(value is not None for value in part) else len(part)

    whole = column(values)
    for cut in range(1, len(values)):
        assert column(packed(values[:cut]), packed(values[cut:])) == whole
    assert column(*(packed([value]) for value in values)) == whole


def test_pages_without_the_column_are_null() -> None:
    assert column(2, [5], 1) == ("int64", [None, None, 5, None])


def test_pages_stay_apart_in_memory() -> None:
    joined = join([chunk([1]), chunk([2])], [1, 1], pa.int64())
    assert isinstance(joined, pa.ChunkedArray)
    assert joined.num_chunks == 2
