import copy
from typing import Any

import pytest

from cwp_shared.sensitive import drop_sensitive, may_have_passwords


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        ((), {"id": 1, "token": "t", "member": {"password": "p", "name": "n"}, "list": [{"x": 1}]}),
        (("token",), {"id": 1, "member": {"password": "p", "name": "n"}, "list": [{"x": 1}]}),
        (
            ("TOKEN", "nothing"),
            {"id": 1, "member": {"password": "p", "name": "n"}, "list": [{"x": 1}]},
        ),
        (
            ("member/password",),
            {"id": 1, "token": "t", "member": {"name": "n"}, "list": [{"x": 1}]},
        ),
        (("list/x", "member"), {"id": 1, "token": "t", "list": [{}]}),
        (
            ("token/deeper",),
            {"id": 1, "token": "t", "member": {"password": "p", "name": "n"}, "list": [{"x": 1}]},
        ),
    ],
)
def test_sensitive_fields_are_dropped_wherever_the_path_leads(
    paths: tuple[str, ...], left: dict[str, Any]
) -> None:
    row = {"id": 1, "token": "t", "member": {"password": "p", "name": "n"}, "list": [{"x": 1}]}
    drop_sensitive([row], paths)
    assert row == left


def test_a_secret_that_changed_its_case_is_dropped_too() -> None:
    row = {"PortalPassword": 1, "portalPassword": 2, "portalPasswordHint": 3}
    drop_sensitive([row], ["portalPassword"])
    assert row == {"portalPasswordHint": 3}


FIELD = {"id": 6, "caption": "Router", "type": "Password", "value": "s3cret"}
ANSWER = {"questionId": 7, "question": "Admin", "fieldType": "Password", "answer": "s3cret"}


@pytest.mark.parametrize(
    "item",
    [
        FIELD,
        ANSWER,
        FIELD | {"type": "PASSWORD"},
        {name.upper(): value for name, value in FIELD.items()},
        {name.lower(): value for name, value in ANSWER.items()},
        FIELD | {"value": {"deep": ["s3cret"]}},
        {"inner": [FIELD]},
    ],
)
@pytest.mark.parametrize("place", ["customFields", "questions", "somewhere"])
def test_values_of_type_password_are_dropped_from_lists(item: dict[str, Any], place: str) -> None:
    row = {"id": 1, place: [copy.deepcopy(item), {"type": "Text", "value": "stays"}]}
    drop_sensitive([row], ())
    assert "s3cret" not in str(row)
    assert "stays" in str(row)


@pytest.mark.parametrize(
    "row",
    [
        # Nothing but items of lists says its type like this.
        {"id": 1, "type": "Password", "value": "a name"},
        {"customFields": [{"caption": "Password", "type": "Text", "value": "hint"}]},
        {"customFields": [{"type": {"name": "Password"}, "value": "mail"}]},
        {"customFields": [{"type": "Password"}, "Password", ["Password"], None]},
    ],
)
def test_what_is_no_password_stays(row: dict[str, Any]) -> None:
    before = copy.deepcopy(row)
    drop_sensitive([row], ())
    assert row == before


@pytest.mark.parametrize(
    ("text", "may"),
    [
        (b'{"type":"Password"}', True),
        (b'{"type":"PASSWORD"}', True),
        (b'{"type":"Pass\\u0077ord"}', True),
        (b'{"type":"Text","value":"secret"}', False),
    ],
)
def test_text_without_a_mark_needs_no_look(text: bytes, may: bool) -> None:
    assert may_have_passwords(text) is may
