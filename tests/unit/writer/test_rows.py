import pytest

from cwp_writer.rows import decode


def test_rows_are_decoded() -> None:
    assert decode(b'[{"id": 1, "x": {"y": [1.5, null]}}]') == [{"id": 1, "x": {"y": [1.5, None]}}]
    assert decode(b"[]") == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"null",
        b"{}",
        b"[1]",
        b"[null]",
        b'[{"a": 1}, 2]',
        b'[{"a": NaN}]',
        b'[{"a": "\xff"}]',
        b'[{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
)
def test_what_is_no_array_of_objects_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decode(body)


def test_half_an_emoji_costs_one_character() -> None:
    assert decode(b'[{"s": "cut \\ud83d"}, {"s": "\\ud83d\\ude00"}]') == [
        {"s": "cut \N{REPLACEMENT CHARACTER}"},
        {"s": "\N{GRINNING FACE}"},
    ]


def test_a_number_beyond_double_keeps_its_text() -> None:
    assert decode(b'[{"n": 1e400, "m": -1E999, "k": 1e300}]') == [
        {"n": "1e400", "m": "-1E999", "k": 1e300}
    ]
