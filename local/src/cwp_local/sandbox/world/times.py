"""Times of the made-up world: whole seconds since 1970, written as the API writes them."""

import time
from functools import lru_cache
from random import Random

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: Everything that `lastUpdated` says lies this far back at most: a little under three years.
SPAN = 3 * 365 * DAY - 3 * DAY

_OPENING_HOUR = 12
_OPEN_HOURS = 10


def iso(seconds: int) -> str:
    """`2026-01-31T10:00:00Z`."""
    day, second = divmod(seconds, DAY)
    minute, second = divmod(second, MINUTE)
    return f"{_date(day)}T{minute // 60:02d}:{minute % 60:02d}:{second:02d}Z"


def midnight(seconds: int) -> str:
    """The day, as the API writes date-only values."""
    return f"{_date(seconds // DAY)}T00:00:00Z"


@lru_cache(maxsize=8192)
def _date(day: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(day * DAY))


def in_working_hours(rng: Random, seconds: float) -> int:
    """A second of the same UTC day between opening and closing, most often about its middle."""
    day = int(seconds) // DAY * DAY
    return day + int((_OPENING_HOUR + _OPEN_HOURS * (rng.random() + rng.random()) / 2) * HOUR)
