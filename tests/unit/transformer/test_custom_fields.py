import json
from typing import Any

import pyarrow as pa
import pytest

from cwp_transformer.custom_fields import custom_values

UNCLEAR = object()


def found(text: Any, *wanted: int | str) -> list[Any]:
    """The wanted fields of one list; UNCLEAR where it does not say."""
    lists = text if isinstance(text, str) or text is None else json.dumps(text)
    values = custom_values(pa.chunked_array([pa.array([lists], pa.string())]), wanted)
    return [UNCLEAR if v.unclear[0].as_py() else v.texts[0].as_py() for v in values]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("A-17", "A-17"),
        ("", ""),
        (None, None),
        (True, "true"),
        (25, "25"),
        (25.0, "25"),
        (2.5, "2.5"),
        (["a"], '["a"]'),
    ],
)
def test_a_value_is_the_text_that_it_is_meant_as(value: Any, text: str | None) -> None:
    assert found([{"id": 12, "caption": "x", "value": value}], 12, "x") == [text, text]


def test_a_field_may_be_absent_or_have_no_value() -> None:
    assert found([{"id": 12, "caption": "x"}], 12, 13, "y") == [None, None, None]
    assert found("[]", 12) == found("", 12) == found("null", 12) == found(None, 12) == [None]


def test_a_caption_that_two_fields_have_decides_nothing() -> None:
    fields = [{"id": 1, "caption": "x", "value": "a"}, {"id": 2, "caption": "x"}]
    assert found(fields, "x", 1, 2) == [UNCLEAR, "a", None]


@pytest.mark.parametrize("text", ["[1", "{}", '"x"', "NaN"])
def test_what_is_no_list_of_fields_is_unclear(text: str) -> None:
    assert found(text, 12) == [UNCLEAR]


def test_odd_members_harm_no_others() -> None:
    fields = ["x", None, {"id": "z", "value": 1}, {"id": 3, "caption": 4, "value": "ok"}]
    assert found(fields, 3, "4") == ["ok", "ok"]


def test_quotes_in_a_caption_are_text() -> None:
    assert found([{"id": 1, "caption": "it's", "value": 7}], "it's") == ["7"]


def test_rows_keep_their_places() -> None:
    def one(value: str) -> str:
        return json.dumps([{"id": 1, "value": value}])

    lists = pa.chunked_array([[one("a"), None], [one("b"), one("a")]])
    (values,) = custom_values(lists, [1])
    assert values.texts.to_pylist() == ["a", None, "b", "a"]
    assert values.unclear.to_pylist() == [False, None, False, False]
