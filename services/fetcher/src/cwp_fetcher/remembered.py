"""Answers kept for a while in the container."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered(Generic[Key, Value]):
    """What `load` answers, kept for `seconds`. An error is not kept: the next call asks again."""

    def __init__(
        self,
        load: Callable[[Key], Value],
        seconds: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._load = load
        self._seconds = seconds
        self._now = now
        self._kept: dict[Key, tuple[float, Value]] = {}

    def get(self, key: Key) -> Value:
        """The kept answer if it is young enough, else a new one."""
        kept = self._kept.get(key)
        if kept and self._is_young(kept[0]):
            return kept[1]
        value = self._load(key)
        self._kept[key] = (self._now(), value)
        return value

    def has(self, key: Key) -> bool:
        """Whether `get` would answer without asking."""
        kept = self._kept.get(key)
        return kept is not None and self._is_young(kept[0])

    def forget(self, key: Key) -> None:
        """Ask again at the next `get`."""
        self._kept.pop(key, None)

    def _is_young(self, since: float) -> bool:
        return self._now() - since < self._seconds
