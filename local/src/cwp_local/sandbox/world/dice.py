"""Draws, in the few forms the made-up world needs; all quicker than their namesakes in `random`."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from cwp_local.sandbox.calls import Row

T = TypeVar("T")


def pick(rng: Random, things: Sequence[T]) -> T:
    """One of some things, each as likely."""
    return things[int(rng.random() * len(things))]


def chance(rng: Random, share: float) -> bool:
    """True in `share` (0 to 1) of the draws."""
    return rng.random() < share


def maybe(rng: Random, share: float, fields: Row) -> Row:
    """The fields in `share` of the draws, else none: what a row does not have, it leaves out."""
    return fields if rng.random() < share else {}


def guid(rng: Random) -> str:
    """A made-up GUID."""
    digits = f"{rng.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
