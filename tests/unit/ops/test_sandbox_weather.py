import pytest

from cwp_ops.errors import OperatorError
from cwp_ops.sandbox_weather import When, drift_of, fields_of, given, in_words, rows_of


def test_a_fault_says_only_what_was_said() -> None:
    assert When().fault() == {}
    assert When("time_entries", times=2).fault(code=500, body=None) == {
        "table": "time_entries",
        "times": 2,
        "code": 500,
    }
    assert When(chance=0.5, seed=0).fault() == {"probability": 0.5, "seed": 0}


def test_rows() -> None:
    assert rows_of(["service_tickets:5, 6", "time_entries:7"]) == [
        {"table": "service_tickets", "ids": [5, 6]},
        {"table": "time_entries", "ids": [7]},
    ]


def test_drift() -> None:
    assert drift_of(["t:new=5", "t:other=a=b"], ["t:summary=list"]) == [
        {"table": "t", "field": "new", "value": 5},
        {"table": "t", "field": "other", "value": "a=b"},
        {"table": "t", "field": "summary", "retyped": "list"},
    ]


@pytest.mark.parametrize("text", ["service_tickets", "service_tickets:", "t:a", "t:1,,2"])
def test_rows_that_are_none(text: str) -> None:
    with pytest.raises(OperatorError, match="is not TABLE:ID"):
        rows_of([text])


@pytest.mark.parametrize("text", ["summary=list", "t:summary", "t:=list"])
def test_drift_that_is_none(text: str) -> None:
    with pytest.raises(OperatorError, match="is not TABLE:FIELD="):
        drift_of([], [text])


@pytest.mark.parametrize(("text", "words"), [("{", "not JSON"), ("[]", "a JSON object")])
def test_fields_that_are_none(text: str, words: str) -> None:
    with pytest.raises(OperatorError, match=words):
        fields_of(text)


def test_only_what_was_given() -> None:
    assert given({"a": None, "b": [], "c": 0, "d": False}) == {"c": 0, "d": False}


def test_words() -> None:
    weather = {"status": [{"code": 500, "times": 2}, {"code": 429}], "skew_seconds": 60}
    assert in_words(weather) == [
        ("status", "code 500, times 2"),
        ("status", "code 429"),
        ("skew seconds", "60"),
    ]
