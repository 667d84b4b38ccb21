import pytest

from cwp_shared.page_body import lenient_json


def test_half_a_surrogate_pair_costs_one_character_in_values_and_names() -> None:
    assert lenient_json(b'[{"a\\udc00": ["x\\ud83d", "\\ud83d\\ude00", "\\ufeff"]}]') == [
        {
            "a\N{REPLACEMENT CHARACTER}": [
                "x\N{REPLACEMENT CHARACTER}",
                "\N{GRINNING FACE}",
                "\ufeff",
            ]
        }
    ]


def test_a_number_beyond_double_is_its_text() -> None:
    assert lenient_json(b"[1e400, -1e400, 1e300, 12345678901234567890123]") == [
        "1e400",
        "-1e400",
        1e300,
        12345678901234567890123,
    ]


@pytest.mark.parametrize(
    "body", [b"", b"[", b"NaN", b"[Infinity]", b"\xff", b'["\x01"]', b"[" * 100_000]
)
def test_what_is_no_json_in_utf_8_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        lenient_json(body)
