"""Whichever way a column went, by a look or by a cast, its values are the same."""

from typing import Any

import pyarrow as pa
import pytest

from cwp_shared.mapping import Column
from cwp_transformer import canonical_text, casts
from cwp_transformer.engine import query
from cwp_transformer.fitting import fitting


def column(kind: str) -> Column:
    return Column.model_validate({"name": "a", "type": kind, "from": "a"})


def cast(values: pa.ChunkedArray, of: Column) -> list[Any]:
    sql = casts.cast("raw", casts.source_kind(values.type) or "", of)
    found: list[Any] = query(f"SELECT {sql} AS x FROM t", t=pa.table({"raw": values}))[
        "x"
    ].to_pylist()
    return found


def test_a_time_that_fits_is_its_own_canonical_text() -> None:
    raw = pa.chunked_array([pa.array(["2026-01-02T03:04:05Z", None, "1900-01-01T00:00:00Z"])])
    fitted = fitting(raw, column("timestamp"))
    text = canonical_text.text("x", "timestamp")
    assert query(f"SELECT {text} AS x FROM t", t=pa.table({"x": fitted}))["x"].equals(raw)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1, None, -5]),
        ("boolean", [True, None]),
        ("varchar(5)", ["héy", "", None, "12345"]),
        ("decimal(18,4)", [57.5, 0.285, -0.0, 1e10, 0.0001, None]),
        ("decimal(6,2)", [0.1, 1234.56]),
        ("timestamp", ["2026-01-02T03:04:05Z", None, "1999-12-31T23:59:59Z"]),
    ],
)
def test_what_fits_is_what_a_cast_gives(kind: str, values: list[Any]) -> None:
    raw = pa.chunked_array([pa.array(values)])
    fitted = fitting(raw, column(kind))
    assert fitted is not None
    assert fitted.to_pylist() == cast(raw, column(kind))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("bigint", [1.0]),
        ("integer", [1]),
        ("varchar(5)", ["123456"]),
        ("varchar(5)", ["ééé"]),
        ("varchar(5)", ["a\0b"]),
        ("decimal(18,4)", [0.12345]),
        ("decimal(18,4)", [float("nan")]),
        ("decimal(18,4)", [1e16]),
        ("decimal(6,2)", [12345.67]),
        ("timestamp", ["2026-01-02"]),
        ("timestamp", ["2026-02-30T00:00:00Z"]),
        ("timestamp", ["1800-01-01T00:00:00Z"]),
        ("timestamp", ["2026-01-02T03:04:05+02:00"]),
        ("timestamp", [""]),
        ("super", ["{}"]),
    ],
)
def test_what_needs_more_than_a_look_is_left_to_the_casts(kind: str, values: list[Any]) -> None:
    good = pa.array([], pa.array(values).type)
    assert fitting(pa.chunked_array([good, pa.array(values)]), column(kind)) is None
