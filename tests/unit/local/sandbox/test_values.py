from typing import Any

import pytest

from cwp_local.sandbox.values import normal, problems_of


@pytest.mark.parametrize(
    ("type_text", "value", "code"),
    [
        ("int", True, "InvalidField"),
        ("int", 1.5, "InvalidField"),
        ("int", 2**31, "OutOfRange"),
        ("int", 10**40, "OutOfRange"),
        ("double", 1e300, "OutOfRange"),
        ("double", "1", "InvalidField"),
        ("string(3)", "four", "MaxLengthField"),
        ("bool", 1, "InvalidField"),
        ("enum:Low|High", "Middle", "InvalidField"),
        ("date-time", "yesterday", "InvalidField"),
        ("date-time", "0975-09-09T09:14:14Z", "InvalidField"),
        ("date-time", "0001-01-01T00:00:00+14:00", "InvalidField"),
        ("[]int", [1, "2"], "InvalidField"),
        ("[]string", "text", "InvalidField"),
        ("->CompanyReference", 5, "InvalidField"),
        ("[]->CustomFieldValue", [{"caption": 5}], "InvalidField"),
    ],
)
def test_values_that_cannot_be_taken(type_text: str, value: Any, code: str) -> None:
    field = "x/caption" if "Custom" in type_text else "x"
    assert [problem[:2] for problem in problems_of("x", type_text, value)] == [(code, field)]


@pytest.mark.parametrize(
    ("type_text", "value", "held"),
    [
        ("int", 5.0, 5),
        ("string(3)", "abc", "abc"),
        ("enum:Low|High", "hIGH", "High"),
        ("date-time", "2026-01-31", "2026-01-31T00:00:00Z"),
        ("date-time", "2026-01-31T10:00:00.5+02:00", "2026-01-31T08:00:00Z"),
        ("[]int", [1, None, 2.0], [1, 2]),
        ("->CompanyReference", {"id": "odd", "more": 1}, {"id": "odd", "more": 1}),
        (
            "[]->CustomFieldValue",
            [{"id": 3, "caption": None, "value": {"any": 1}, "unheardOf": 1}],
            [{"id": 3, "value": {"any": 1}}],
        ),
        ("bool", None, None),
    ],
)
def test_values_as_rows_hold_them(type_text: str, value: Any, held: Any) -> None:
    assert list(problems_of("x", type_text, value)) == []
    assert normal(type_text, value) == held
