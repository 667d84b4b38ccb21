"""The sandbox's control endpoints from Python; tests, the demo and `cwpipe` use this.

>>> sandbox = SandboxControl("http://127.0.0.1:4580")          # doctest: +SKIP
>>> access = sandbox.make_company("Acme", seed=7, tickets=2000)  # doctest: +SKIP
>>> changes = sandbox.play("Acme", update=20, add=5, delete=2)   # doctest: +SKIP
>>> changes.tables["service_tickets"].updated                    # doctest: +SKIP
"""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import urlencode

import requests
from pydantic import BaseModel, ValidationError

from cwp_local.sandbox.log_summary import LogSummary
from cwp_local.sandbox.models import (
    ChangesAsked,
    ChangesPlayed,
    CompanyAccess,
    CompanySpec,
    CompanyState,
    HistoryEntry,
    HistoryPage,
    LogPage,
    Making,
    TickAsked,
    TickState,
    Weather,
    problems,
)

M = TypeVar("M", bound=BaseModel)

#: Making a company of a million tickets takes minutes.
_READ_SECONDS = 1800
_CONNECT_SECONDS = 5


class SandboxError(Exception):
    """The sandbox refused, or does not answer; the text says why. `status` is None for the latter.

    404: no such company, table or row. 409: a company of that name has another spec.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class SandboxControl:
    """Steers one running sandbox. Every method raises `SandboxError` when it cannot.

    Args:
        base_url: `http://127.0.0.1:4580`.
    """

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")

    def is_up(self) -> bool:
        """Whether the sandbox answers now."""
        try:
            self._send("GET", "/health")
        except SandboxError:
            return False
        return True

    def wait_until_up(self, seconds: float = 10.0) -> None:
        """Return as soon as the sandbox answers."""
        end = time.monotonic() + seconds
        while not self.is_up():
            if time.monotonic() > end:
                raise SandboxError(f"no sandbox at {self.base_url} after {seconds:g} s")
            time.sleep(0.05)

    def make_company(
        self, company: str, *, seed: int, tickets: int, reference_time: datetime | None = None
    ) -> CompanyAccess:
        """Make a company, or find it if it was made from the same; with its keys either way."""
        spec = _order(
            CompanySpec,
            {
                "company": company,
                "seed": seed,
                "tickets": tickets,
                "reference_time": reference_time,
            },
        )
        return self._ask(CompanyAccess, "POST", "/companies", spec)

    def companies(self) -> list[CompanyState]:
        """All companies, by name."""
        return [CompanyState.model_validate(one) for one in self._send("GET", "/companies")]

    def company(self, company: str) -> CompanyState:
        """One company, with its row counts now."""
        return self._ask(CompanyState, "GET", f"/companies/{company}")

    def delete_company(self, company: str) -> None:
        """Remove a company with all it has."""
        self._send("DELETE", f"/companies/{company}")

    def play(
        self,
        company: str,
        *,
        update: int = 0,
        add: int = 0,
        delete: int = 0,
        seed: int | None = None,
        tables: Sequence[str] | None = None,
    ) -> ChangesPlayed:
        """Play changes, all at this second; answers with the ids of every row that changed."""
        counts = {"update": update, "add": add, "delete": delete}
        asked = _order(ChangesAsked, {**counts, "seed": seed, "tables": tables})
        return self._ask(ChangesPlayed, "POST", f"/companies/{company}/changes", asked)

    def tick(self, company: str, *, days: float = 1.0, seed: int | None = None) -> ChangesPlayed:
        """Play a working day, or a part of one, now; answers with the ids of every row changed."""
        asked = _order(TickAsked, {"days": days, "seed": seed})
        return self._ask(ChangesPlayed, "POST", f"/companies/{company}/tick", asked)

    def start_tick(
        self,
        company: str,
        *,
        days: float,
        every_requests: int | None = None,
        seconds: float | None = None,
    ) -> TickState:
        """Play a part of a day after every so many pages asked for, or every so many seconds."""
        often = {"every_requests": every_requests, "seconds": seconds}
        asked = _order(TickAsked, {"days": days, **often})
        if asked.at_once:
            raise SandboxError("say every_requests or seconds; `tick` plays at once")
        return self._ask(TickState, "POST", f"/companies/{company}/tick", asked)

    def ticking(self, company: str) -> TickState:
        """What is being played by itself, and all that changed since that began."""
        return self._ask(TickState, "GET", f"/companies/{company}/tick")

    def stop_tick(self, company: str) -> TickState:
        """Play no more by itself; what changed until now."""
        return self._ask(TickState, "DELETE", f"/companies/{company}/tick")

    def history(self, company: str, since: int = 0) -> Iterator[HistoryEntry]:
        """All changes of rows after the change `since`, oldest first."""
        path = f"/companies/{company}/history"
        while (page := self._ask(HistoryPage, "GET", f"{path}?since={since}")).entries:
            yield from page.entries
            since = page.last

    def making(self) -> Making | None:
        """How far the company is that is being made, by somebody else's call; None if none is."""
        found = self._send("GET", "/making")
        return None if found is None else Making.model_validate(found)

    def row(self, company: str, table: str, row_id: int) -> dict[str, Any]:
        """A row as the API would send it."""
        row: dict[str, Any] = self._send("GET", _row_path(company, table, row_id))
        return row

    def patch_row(
        self, company: str, table: str, row_id: int, fields: dict[str, Any]
    ) -> dict[str, Any]:
        """Merge `fields` into a row, unchecked (None takes one away); the row as it is then."""
        row: dict[str, Any] = self._send("PATCH", _row_path(company, table, row_id), fields)
        return row

    def set_weather(self, company: str, weather: Weather | None = None, **fields: Any) -> Weather:
        """Replace the company's weather, given whole or by its fields; by default: fair weather.

        >>> sandbox.set_weather("Acme", reset=Reset(probability=0.1))  # doctest: +SKIP
        """
        wanted = weather or _order(Weather, fields)
        return self._ask(Weather, "PUT", f"/companies/{company}/weather", wanted)

    def change_weather(self, company: str, **fields: Any) -> Weather:
        """Replace the given fields of the company's weather; None sets one back."""
        wanted = _order(
            Weather, {name: value for name, value in fields.items() if value is not None}
        )
        sent = {**_content(wanted), **{name: None for name in fields if fields[name] is None}}
        path = f"/companies/{company}/weather"
        return Weather.model_validate(self._send("PATCH", path, sent))

    def weather(self, company: str) -> Weather:
        """Switches that are not as usual, and faults still to come."""
        return self._ask(Weather, "GET", f"/companies/{company}/weather")

    def log(self, since: int = 0) -> LogPage:
        """Requests after `since`, which is the `last` of an earlier answer."""
        return self._ask(LogPage, "GET", f"/log?since={since}")

    def log_summary(
        self, company: str | None = None, since: int = 0, retry_within: int = 60
    ) -> LogSummary:
        """What the requests after `since` add up to, those of one company if it is given."""
        asked = {"since": since, "retry_within": retry_within, "company": company or ""}
        return self._ask(LogSummary, "GET", f"/log/summary?{urlencode(asked)}")

    def _ask(self, model: type[M], method: str, path: str, body: BaseModel | None = None) -> M:
        sent = None if body is None else _content(body)
        return model.model_validate(self._send(method, path, sent))

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.base_url}/_sandbox{path}"
        try:
            answer = requests.request(
                method, url, json=body, timeout=(_CONNECT_SECONDS, _READ_SECONDS)
            )
        except requests.RequestException as error:
            name = type(error).__name__
            raise SandboxError(f"the sandbox at {self.base_url} does not answer ({name})") from None
        if not answer.ok:
            raise SandboxError(_reason(answer), answer.status_code)
        return answer.json() if answer.content else None


def _content(body: BaseModel) -> dict[str, Any]:
    return body.model_dump(mode="json", exclude_unset=True)


def _order(model: type[M], fields: dict[str, Any]) -> M:
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise SandboxError(problems(error)) from None


def _row_path(company: str, table: str, row_id: int) -> str:
    return f"/companies/{company}/rows/{table}/{row_id}"


def _reason(answer: requests.Response) -> str:
    try:
        body = answer.json()
    except ValueError:
        body = None
    if isinstance(body, dict) and "error" in body:
        return str(body["error"])
    return f"the sandbox answered {answer.status_code}: {answer.text[:200]}"
