"""Ages and moments as people type them, and ages as they read them."""

import re
from datetime import datetime, timedelta
from typing import Final

from cwp_ops.errors import OperatorError

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
#: Five digits of days are 274 years: a calendar still has such a day.
_AGE: Final = re.compile(r"([0-9]{1,5})([smhd])")


def age(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `3d`.

    Raises:
        OperatorError: something else.
    """
    found = _AGE.fullmatch(text.strip())
    if not found:
        raise OperatorError(f"{text!r} is not an age; write 90s, 15m, 2h or 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def moment(text: str) -> datetime:
    """A time with its zone: `2026-03-01T12:00:00Z`.

    Raises:
        OperatorError: something else.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise OperatorError(f"{text!r} is not a time with its zone; write 2026-03-01T12:00:00Z")
    return found


def moment_or_age(text: str, now: datetime) -> datetime:
    """A time with its zone, or so long before `now`.

    Raises:
        OperatorError: neither.
    """
    return now - age(text) if text[-1:] in _UNITS else moment(text)


def age_text(seconds: int | None) -> str:
    """`3 d`, `2 h`, `5 min`, `40 s`; nothing if it is not known."""
    if seconds is None:
        return ""
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {name}"
    return f"{seconds} s"
