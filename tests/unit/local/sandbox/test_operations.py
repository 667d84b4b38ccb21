from copy import deepcopy
from typing import Any

import pytest

from cwp_local.sandbox.calls import Call, Refused
from cwp_local.sandbox.operations import apply_operation, operations_of
from cwp_local.sandbox.tables import CONTACTS

ROW = {
    "id": 7,
    "firstName": "Ann",
    "company": {"id": 3, "identifier": "Three", "name": "Three Ltd", "_info": {}},
    "communicationItems": [{"id": 1, "value": "a"}, {"id": 2, "value": "b"}],
}


def applied(operation: dict[str, Any]) -> dict[str, Any]:
    row = deepcopy(ROW)
    apply_operation(CONTACTS, row, operation, ("id", "_info"))
    return row


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "replace", "path": "firstName", "value": "Eve"}, {"firstName": "Eve"}),
        ({"op": "Replace", "path": "/FIRSTNAME", "value": "Eve"}, {"firstName": "Eve"}),
        ({"op": "add", "path": "lastName", "value": "Lee"}, {"lastName": "Lee"}),
        ({"op": "replace", "path": "company/id", "value": 4}, {"company": {"id": 4}}),
        ({"op": "replace", "path": "site/id", "value": 4}, {"site": {"id": 4}}),
        (
            {"op": "remove", "path": "/communicationItems/0"},
            {"communicationItems": [{"id": 2, "value": "b"}]},
        ),
        (
            {"op": "replace", "path": "communicationItems/1/value", "value": "c"},
            {"communicationItems": [{"id": 1, "value": "a"}, {"id": 2, "value": "c"}]},
        ),
        (
            {"op": "add", "path": "communicationItems/-", "value": {"value": "c"}},
            {"communicationItems": [*ROW["communicationItems"], {"value": "c"}]},  # type: ignore[misc]  # a list of rows
        ),
    ],
)
def test_operations(operation: dict[str, Any], changed: dict[str, Any]) -> None:
    assert applied(operation) == {**ROW, **changed}


@pytest.mark.parametrize("operation", [{"op": "remove"}, {"op": "replace", "value": None}])
def test_no_value_takes_the_field_away(operation: dict[str, Any]) -> None:
    assert "firstName" not in applied({**operation, "path": "firstName"})


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "id", "_info/lastUpdated", "unheardOf", "firstName/x"),
        *("communicationItems/2", "communicationItems/x", "communicationItems/0/value/x"),
        "communicationItems/0000000001",
    ],
)
def test_places_that_are_none(path: str) -> None:
    with pytest.raises(Refused, match="InvalidField"):
        applied({"op": "replace", "path": path, "value": 1})


def test_a_body_that_is_no_list_of_operations() -> None:
    for body in (b"{}", b"[1]", b"nonsense"):
        with pytest.raises(Refused, match="InvalidObject"):
            operations_of(CONTACTS, Call("PATCH", "/", body=body))
