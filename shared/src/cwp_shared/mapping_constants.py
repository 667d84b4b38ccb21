"""Whether a constant in a mapping is a value of its column's type."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Final

from cwp_shared.mapping import Column, Constant

#: A day, or a time with or without a zone; Python knows more ways to write one.
_PLAIN_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?", re.ASCII
)
_BITS: Final = {"bigint": 63, "integer": 31}


def fits(constant: Constant, column: Column) -> bool:
    """Whether the column can hold the constant just as it is written; a super column holds none."""
    return column.kind in _CHECKS and _CHECKS[column.kind](constant, column)


def _text(constant: Constant, column: Column) -> bool:
    if not isinstance(constant, str) or "\0" in constant:  # which no warehouse takes
        return False
    return len(constant.encode()) <= column.sizes[0]


def _whole(constant: Constant, column: Column) -> bool:
    if isinstance(constant, bool) or not isinstance(constant, int):
        return False
    return constant.bit_length() <= _BITS[column.kind]


def _decimal(constant: Constant, column: Column) -> bool:
    if isinstance(constant, bool):
        return False
    try:
        number = Decimal(str(constant))
    except InvalidOperation:
        return False
    digits, scale = column.sizes
    room = Decimal(10) ** (digits - scale)
    return number.is_finite() and abs(number) < room and number == round(number, scale)


def _double(constant: Constant, _: Column) -> bool:
    return (
        isinstance(constant, int | float) and not isinstance(constant, bool) and isfinite(constant)
    )


def _boolean(constant: Constant, _: Column) -> bool:
    return isinstance(constant, bool)


def _time(constant: Constant, _: Column) -> bool:
    if not isinstance(constant, str) or not _PLAIN_TIME.fullmatch(constant):
        return False
    try:
        return bool(datetime.fromisoformat(constant))
    except ValueError:
        return False


_CHECKS: Final[dict[str, Callable[[Constant, Column], bool]]] = {
    "varchar": _text,
    "bigint": _whole,
    "integer": _whole,
    "decimal": _decimal,
    "double precision": _double,
    "boolean": _boolean,
    "timestamp": _time,
    "date": _time,
}
