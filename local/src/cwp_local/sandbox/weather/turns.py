"""Whose turn it is: faults of one kind, and how often each will still happen."""

from collections.abc import Callable, Iterable
from random import Random
from typing import Generic, TypeVar

from cwp_local.sandbox.weather.model import Fault

F = TypeVar("F", bound=Fault)


class _Turn(Generic[F]):
    def __init__(self, fault: F) -> None:
        self.fault = fault
        self.left = fault.times
        self._rng = Random(fault.seed)  # noqa: S311 - chance on command, repeatable

    def happens(self) -> bool:
        chance = self.fault.probability
        if self.left == 0 or (chance is not None and self._rng.random() >= chance):
            return False
        self.left = None if self.left is None else self.left - 1
        return True


class Turns(Generic[F]):
    """Not safe for threads; the forecast locks."""

    def __init__(self, faults: Iterable[F]) -> None:
        self._turns = [_Turn(fault) for fault in faults]

    def take(self, table: str, applies: Callable[[F], bool] = lambda _: True) -> F | None:
        """The first fault that meets a request to `table`, which then has happened once more."""
        for turn in self._turns:
            fault = turn.fault
            if fault.table in (None, table) and applies(fault) and turn.happens():
                return fault
        return None

    def left(self) -> tuple[F, ...]:
        """What is still to come."""
        return tuple(
            turn.fault.model_copy(update={"times": turn.left})
            for turn in self._turns
            if turn.left != 0
        )
