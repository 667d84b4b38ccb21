"""What a tenant's API lets us do, tried with a few small requests (connectwise-api.md section 11).

Asked are: where the company lives, whether the keys are taken, how far the server's clock is from
ours, and of each table whether it can be read, how many rows it has, and whether its lastUpdated
filter works. Nothing is stored, and nothing of the rows is kept.

What passes by itself is told as trouble, and never taken for a filter that does not work: that
would have the table read in full from then on.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

import msgspec

from cwp_ops.errors import OperatorError
from cwp_shared.clock import Clock, iso_seconds, utc_now
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import BadAnswer, Throttled
from cwp_shared.errors import PipelineError, Terminal
from cwp_shared.tables import SourceTable, source_table
from cwp_shared.tenants import ApiKeys, TenantConfig

#: Before the first ConnectWise there was, and after the last clock that is only a bit wrong.
_LONG_AGO: Final = "1990-01-01T00:00:00Z"
_FAR_AHEAD: Final = timedelta(days=3)
#: The API tells whole seconds, and may know more than it tells.
_RESOLUTION: Final = timedelta(seconds=1)
#: Rows may come and go between two counts; a filter that is not applied is further off than this.
_SHARE_FOUND: Final = 0.9
#: A clock further off than this is said aloud: rows seem to change before or after they do.
CLOCK_TOLERANCE: Final = timedelta(minutes=2)


class Api(Protocol):
    """What is needed of `cwp_shared.connectwise.api.ConnectWise`."""

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:
        """A 200."""

    def codebase(self, site: str, company: str) -> str | None:
        """The path piece that routes to the company's version; None if it is not known."""


class Paced:
    """An API that is asked no more often than a tenant's settings allow.

    Args:
        api: the API.
        per_minute: requests a minute, evenly spread.
        sleep: waits so many seconds.
    """

    def __init__(
        self, api: Api, per_minute: int, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._api = api
        self._interval = 60 / per_minute
        self._sleep = sleep

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:
        """A 200."""
        self._sleep(self._interval)
        return self._api.get(account, path, params)

    def codebase(self, site: str, company: str) -> str | None:
        """The path piece that routes to the company's version; None if it is not known."""
        self._sleep(self._interval)
        return self._api.codebase(site, company)


#: shifted: times in it mean other times than they say, so that an incremental run misses rows.
Filter = Literal["works", "ignored", "refused", "shifted", "not used"]


@dataclass(frozen=True)
class TableFinding:
    """What was found out about one table; `trouble` says why it cannot be read.

    Of a nested table, `rows` are those of one parent.
    """

    table: str
    rows: int | None = None
    filter: Filter | None = None
    trouble: str | None = None

    @property
    def needs_full(self) -> bool:
        """Whether an incremental run would miss rows, or read them all anyway."""
        return self.filter in ("ignored", "refused", "shifted")


@dataclass(frozen=True)
class Access:
    """The account that the checks use, and the server's clock against ours."""

    account: Account
    clock_offset: timedelta | None


def reach(api: Api, site: str, tenant: TenantConfig, keys: ApiKeys) -> Access:
    """Find the company and try the keys.

    Raises:
        OperatorError: the site does not answer, does not know the company, or refuses the keys.
    """
    try:
        codebase = api.codebase(site, tenant.company)
        if codebase is None:
            raise OperatorError(
                f"company {tenant.company!r} is not known at {site}; check --site and --company"
            )
        account = Account(tenant.tenant_id, site, tenant.company, codebase, keys)
        answer = api.get(account, "/system/info", {})
        api.get(account, "/company/companies/count", {})
    except Throttled as throttled:
        raise _left_alone(throttled) from None
    except PipelineError as error:
        raise OperatorError(str(error)) from None
    return Access(account, _offset(answer, utc_now))


def _left_alone(throttled: Throttled) -> OperatorError:
    return OperatorError(f"{throttled}; check again in {throttled.seconds} s")


def findings(api: Api, access: Access, tables: Sequence[str]) -> Iterator[TableFinding]:
    """What each table lets us do, as it is found out.

    Raises:
        OperatorError: the API wants to be left alone.
    """
    now = utc_now() + (access.clock_offset or timedelta())
    for name in tables:
        yield _finding(_asker(api, access.account), name, now)


#: The decoded body of a GET.
Ask = Callable[[str, dict[str, str]], Any]


def _finding(ask: Ask, name: str, now: datetime) -> TableFinding:
    try:
        table = source_table(name)
        path = _path(ask, table)
        if path is None:
            return TableFinding(name, rows=0, filter=None)
        first = ask(path, {"pageSize": "1", "orderBy": "id asc"})
        rows = _count(ask, path)
        works = _filter(ask, path, rows, now) if table.incremental else "not used"
        if works == "works" and first and not _finds(ask, path, first[0]):
            works = "shifted"
    except Throttled as throttled:
        raise _left_alone(throttled) from None
    except PipelineError as error:
        return TableFinding(name, trouble=str(error))
    return TableFinding(name, rows=rows, filter=works)


def _path(ask: Ask, table: SourceTable) -> str | None:
    """The collection; of a nested table that of the first parent, None if there is no parent."""
    if table.parent is None:
        return table.path
    parents = ask(source_table(table.parent.table).path, {"pageSize": "1", "orderBy": "id asc"})
    return table.path.replace("{id}", str(parents[0]["id"])) if parents else None


def _filter(ask: Ask, path: str, rows: int, now: datetime) -> Filter:
    """Whether the filter finds every row since long ago, and none from the future."""
    ahead = iso_seconds(now + _FAR_AHEAD)
    try:
        since = _count(ask, path, f"lastUpdated >= [{_LONG_AGO}] and lastUpdated <= [{ahead}]")
        future = _count(ask, path, f"lastUpdated >= [{ahead}]")
    except Terminal:
        return "refused"
    return "works" if future == 0 and since >= rows * _SHARE_FOUND else "ignored"


def _finds(ask: Ask, path: str, row: Mapping[str, Any]) -> bool:
    """Whether the filter finds a row at the time that the row itself says."""
    text = row.get("_info", {}).get("lastUpdated")
    if text is None:
        return True
    until = iso_seconds(datetime.fromisoformat(text) + _RESOLUTION)
    same = f"id = {row['id']} and lastUpdated >= [{text}] and lastUpdated <= [{until}]"
    return _count(ask, path, same) > 0


def _count(ask: Ask, path: str, conditions: str = "") -> int:
    answer = ask(f"{path}/count", {"conditions": conditions} if conditions else {})
    return int(answer["count"])


def _asker(api: Api, account: Account) -> Ask:
    def ask(path: str, params: dict[str, str]) -> Any:
        body = api.get(account, path, params).body
        try:
            return msgspec.json.decode(body)
        except ValueError as error:
            raise BadAnswer(f"GET {path}: not JSON: {error}", body) from None

    return ask


def _offset(answer: Answer, clock: Clock) -> timedelta | None:
    return answer.server_time - clock() if answer.server_time else None
