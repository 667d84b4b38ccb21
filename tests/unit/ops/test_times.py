from datetime import UTC, datetime, timedelta

import pytest

from cwp_ops.errors import OperatorError
from cwp_ops.times import age, age_text, moment, moment_or_age

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        (" 2h ", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
    ],
)
def test_ages_are_read(text: str, meant: timedelta) -> None:
    assert age(text) == meant


@pytest.mark.parametrize("text", ["soon", "", "5", "h", "-5m", "1.5h", "5w", "5 m", "\u0665m"])
def test_what_is_no_age_is_refused_with_how_to_write_one(text: str) -> None:
    with pytest.raises(OperatorError, match="is not an age; write 90s, 15m, 2h or 3d"):
        age(text)


def test_the_longest_age_ends_on_a_day_that_there_is() -> None:
    assert moment_or_age("99999d", NOW).year == 1752
    with pytest.raises(OperatorError, match="is not an age"):
        moment_or_age("999999d", NOW)


def test_a_moment_has_its_zone() -> None:
    assert moment("2026-03-01T12:00:00Z") == NOW
    for text in ("yesterday!", "2026-03-01T12:00:00"):
        with pytest.raises(OperatorError, match="is not a time with its zone"):
            moment(text)


def test_either_may_be_typed() -> None:
    assert moment_or_age("2h", NOW) == NOW - timedelta(hours=2)
    assert moment_or_age("2026-02-01T00:00:00Z", NOW) == datetime(2026, 2, 1, tzinfo=UTC)
    with pytest.raises(OperatorError, match="is not a time with its zone"):
        moment_or_age("", NOW)


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (4, "4 s"), (125, "2 min"), (7_300, "2 h"), (200_000, "2 d")]
)
def test_ages_are_words(seconds: int | None, text: str) -> None:
    assert age_text(seconds) == text
