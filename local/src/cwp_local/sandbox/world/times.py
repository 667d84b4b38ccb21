"""Times of the made-up world: whole seconds since 1970, written as the API writes them."""

import time
from functools import lru_cache
from random import Random

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
#: Everything that `lastUpdated` says lies this far back at most: a little under three years.
SPAN = 3 * 365 * DAY - 3 * DAY

#: What live services say where there is no date.
NO_DATE = "1800-01-01T08:00:00Z"

_OPENING_HOUR = 12
_OPEN_HOURS = 10


#: Rows are full of times, and looking these up is twice as quick as formatting them.
_MINUTES = tuple(f"T{hour:02d}:{minute:02d}:" for hour in range(24) for minute in range(60))
_SECONDS = tuple(f"{second:02d}Z" for second in range(MINUTE))


def iso(seconds: int) -> str:
    """`2026-01-31T10:00:00Z`."""
    day, second = divmod(seconds, DAY)
    return _date(day) + _MINUTES[second // MINUTE] + _SECONDS[second % MINUTE]


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
