"""Texts longer than their column, from the raw file to the canonical rows."""

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_shared.mapping_files import Mappings
from cwp_transformer.cutting import beginnings, cut, load_notes
from tests.unit.transformer.fakes import World, absences_body, cutting, ticket

LONG = "far too long for twenty bytes"
KEPT = LONG[:20]


def noted(size: int, column: str = "summary") -> dict[str, Any]:
    return {"column": column, "rule": "cut", "bytes": size}


def shown(world: World, column: str = "summary") -> list[tuple[Any, Any]]:
    """(value, notes) of every version."""
    return [
        (row[column], row["load_notes"] and json.loads(row["load_notes"]))
        for row in world.history()
    ]


@settings(max_examples=60)
@given(st.text(max_size=12), st.integers(0, 30))
def test_a_cut_ends_between_characters_and_as_late_as_can_be(text: str, most: int) -> None:
    kept = cut(text.encode(), most)
    assert text.startswith(kept)
    assert len(kept.encode()) <= most
    rest = text[len(kept) :]
    assert not rest or len((kept + rest[0]).encode()) > most


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["é" * 3, "abcdef", None, "aé" * 3], ["éé", "abcde", None, "aéa"]),
        (["a\0bcde", "a\0bcdef"], [None, "abcde"]),
        (["abcde", None, "a\0bcde"], None),
        ([], None),
        (["😀😀"], ["😀"]),
    ],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_only_what_is_too_long_is_cut(
    texts: list[str | None], kept: list[str | None] | None, kind: pa.DataType
) -> None:
    # A first row in a chunk of its own: places count through all chunks.
    chunks = [pa.array(["x"], kind), pa.array(texts, kind)]
    found = beginnings(pa.chunked_array(chunks), 5)
    assert (found and found.to_pylist()) == (kept and [None, *kept])


def test_a_row_notes_each_column_that_was_cut() -> None:
    sizes = {"a": [None, 7, 8], "b": [None, None, 9], "c": [None, None, None]}
    lengths = {name: pa.chunked_array([pa.array(n, pa.int64())]) for name, n in sizes.items()}
    notes = load_notes(lengths, 3).to_pylist()
    assert notes[0] is None
    assert notes[1] == '[{"column":"a","rule":"cut","bytes":7}]'
    assert json.loads(notes[2]) == [noted(8, "a"), noted(9, "b")]


def test_a_text_that_is_too_long_is_cut_and_the_row_says_so() -> None:
    world = World(cutting())
    world.take([ticket(1, 10, summary=LONG), ticket(2, 10), ticket(3, 10, summary="é" * 10 + "x")])
    assert shown(world) == [(KEPT, [noted(29)]), ("printer", None), ("é" * 10, [noted(21)])]
    assert world.quarantine() == []


def test_what_closes_a_version_leaves_its_note() -> None:
    world = World(cutting())
    world.take([ticket(1, 10, summary=LONG)])
    world.take([ticket(1, 20)])
    assert shown(world) == [(KEPT, [noted(29)]), ("printer", None)]
    assert [row["load_notes"] for row in world.canonical_files()[1].to_pylist()] == [None, None]


def test_the_note_of_an_overwritten_text_is_that_of_the_newest() -> None:
    world = World(cutting())
    world.take([ticket(1, 10, summary="a", poNumber=LONG), ticket(1, 20, summary="b")])
    assert shown(world, "po_number") == [(None, None), (None, None)]
    world.take([ticket(1, 30, summary=LONG, poNumber=LONG)])
    ours, both = [noted(29, "po_number")], [noted(29), noted(29, "po_number")]
    assert shown(world, "po_number") == [(KEPT, ours), (KEPT, ours), (KEPT, both)]


def test_a_change_beyond_the_cut_is_a_change_and_no_change_is_none() -> None:
    world = World(cutting())
    texts = [LONG, LONG, f"{LONG}!", f"{LONG}?", KEPT]
    world.take([ticket(1, 10 * n, summary=text) for n, text in enumerate(texts, 1)])
    expected = [[noted(29)], [noted(30)], [noted(30)], None]
    assert shown(world) == [(KEPT, note) for note in expected]


def test_order_does_not_matter_to_what_is_cut_and_noted() -> None:
    said = [
        (ticket(1, 10, summary=LONG), "run-1"),
        (ticket(1, 10, summary=f"{LONG}!", poNumber=LONG), "run-2"),
        (ticket(1, 20, summary=f"{LONG}!"), "run-3"),
    ]

    def history(order: Sequence[tuple[dict[str, Any], str]]) -> list[tuple[Any, Any]]:
        world = World(cutting())
        for row, run in order:
            world.take([row], run_id=run)
        return shown(world)

    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        assert history([said[n] for n in order]) == [(KEPT, [noted(30)])]


@pytest.mark.parametrize("how", ["replay", "touch", "rebuild"])
def test_a_wider_column_shows_more_in_place(how: str) -> None:
    world = World(cutting())
    key = world.land([ticket(1, 10, summary=LONG), ticket(1, 20, summary="x" * 40)])
    world.deliver(key)
    before = world.history()
    world.mappings = Mappings((cutting(30, version=2),))
    if how == "rebuild":
        assert world.rebuild() == {}
    else:
        world.ledger.files.clear()
        again = key if how == "replay" else world.land([ticket(1, 20, summary="x" * 40)])
        assert world.deliver(again) == {}
    assert shown(world) == [(LONG, None), ("x" * 30, [noted(40)])]
    assert [row["sk"] for row in world.history()] == [row["sk"] for row in before]


def test_rows_that_were_set_aside_are_cut_once_their_mapping_says_so() -> None:
    rows = [ticket(1, 10), ticket(1, 20, summary=LONG)]
    world = World()
    key = world.land(rows)
    world.deliver(key)
    world.mappings = Mappings((cutting(version=2),))
    world.ledger.files.clear()
    world.deliver(key)
    assert shown(world) == [("printer", None), (KEPT, [noted(29)])]


@pytest.mark.parametrize(
    ("parts", "fields", "expected"),
    [
        ({"first_of": ["poNumber", "summary"]}, {"poNumber": LONG}, (KEPT, 29)),
        ({"first_of": ["poNumber", "summary"]}, {"poNumber": "short"}, ("short", None)),
        ({"first_of": ["poNumber", "summary"]}, {"summary": f"{LONG}!"}, (KEPT, 30)),
        (
            {"custom_field": 7},
            {"customFields": json.dumps([{"id": 7, "caption": "x", "value": LONG}])},
            (KEPT, 29),
        ),
        (
            {"from": "summary", "values": {LONG: "long"}, "otherwise": "keep"},
            {"summary": LONG},
            ("long", None),
        ),
        (
            {"from": "summary", "values": {"a": "b"}, "otherwise": "keep"},
            {"summary": LONG},
            (KEPT, 29),
        ),
        (
            {"from": "summary", "values": {"a": "b"}, "otherwise": "null"},
            {"summary": LONG},
            (None, None),
        ),
    ],
)
def test_however_a_column_is_made_its_texts_are_cut(
    parts: dict[str, Any], fields: dict[str, Any], expected: tuple[str | None, int | None]
) -> None:
    world = World(cutting(**parts))
    world.take([ticket(1, 10, **fields)])
    (row,) = world.history()
    notes = {n["column"]: n["bytes"] for n in json.loads(row["load_notes"] or "[]")}
    assert (row["summary"], notes.get("summary")) == expected


def test_a_number_is_never_cut() -> None:
    world = World(cutting(size=3))
    world.deliver(world.land([ticket(1, 10, summary=12345)]))
    assert [row["reason"] for row in world.quarantine()] == [
        "summary: 12345 does not fit varchar(3)"
    ]


def test_files_with_and_without_a_cut_and_deletes_go_together() -> None:
    world = World(cutting())
    keys = [
        world.land([ticket(1, 20, summary=LONG)], upper=25),
        world.land([ticket(2, 20)], upper=25),
        world.land(absences_body([(1, 30)])),
    ]
    assert world.deliver(*keys) == {}
    assert shown(world) == [(KEPT, [noted(29)]), ("printer", None)]
    assert world.history()[0]["is_deleted"]
