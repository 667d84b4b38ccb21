"""Faults on command: what the next requests of a company meet instead of their answer."""

import threading
from typing import TypeVar

from cwp_local.sandbox.calls import Answer, json_text
from cwp_local.sandbox.models import NotJson, StatusFault, Weather

_HTML = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
_DEFAULT_RETRY_AFTER = 30
_THROTTLED, _FORBIDDEN = 429, 403

F = TypeVar("F", NotJson, StatusFault)


class Forecast:
    """A company's weather: every fault happens a set number of times. A restart clears it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._weather = Weather()

    def set(self, weather: Weather) -> None:
        """Replace whatever was to come."""
        with self._lock:
            self._weather = weather

    def current(self) -> Weather:
        """What is still to come."""
        return self._weather

    def refusal(self, table: str) -> Answer | None:
        """What a request to `table` gets instead of an answer, if anything."""
        with self._lock:
            fault, left = _next(self._weather.status, table)
            self._weather = self._weather.model_copy(update={"status": left})
        return _refusal(fault) if fault else None

    def instead_of_page(self, table: str) -> Answer | None:
        """What a list of `table` gets instead of a page, if anything."""
        with self._lock:
            fault, left = _next(self._weather.not_json, table)
            self._weather = self._weather.model_copy(update={"not_json": left})
        return Answer(200, _HTML, content_type="text/html; charset=utf-8") if fault else None


def _next(faults: tuple[F, ...], table: str) -> tuple[F | None, tuple[F, ...]]:
    """The first fault that `table` meets, and the faults there are once it has happened."""
    met = next((fault for fault in faults if fault.table in (None, table)), None)
    if met is None:
        return None, faults
    place, left = faults.index(met), list(faults)
    left[place : place + 1] = [met.model_copy(update={"times": met.times - 1})] * (met.times > 1)
    return met, tuple(left)


def _refusal(fault: StatusFault) -> Answer:
    headers = {}
    wait = fault.retry_after
    if fault.code == _THROTTLED:
        wait = _DEFAULT_RETRY_AFTER if wait is None else wait
    if wait is not None:
        headers["Retry-After"] = str(wait)
    return Answer(fault.code, json_text(_body(fault.code, wait)).encode(), headers)


def _body(code: int, wait: int | None) -> dict[str, str]:
    if code == _THROTTLED:
        # The one error body that says `error` where others say `code`.
        text = f"Too many requests. Please try again in {wait} seconds."
        return {"error": "ConnectWiseAPI", "message": text}
    if code == _FORBIDDEN:
        text = "You do not have security permission to perform this action."
        return {"code": "Security", "message": text}
    return {"code": "ConnectWiseApi", "message": "An unexpected error has occurred."}
