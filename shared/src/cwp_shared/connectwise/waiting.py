"""How long to leave ConnectWise alone after it said that it is asked too much."""

import email.utils
import math
from datetime import datetime, timedelta
from typing import Final

#: The official cool-down is 30 seconds; a shorter Retry-After has been seen to trip again at once.
FLOOR: Final = timedelta(seconds=30)
#: Nobody's clock or typing error may park a job for longer.
CAP: Final = timedelta(minutes=15)
#: Spread on top, in floors, so that those refused together do not come back together.
SPREAD: Final = 0.5


def seconds_to_wait(
    retry_after: str | None, now: datetime, chance: float, floor: timedelta = FLOOR
) -> int:
    """Whole seconds until the next try.

    Args:
        retry_after: the header: seconds, or an HTTP date; None or nonsense: the floor.
        now: the present, aware.
        chance: 0 to 1, how much of the spread to add.
        floor: the shortest wait, whatever the header says.
    """
    asked = _asked(retry_after or "", now)
    wait = min(max(asked, floor), CAP) + floor * SPREAD * chance
    return math.ceil(wait.total_seconds())


def _asked(text: str, now: datetime) -> timedelta:
    try:
        if text.strip().isdecimal():
            return timedelta(seconds=min(int(text), CAP.total_seconds()))
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return timedelta()
    return moment - now if moment.tzinfo else timedelta()
