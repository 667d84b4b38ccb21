"""What a company's next requests meet."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cwp_local.sandbox.calls import Answer, Asked, Call, Delivery, Refused
from cwp_local.sandbox.filters import filters_of
from cwp_local.sandbox.shapes import Shape
from cwp_local.sandbox.tables import TABLES, Table
from cwp_local.sandbox.weather import answers
from cwp_local.sandbox.weather.limit import SlidingWindow
from cwp_local.sandbox.weather.model import StatusFault, TableRows, Weather
from cwp_local.sandbox.weather.turns import Turns
from cwp_shared.clock import Clock

_FAULTS = ("status", "not_json", "slow", "reset", "truncated")
_WITH_ROWS = (200, 201)
_NONE: frozenset[int] = frozenset()


class Forecast:
    """A company's weather and what is left of it. A restart clears it.

    The lock is held to decide only, never while an answer is made or waits.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turns: dict[str, Turns[Any]] = {}
        self._begin(Weather(), _FAULTS)
        self._window = SlidingWindow(None)

    def set(self, weather: Weather) -> None:
        """Replace everything."""
        with self._lock:
            self._begin(weather, _FAULTS)
            self._window = SlidingWindow(weather.rate_limit)

    def change(self, given: Mapping[str, Any]) -> None:
        """Replace the given fields; None sets one back. The others go on where they are.

        Raises:
            ValidationError: a field that is none, or a value that it cannot have.
        """
        with self._lock:
            weather = self._left().changed(given)
            self._begin(weather, [name for name in _FAULTS if name in given])
            if "rate_limit" in given:
                self._window = SlidingWindow(weather.rate_limit)

    def current(self) -> Weather:
        """The switches as they are, and the faults that are still to come."""
        with self._lock:
            return self._left()

    def clock(self, clock: Clock) -> Clock:
        """The company's clock, which may be ahead of the true one or behind."""
        return lambda: clock() + timedelta(seconds=self.weather.skew_seconds)

    def hidden(self, table: Table) -> frozenset[int]:
        """Ids of the rows that the caller's role does not see."""
        return self._hidden.get(table.id, _NONE)

    def check_rows(self, table: Table, ids: list[int]) -> None:
        """Refuse an answer that would have to show a poisoned row.

        Raises:
            Refused: 500.
        """
        if not self._poisoned.get(table.id, _NONE).isdisjoint(ids):
            raise Refused(answers.poisoned())

    def serve(
        self, asked: Asked, call: Call, now: datetime, answer: Callable[[], Answer]
    ) -> Answer:
        """The answer to a request, or what it meets instead, how it looks and how it travels.

        A connection that breaks does so after `answer` has done what was asked for.
        """
        with self._lock:
            instead = self._instead(asked, now)
            delivery = self._delivery(asked.table)
        made = self._shown(asked, call, _made(answer)) if instead is None else instead
        return replace(made, delivery=delivery, asked=asked)

    def _begin(self, weather: Weather, renewed: Iterable[str]) -> None:
        # Switches are read without the lock; each is replaced as a whole.
        self.weather = weather
        self.shape = Shape.of(weather)
        self._hidden = _by_table(weather.hidden)
        self._poisoned = _by_table(weather.poisoned)
        self._turns |= {name: Turns(getattr(weather, name)) for name in renewed}

    def _shown(self, asked: Asked, call: Call, answer: Answer) -> Answer:
        has_rows = answer.status in _WITH_ROWS and answer.body and asked.kind != "count"
        if self.shape is None or not has_rows:
            return answer
        fields = filters_of(call).fields if asked.kind in {"page", "row"} else ""
        return self.shape.shown(TABLES[asked.table], call, answer, fields)

    def _left(self) -> Weather:
        return self.weather.model_copy(
            update={name: turns.left() for name, turns in self._turns.items()}
        )

    def _instead(self, asked: Asked, now: datetime) -> Answer | None:
        limit = self.weather.rate_limit
        wait_s = self._window.wait_s(now)
        if limit and wait_s is not None:
            return answers.throttled(wait_s, html=limit.body == "html")
        if asked.table in self.weather.forbidden:
            return answers.forbidden()
        fault = self._turns["status"].take(asked.table, lambda one: _is_large(asked, one))
        if fault:
            return answers.refusal(fault)
        if asked.kind == "page" and self._turns["not_json"].take(asked.table):
            return answers.not_json()
        return None

    def _delivery(self, table: str) -> Delivery:
        slow = self._turns["slow"].take(table)
        delay_s = slow.seconds if slow else 0.0
        if self._turns["reset"].take(table):
            return Delivery(delay_s, "reset")
        return Delivery(delay_s, "truncated" if self._turns["truncated"].take(table) else "whole")


def _by_table(chosen: Iterable[TableRows]) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for rows in chosen:
        found[rows.table] = found.get(rows.table, _NONE) | frozenset(rows.ids)
    return found


def _is_large(asked: Asked, fault: StatusFault) -> bool:
    if fault.above_page_size is None:
        return True
    return asked.kind == "page" and asked.page_size > fault.above_page_size


def _made(answer: Callable[[], Answer]) -> Answer:
    try:
        return answer()
    except Refused as refusal:
        return refusal.answer
