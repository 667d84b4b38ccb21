from typing import Any

import pyarrow as pa
import pytest

from cwp_transformer.canonical_json import canonical_column


def canonical(text: str | None, *, as_set: bool = False) -> Any:
    """The canonical text; ValueError for one that is no JSON."""
    found = canonical_column(pa.chunked_array([pa.array([text], pa.string())]), as_set=as_set)
    if found.invalid[0].as_py():
        raise ValueError(text)
    return found.texts[0].as_py()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"b": 1, "a": {"d": 2, "c": 3}}', '{"a":{"c":3,"d":2},"b":1}'),
        ("[3, 1, 2]", "[3,1,2]"),
        ("[1.50, 2.0, -0.0, 1e3]", "[1.5,2,0,1000]"),
        ('"\\u00e9"', '"é"'),
        ('{"value": null, "id": 1}', '{"id":1}'),
        ("[null]", "[null]"),
        ('{"id":1,"_info":{"type_href":"https://x/v2026_1//apis"}}', '{"id":1}'),
        ('{"_info":{"lastUpdated":"2026","name":"x"}}', '{"_info":{"name":"x"}}'),
        ('{"a":"x\\u0000y"}', '{"a":"xy"}'),
        ('{"a":"x\\\\u0000y"}', '{"a":"x\\\\u0000y"}'),
        ("[]", "[]"),
        ("", None),
        ("null", None),
        (None, None),
    ],
)
def test_canonical_text(text: str | None, expected: str | None) -> None:
    assert canonical(text) == expected


def test_a_set_is_sorted_and_a_list_is_not() -> None:
    assert canonical('[{"id": 2}, {"id": 1}]', as_set=True) == '[{"id":1},{"id":2}]'
    assert canonical('[{"id": 2}, {"id": 1}]') == '[{"id":2},{"id":1}]'
    assert canonical('{"a": 1}', as_set=True) == '{"a":1}'


@pytest.mark.parametrize("text", ["{", "NaN", "[1e999]", '"\\ud800"', "abc", "[" * 100_000])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        canonical(text)


def test_every_row_gets_its_own_text() -> None:
    column = pa.chunked_array([["[1]", None], ["{", "[1]"]])
    found = canonical_column(column, as_set=False)
    assert found.texts.to_pylist() == ["[1]", None, None, "[1]"]
    assert found.invalid.to_pylist() == [False, False, True, False]


def test_a_column_without_rows() -> None:
    assert len(canonical_column(pa.chunked_array([], pa.string()), as_set=False).texts) == 0
