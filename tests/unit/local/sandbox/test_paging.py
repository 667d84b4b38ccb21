import json

import pytest

from cwp_local.sandbox.calls import Call, Refused
from cwp_local.sandbox.paging import Window, forward_link, numbered_links, window

PATH = "/v4_6_release/apis/3.0/company/contacts"


def call(query: str = "", paging: str = "") -> Call:
    return Call("GET", PATH, query, {"pagination-type": paging} if paging else {})


def asked(query: str = "", paging: str = "", *, ordered: bool = False) -> Window:
    return window(call(query, paging), ordered=ordered)


def test_the_first_25_rows_are_the_default() -> None:
    assert asked() == Window(size=25, number=1, after=None)


def test_names_in_any_case_and_empty_values_are_defaults() -> None:
    assert asked("PAGESIZE=5&Page=3") == Window(size=5, number=3, after=None)
    assert asked("pageSize=&page=") == Window(size=25, number=1, after=None)


def test_a_page_has_at_most_a_thousand_rows() -> None:
    assert asked("pageSize=1001").size == 1000


def test_a_strict_service_refuses_larger_pages() -> None:
    assert window(call("pageSize=1000"), ordered=False, strict_size=True).size == 1000
    with pytest.raises(Refused) as refusal:
        window(call("pageSize=1001"), ordered=False, strict_size=True)
    body = json.loads(refusal.value.answer.body)
    assert refusal.value.answer.status == 400
    assert body["code"] == "InvalidObject"
    assert body["errors"][0]["code"] == "OutOfRange"
    assert body["errors"][0]["message"] == "The field pageSize must be between 1 and 1000."


@pytest.mark.parametrize("paging", ["forward-only", "Forward-Only", " FORWARD-ONLY "])
def test_forward_only_follows_ids_and_ignores_page(paging: str) -> None:
    assert asked("pageId=70&pageSize=5&page=x", paging) == Window(size=5, number=1, after=70)
    assert asked("", paging).after == 0


def test_forward_only_has_its_own_order() -> None:
    with pytest.raises(Refused) as refusal:
        asked("", "forward-only", ordered=True)
    assert refusal.value.answer.status == 400


@pytest.mark.parametrize("paging", ["", "navigable", "nonsense"])
def test_other_paging_is_by_number_and_ignores_page_id(paging: str) -> None:
    assert asked("pageId=70&page=2", paging) == Window(size=25, number=2, after=None)


def links(page: int, total: int, query: str = "pageSize=10") -> list[tuple[str, str]]:
    text = numbered_links(call(query), Window(10, page, None), total)
    return [(part.split('"')[1], part.rpartition("=")[0].split("&page=")[1].split(">")[0])
            for part in text.split(", ")] if text else []  # fmt: skip


@pytest.mark.parametrize(
    ("page", "total", "expected"),
    [
        (1, 0, []),
        (1, 10, []),
        (1, 11, [("next", "2"), ("last", "2")]),
        (2, 35, [("next", "3"), ("last", "4"), ("first", "1"), ("prev", "1")]),
        (4, 35, [("first", "1"), ("prev", "3")]),
        (9, 35, [("first", "1"), ("prev", "4")]),
    ],
)
def test_where_links_lead(page: int, total: int, expected: list[tuple[str, str]]) -> None:
    assert links(page, total) == expected


def test_links_are_written_as_live_ones() -> None:
    """connectwise-api.md 2.1: a slash before the query, + for spaces, lower-case escapes."""
    query = "page=2&conditions=LastUpdated%20%3E=%20[2025-04-01T20:02:28Z]&pageSize=2&pageId=7"
    text = numbered_links(call(query), Window(2, 1, None), 4)
    url = (
        "http://127.0.0.1:4580/v4_6_release/apis/3.0/company/contacts/"
        "?conditions=LastUpdated+%3e%3d+%5b2025-04-01T20%3a02%3a28Z%5d&pageSize=2&page=2"
    )
    assert text == f'<{url}>; rel="next", <{url}>; rel="last"'


def test_forward_only_always_has_a_link_which_is_empty_at_the_end() -> None:
    base = f"http://127.0.0.1:4580{PATH}/"
    assert (
        forward_link(call("pageSize=5&pageId=3"), 8) == f'<{base}?pageSize=5&pageId=8>; rel="next"'
    )
    assert forward_link(call(), 8) == f'<{base}?pageId=8>; rel="next"'
    assert forward_link(call(), None) == ""
