"""The ConnectWise API as it is read: pages of a collection, and where a company lives."""

import random
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

import msgspec

from cwp_shared.clock import Clock, utc_now
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer, failure_of
from cwp_shared.connectwise.failures import BadAnswer
from cwp_shared.connectwise.transport import Transport
from cwp_shared.connectwise.waiting import FLOOR, seconds_to_wait
from cwp_shared.errors import PipelineError

#: The model version to ask for: the latest one that the field catalogue describes.
API_VERSION: Final = "2025.8"

#: One path piece, so that an answer cannot lead a request anywhere else.
_CODEBASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class ConnectWise:
    """Every error raised here says what to do next, and shows no key.

    Args:
        transport: HTTP.
        api_version: the model version to pin in `Accept` (`2025.8`).
        floor: the shortest wait after a 429, whatever it says.
        clock: the present, for a Retry-After that is a date.
        chance: 0 to 1, spreads the waits.
    """

    def __init__(
        self,
        transport: Transport,
        api_version: str,
        floor: timedelta = FLOOR,
        clock: Clock = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._accept = f"application/vnd.connectwise.com+json; version={api_version}"
        self._floor = floor
        self._clock = clock
        self._chance = chance

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:
        """A 200, its body byte for byte (transfer and content encoding undone).

        Raises:
            JobFailed: keys, company, right or host are wrong; NotFound of a 404.
            Retriable: down, slow, cut off; Throttled of a 429, ServerFault of a 500.
            Terminal: the API does not take this request.
        """
        what = f"GET {path} of tenant {account.tenant_id!r}"
        headers = {
            "Accept": self._accept,
            "clientId": account.keys.client_id.get_secret_value(),
        }
        url = account.api_root + path
        answer = self._transport.get(what, url, params, headers, account.login)
        if answer.status == HTTPStatus.OK:
            return answer
        echo = account.redact(answer.body.decode("utf-8", "replace"))
        raise self._failure(Answer(answer.status, answer.headers, echo.encode()), what)

    def codebase(self, site: str, company: str) -> str | None:
        """The path piece that routes to the company's version; None if it is not known there.

        Raises:
            Retriable, JobFailed, Terminal: as `get`.
        """
        what = f"GET companyinfo of {company!r} at {site}"
        url = f"{site}/login/companyinfo/{quote(company, safe='')}"
        answer = self._transport.get(what, url, headers={"Accept": "application/json"})
        if answer.status == HTTPStatus.NOT_FOUND:
            return None
        if answer.status != HTTPStatus.OK:
            raise self._failure(answer, what)
        return _codebase(answer.body, what)

    def _failure(self, answer: Answer, what: str) -> PipelineError:
        return failure_of(answer, what, self._delay)

    def _delay(self, retry_after: str | None) -> int:
        return seconds_to_wait(retry_after, self._clock(), self._chance(), self._floor)


def _codebase(body: bytes, what: str) -> str | None:
    try:
        info: Any = msgspec.json.decode(body)
    except ValueError:
        raise BadAnswer(f"{what}: not JSON; is the site the API's host?", body) from None
    if info is None:
        return None
    text = info.get("Codebase") if isinstance(info, dict) else None
    codebase = text.removesuffix("/") if isinstance(text, str) else ""
    if not _CODEBASE.fullmatch(codebase):
        raise BadAnswer(f"{what}: no usable Codebase in the answer", body)
    return codebase
