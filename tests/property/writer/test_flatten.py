"""Any JSON rows -> Parquet -> the same values, whoever reads them."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cwp_writer.flatten import flatten
from cwp_writer.pages import RowReader
from cwp_writer.parquet import ReadPage, raw_table, to_parquet
from tests.property.writer.json_rows import ROWS
from tests.property.writer.readers import READERS
from tests.unit.writer.fakes import page

SYSTEM = 5


def paths(fields: dict[str, Any], above: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    """A row by path, the plain way: the oracle does not name columns."""
    found: dict[tuple[str, ...], Any] = {}
    for key, value in fields.items():
        if isinstance(value, dict):
            found |= paths(value, (*above, key))
        elif value is not None:
            found[(*above, key)] = value
    return found


def expected(values: list[Any]) -> list[Any]:
    """What a column of these values must read as."""
    there = [value for value in values if value is not None]
    kinds = {type(value) for value in there}
    whole = [value for value in there if type(value) is int]
    if kinds == {int} and all(-(2**63) <= value < 2**63 for value in whole):
        return values
    if kinds == {int, float} and all(abs(value) <= 2**53 for value in whole):
        return [None if value is None else float(value) for value in values]
    if len(kinds) == 1 and kinds <= {bool, float, str}:
        return values
    return [value if value is None or isinstance(value, str) else Text(value) for value in values]


@dataclass(frozen=True)
class Text:
    """A value that must come back as JSON text; which of several texts does not matter."""

    value: Any

    def is_told_by(self, text: Any) -> bool:
        try:
            return isinstance(text, str) and same(json.loads(text), self.value)
        except ValueError:
            return False


def same(left: Any, right: Any) -> bool:
    """Equal, and of the same types all the way down (1 is not 1.0, and not true)."""
    return repr(left) == repr(right)


def columns_of(rows: list[dict[str, Any]]) -> list[list[Any]]:
    """The columns a file of `rows` must have, in any order."""
    by_path = [paths(row) for row in rows]
    every = {path for row in by_path for path in row}
    return [expected([row.get(path) for row in by_path]) for path in every]


def write(path: Path, *pages: list[dict[str, Any]]) -> None:
    reader = RowReader()
    read = [
        ReadPage(page([{"id": 0}], 0, number)[0], reader.read(json.dumps(rows).encode()))
        for number, rows in enumerate(pages)
    ]
    path.write_bytes(to_parquet(raw_table(read)))


@pytest.mark.parametrize("reader", READERS)
@given(rows=ROWS)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_every_value_comes_back(tmp_path: Path, reader: str, rows: list[dict[str, Any]]) -> None:
    path = tmp_path / "raw.parquet"
    write(path, rows)
    content = READERS[reader](path)
    found = [values for _, values in content[SYSTEM:]]
    for wanted in columns_of(rows):
        matching = [at for at, values in enumerate(found) if _equal(values, wanted)]
        assert matching, (wanted, found)
        del found[matching[0]]
    assert found == []
    assert content[SYSTEM - 1] == ("_cwp_row", list(range(len(rows))))


def _equal(found: list[Any], wanted: list[Any]) -> bool:
    return all(
        want.is_told_by(there) if isinstance(want, Text) else same(there, want)
        for there, want in zip(found, wanted, strict=True)
    )


@given(rows=ROWS, cuts=st.sets(st.integers(1, 5)))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_how_rows_are_cut_into_pages_does_not_matter(
    tmp_path: Path, rows: list[dict[str, Any]], cuts: set[int]
) -> None:
    whole, parts = tmp_path / "whole.parquet", tmp_path / "parts.parquet"
    write(whole, rows)
    edges = [0, *sorted(cut for cut in cuts if cut < len(rows)), len(rows)]
    write(parts, *(rows[start:end] for start, end in pairwise(edges)))
    read = READERS["pyarrow"]
    assert repr(read(parts)[SYSTEM:]) == repr(read(whole)[SYSTEM:])


PATHS = st.lists(st.text("_ab%\n", max_size=4), min_size=1, max_size=3)


@given(left=PATHS, right=PATHS)
@settings(max_examples=500)
def test_two_paths_have_two_names(left: list[str], right: list[str]) -> None:
    (one,), (other,) = (list(flatten([nested(path)])) for path in (left, right))
    assert (one == other) == (left == right)
    assert not one.startswith("_cwp_")


def nested(path: list[str]) -> dict[str, Any]:
    value: Any = 1
    for key in reversed(path):
        value = {key: value}
    result: dict[str, Any] = value
    return result
