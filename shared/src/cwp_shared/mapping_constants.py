"""Whether a constant in a mapping is a value of its column's type."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from cwp_shared.mapping import Column, Constant

_BITS: Final = {"bigint": 63, "integer": 31}


def fits(constant: Constant, column: Column) -> bool:
    """Whether the column can hold the constant just as it is written; a super column holds none."""
    return column.kind in _CHECKS and _CHECKS[column.kind](constant, column)


def _text(constant: Constant, column: Column) -> bool:
    return isinstance(constant, str) and len(constant.encode()) <= column.sizes[0]


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
    return isinstance(constant, int | float) and not isinstance(constant, bool)


def _boolean(constant: Constant, _: Column) -> bool:
    return isinstance(constant, bool)


def _time(constant: Constant, _: Column) -> bool:
    try:
        return isinstance(constant, str) and bool(datetime.fromisoformat(constant))
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
