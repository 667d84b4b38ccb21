from datetime import UTC, datetime, timedelta

import pytest

from cwp_shared.connectwise.waiting import CAP, FLOOR, SPREAD, seconds_to_wait

NOW = datetime(2026, 11, 23, 7, 40, tzinfo=UTC)
AT_LEAST, AT_MOST = int(FLOOR.total_seconds()), int(CAP.total_seconds())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, AT_LEAST),
        ("", AT_LEAST),
        ("soon", AT_LEAST),
        ("-5", AT_LEAST),
        ("1", AT_LEAST),
        ("90", 90),
        (" 90 ", 90),
        ("86400", AT_MOST),
        ("9" * 400, AT_MOST),
        ("9" * 5000, AT_LEAST),
        (f"Mon, 23 Nov 2026 07:42:00 +{'9' * 20}", AT_LEAST),
        ("Mon, 23 Nov 2026 07:42:00 GMT", 120),
        ("Mon, 23 Nov 2026 07:39:00 GMT", AT_LEAST),
        ("Tue, 24 Nov 2026 07:40:00 GMT", AT_MOST),
        ("Mon, 23 Nov 2026 07:42:00", AT_LEAST),
    ],
)
def test_what_the_header_asks_within_floor_and_cap(header: str | None, seconds: int) -> None:
    assert seconds_to_wait(header, NOW, 0) == seconds


def test_chance_spreads_the_waits() -> None:
    waits = [seconds_to_wait("90", NOW, chance) for chance in (0, 0.5, 1)]
    assert waits == sorted(set(waits))
    assert waits[-1] - waits[0] == FLOOR.total_seconds() * SPREAD


def test_a_shorter_floor_has_a_shorter_spread() -> None:
    assert seconds_to_wait("0", NOW, 1, timedelta(seconds=2)) == 3
