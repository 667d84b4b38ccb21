import json
from typing import Any

import pytest

from cwp_local.sandbox.calls import Call, Refused
from cwp_local.sandbox.filters import Filters, filters_of


def search(body: Any, query: str = "") -> Call:
    return Call("POST", "/service/tickets/search", query, body=json.dumps(body).encode())


def test_names_come_in_any_case() -> None:
    query = "Conditions=a&childconditions=b&CUSTOMFIELDCONDITIONS=c&orderby=d&Fields=e&x=y"
    assert filters_of(Call("GET", "/", query)) == Filters("a", "b", "c", "d", "e")


def test_the_last_of_several_counts() -> None:
    assert filters_of(Call("GET", "/", "conditions=a&Conditions=b")).conditions == "b"


def test_nothing_asked() -> None:
    assert filters_of(Call("GET", "/")) == filters_of(search({})) == Filters()


def test_a_search_brings_its_filters_in_the_body() -> None:
    body = {
        "conditions": "a",
        "orderBy": "d",
        "childconditions": "b",
        "customfieldconditions": "c",
        "page": 5,
    }
    call = search(body, "pageSize=5&fields=id")
    assert filters_of(call) == Filters("a", "b", "c", "d", "id")


def test_a_body_wins_over_the_query_and_null_says_nothing() -> None:
    call = search({"conditions": "body", "orderBy": None}, "conditions=query&orderBy=id")
    assert filters_of(call) == Filters("body", order_by="id")


@pytest.mark.parametrize("body", [b"{", b'{"conditions": "\xed"}', b'{"conditions": "\\ud800"}'])
def test_bodies_that_are_no_json(body: bytes) -> None:
    with pytest.raises(Refused, match="not valid JSON"):
        filters_of(Call("POST", "/service/tickets/search", body=body))


@pytest.mark.parametrize("body", [[], "x", 5, None, {"conditions": 5}, {"OrderBy": ["id"]}])
def test_bodies_that_are_no_filters(body: Any) -> None:
    with pytest.raises(Refused) as refusal:
        filters_of(search(body))
    assert refusal.value.answer.status == 400
    assert json.loads(refusal.value.answer.body)["code"] == "InvalidObject"
