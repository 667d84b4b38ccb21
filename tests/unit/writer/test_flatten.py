from typing import Any

import pytest

from cwp_writer.flatten import flatten, piece


def test_paths_become_names_in_order_of_name() -> None:
    company = {"id": 1, "_info": {"company_href": "h"}}
    rows: list[dict[str, Any]] = [{"summary": "s", "company": company, "_info": {"x": 2}}]
    assert list(flatten(rows).items()) == [
        ("_info__x", [2]),
        ("company___info__company_href", ["h"]),
        ("company__id", [1]),
        ("summary", ["s"]),
    ]


def test_what_a_row_does_not_have_is_none() -> None:
    rows: list[dict[str, Any]] = [
        {"a": 1},
        {},
        {"b": {"c": True}},
        {"a": None},
        {"a": 2},
        {"b": {}},
    ]
    assert flatten(rows) == {
        "a": [1, None, None, None, 2, None],
        "b__c": [None, None, True, None, None, None],
    }


def test_what_no_row_has_is_no_column() -> None:
    assert flatten([{"a": None, "b": {}, "c": {"d": {}}}, {"a": None}]) == {}
    assert flatten([]) == {}


def test_lists_are_json_text() -> None:
    rows: list[dict[str, Any]] = [{"a": []}, {"a": [1, {"b": None, "c": "\u00e9\x00"}, 1.5]}]
    assert flatten(rows) == {"a": ["[]", '[1,{"b":null,"c":"\u00e9\\u0000"},1.5]']}


def test_values_stay_as_they_are() -> None:
    rows = [{"a": "", "b": "\x00", "c": 2**70, "d": -0.0, "e": "2026-01-01T00:00:00Z", "f": False}]
    assert flatten(rows) == {name: [value] for name, value in rows[0].items()}


def test_a_field_that_is_an_object_in_some_rows_is_two_columns() -> None:
    assert flatten([{"a": 1}, {"a": {"b": 2}}]) == {"a": [1, None], "a__b": [None, 2]}


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("summary", "summary"),
        ("_info", "_info"),
        ("company_href", "company_href"),
        ("Sort", "Sort"),
        ("a.b c", "a.b c"),
        ("a__b", "a%5F_b"),
        ("a_", "a%5F"),
        ("__a", "%5F_a"),
        ("100%", "100%25"),
        ("a\nb", "a%0Ab"),
        ("", "%"),
    ],
)
def test_pieces_that_would_be_ambiguous_are_escaped(key: str, name: str) -> None:
    assert piece(key) == name


def test_different_paths_never_share_a_name() -> None:
    rows = [{"a__b": 1, "a": {"b": 2, "_b": 3}, "a_": {"b": 4}, "a%5F": {"b": 5}, "": {"": 6}}]
    assert sorted(values[0] for values in flatten(rows).values()) == [1, 2, 3, 4, 5, 6]


def test_no_field_passes_for_a_column_of_ours() -> None:
    columns = flatten([{"_cwp_run_id": "forged", "x": {"_cwp_row": 1}}])
    assert columns == {"%5Fcwp_run_id": ["forged"], "x___cwp_row": [1]}
