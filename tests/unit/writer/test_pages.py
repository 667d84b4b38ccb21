import json
from typing import Any

import pytest

from cwp_writer.content import Content, columns
from cwp_writer.pages import IdReader, RowReader


def values(*contents: Content) -> dict[str, list[Any]]:
    return {name: column.to_pylist() for name, column in columns(contents).items()}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (b'[{"s": "cut \\ud83d", "x": 1}]', {"s": ["cut \N{REPLACEMENT CHARACTER}"], "x": [1]}),
        (b'[{"n": 1e400, "x": {"y": [1e400]}}]', {"n": ["1e400"], "x__y": ['["1e400"]']}),
        (b'[{"a\\u0000b": 1}]', {"a%00b": [1]}),
    ],
)
def test_odd_pages_are_read_row_by_row(body: bytes, wanted: dict[str, Any]) -> None:
    content = RowReader().read(body)
    assert (content.rows, values(content)) == (1, wanted)


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b'[{"a": NaN}]', b'[{"a": {"b": "\xff"}}]'])
def test_what_is_no_page_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        RowReader().read(body)
    with pytest.raises(ValueError, match=r"\w"):
        IdReader().read(body)


def test_a_page_that_looks_unlike_the_last_is_read_all_the_same() -> None:
    reader = RowReader()
    pages: list[list[dict[str, Any]]] = [
        [{"id": 1, "a": "x"}],
        [{"id": 2, "a": 5, "b": {"c": True}}],
        [{"id": 3, "b": [1]}, {"id": 4, "b": {"c": 1, "d": None}}],
        [{"id": [5]}, {"id": {"x": 6}}],
        [{"id": 2**70}, {"id": 7}, {"id": 7.5}],
        [],
    ]
    found = []
    for rows in pages:
        reader.begin_file()
        found.append(values(reader.read(json.dumps(rows).encode())))
    assert found == [
        {"id": [1], "a": ["x"]},
        {"id": [2], "a": [5], "b__c": [True]},
        {"id": [3, 4], "b": ["[1]", None], "b__c": [None, 1]},
        {"id": ["[5]", None], "id__x": [None, 6]},
        {"id": [str(2**70), "7", "7.5"]},
        {},
    ]


def test_a_page_that_is_refused_leaves_nothing_behind() -> None:
    good = [b'[{"a": {"x": 1}}, {"a": {"x": 1}}]', b'[{"a": {"x": 2}}, {"a": {"x": 1}}]']
    # The first field is taken before the second turns out to be none.
    bad = b'[{"a": {"x": "text", "y": 1}, "b": {"c": "\xff"}}]'
    reader = RowReader()
    first = reader.read(good[0])
    with pytest.raises(ValueError, match=r"\w"):
        reader.read(bad)
    assert values(first, reader.read(good[1])) == {"a__x": [1, 1, 2, 1]}


def test_what_a_file_holds_does_not_depend_on_the_file_before() -> None:
    reader = RowReader()
    reader.read(b'[{"a": {"x": "text"}}]')
    reader.begin_file()
    assert values(reader.read(b'[{"a": {"x": 1}}]')) == {"a__x": [1]}


def test_equal_values_have_one_place_however_often_they_come() -> None:
    reader = RowReader()
    body = b'[{"a": {"b": {"c": 1}}, "l": [1]}, {"a": null}, {"a": {"b": {"c": 1}}}]'
    found = [reader.read(body) for _ in range(3)]
    assert values(*found) == {"a__b__c": [1, None, 1] * 3, "l": ["[1]", None, None] * 3}
    assert [len(each.objects) for each in found[2].references] == [1, 1]


@pytest.mark.parametrize(
    ("sensitive", "left"),
    [
        (["token"], {"id", "member__password", "member__name", "list"}),
        (["MEMBER/PassWord"], {"id", "Token", "member__name", "list"}),
        (["member"], {"id", "Token", "list"}),
        (["list/x", "member/name"], {"id", "Token", "member__password", "list"}),
    ],
)
def test_sensitive_fields_never_leave_the_page(sensitive: list[str], left: set[str]) -> None:
    member = {"password": "secret", "name": "secret"}
    row = {"id": 1, "Token": "secret", "member": member, "list": [{"x": "secret"}]}
    found = values(RowReader(sensitive).read(json.dumps([row, row]).encode()))
    assert set(found) == left
    assert found["list"] == ["[{}]" if "list/x" in sensitive else '[{"x":"secret"}]'] * 2


def test_a_sweep_is_ids_and_nothing_else() -> None:
    content = IdReader().read(b'[{"id": 1, "_info": {}}, {"id": 9007199254740993}]')
    assert (content.rows, values(content)) == (2, {"id": [1, 2**53 + 1]})
    assert IdReader().read(b"[]").rows == 0


@pytest.mark.parametrize("value", [None, "1", 1.0, True, [], 2**63])
def test_a_sweep_with_a_row_without_a_whole_id_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"\bid\b"):
        IdReader().read(json.dumps([{"id": 1}, {"id": value}]).encode())
