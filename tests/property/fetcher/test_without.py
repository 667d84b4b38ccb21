"""What lands is the page less what is sensitive, and is not touched where nothing is."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_fetcher.without import without_sensitive
from cwp_shared.page_body import lenient_json
from cwp_shared.sensitive import drop_sensitive

#: In no other value, however it is spelled.
SECRET = "s3cr\u00e8t"
FIELDS = ("token", "member/password", "list/pin")

_NAMES = st.sampled_from(
    ["id", "token", "Token", "member", "password", "list", "pin", "type", "value", "fieldType",
     "answer", "customFields", "TYPE", "name"]
)  # fmt: skip
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["Password", "PASSWORD", "Text", "", "\ud83d", "assword", "\u0000"]),
    st.text(max_size=6),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(_NAMES, inner, max_size=5), st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)
_ROWS = st.lists(st.dictionaries(_NAMES, _VALUES, max_size=4), max_size=3)
_TYPED = st.sampled_from(
    [
        {"id": 6, "type": "Password", "value": SECRET},
        {"value": SECRET, "Type": "password"},
        {"fieldType": "Password", "answer": [SECRET]},
    ]
)


@st.composite
def _secret_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Rows that each have the secret at one of the places where it is one."""
    return [
        draw(
            st.sampled_from(
                [
                    {**row, "token": SECRET},
                    {**row, "MEMBER": [{"password": SECRET}]},
                    {**row, "list": [{"pin": {"deep": SECRET}}]},
                    {**row, "customFields": [draw(_VALUES), draw(_TYPED)]},
                    {**row, "a": {"questions": [{"b": [draw(_TYPED)]}]}},
                ]
            )
        )
        for row in draw(_ROWS)
    ]


def _body(rows: list[dict[str, Any]], *, ascii_only: bool) -> bytes:
    text = json.dumps(rows, ensure_ascii=ascii_only, indent=None if ascii_only else 1)
    return text.encode("utf-8", "replace")


@given(_ROWS | _secret_rows(), st.booleans())
@settings(max_examples=100)
def test_exactly_what_is_sensitive_is_left_out(
    rows: list[dict[str, Any]], ascii_only: bool
) -> None:
    body = _body(rows, ascii_only=ascii_only)
    wanted = lenient_json(body)
    drop_sensitive(wanted, FIELDS)
    assert lenient_json(without_sensitive(body, FIELDS)) == wanted


@given(_secret_rows(), st.booleans())
@settings(max_examples=50)
def test_no_secret_is_left_in_any_spelling(rows: list[dict[str, Any]], ascii_only: bool) -> None:
    left = without_sensitive(_body(rows, ascii_only=ascii_only), FIELDS)
    assert SECRET not in json.dumps(json.loads(left), ensure_ascii=False)


@given(st.lists(st.dictionaries(st.sampled_from(["id", "name"]), _SCALARS.filter(
    lambda value: not isinstance(value, str) or "assword" not in value.lower()
)), max_size=5))  # fmt: skip
def test_a_page_without_anything_sensitive_is_byte_for_byte_what_came(
    rows: list[dict[str, Any]],
) -> None:
    body = _body(rows, ascii_only=False)
    assert without_sensitive(body, FIELDS) == body
