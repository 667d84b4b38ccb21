"""One job's requests to its tenant's API: paced together with all other functions', and bounded."""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Final, Protocol, Self, TypeVar
from uuid import uuid4

from aws_lambda_powertools import Logger

from cwp_fetcher.failures import PutOff
from cwp_fetcher.pace import Go, Limits, Pace, Wait
from cwp_shared.connectwise.account import Account
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import JobFailed, ServerFault, Throttled, Unreachable
from cwp_shared.errors import PipelineError, Terminal
from cwp_shared.tenants import TenantConfig

#: No request begins after this: what is left of the function's time is for the one before.
LONGEST_VISIT: Final = 30.0

_COMPANY_INFO: Final = "/login/companyinfo"

logger = Logger()

Said = TypeVar("Said")
#: What a request's outcome does to the pace.
Outcome = Callable[[Pace], Pace]


class AccountBook(Protocol):
    """What is needed of `accounts.Accounts`."""

    def config(self, tenant_id: str) -> TenantConfig:
        """The tenant's settings."""

    def of(self, config: TenantConfig) -> Account:
        """The account of a tenant with these settings."""

    def knows(self, config: TenantConfig) -> bool:
        """Whether `of` need not ask the site."""

    def doubt(self, account: Account) -> bool:
        """Have it read afresh by the next `of`; False: it was, and is refused again."""

    def settle(self, account: Account) -> None:
        """What it is worth is known."""


class Api(Protocol):
    """What is needed of `cwp_shared.connectwise.api.ConnectWise`."""

    def get(self, account: Account, path: str, params: Mapping[str, str]) -> Answer:
        """A 200."""


class Paces(Protocol):
    """What is needed of `pace_table.PaceTable`."""

    def change(self, tenant_id: str, change: Callable[[Pace], tuple[Pace, Go | Wait]]) -> Go | Wait:
        """Replace the tenant's pace."""


class Visit:
    """A context manager: its place among those who ask is given back at the end.

    What became of a request is said with the next one, or at the end: one write for each.

    Args:
        tenant_id: whose API.
        accounts: settings, keys, codebase.
        api: HTTP.
        paces: what all functions know of the tenant's pace.
        now: seconds since the epoch.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        tenant_id: str,
        accounts: AccountBook,
        api: Api,
        paces: Paces,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._tenant_id = tenant_id
        self._accounts = accounts
        self._api = api
        self._paces = paces
        self._now = now
        self._sleep = sleep
        self._holder = uuid4().hex
        self._began = now()
        self._config: TenantConfig | None = None
        self._account: Account | None = None
        self._outcome: Outcome = _nothing_new
        self._server_time: datetime | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._config is None:
            return
        try:
            self._paces.change(self._tenant_id, self._leave)
        except PutOff as busy:
            # The lease ends by itself; the job's own outcome is what counts.
            logger.warning("place not given back", error=str(busy))

    @property
    def server_time(self) -> datetime | None:
        """What the API's clock said with its first answer; None: nothing yet."""
        return self._server_time

    def ask(self, path: str, params: Mapping[str, str]) -> Answer:
        """GET of a path of the tenant's API: a 200. Asked again once if the connection breaks.

        Raises:
            PutOff: the API may not be asked now, or it is late.
            JobFailed, Retriable, Terminal: as `ConnectWise.get`.
        """
        try:
            return self._once(path, params)
        except Unreachable as broken:
            # Connections are kept between requests, and break in between.
            logger.info("asking again", reason=str(broken))
        except JobFailed as failure:
            # Keys may have been rotated, or the site upgraded, since they were read.
            if failure.reason_class != "credentials" or not self._renew():
                raise
        return self._once(path, params)

    def _once(self, path: str, params: Mapping[str, str]) -> Answer:
        config = self._wait_for_turn()
        if self._account is None:
            self._account = self._find_account(config)
        account = self._account
        answer = self._tried(path, lambda: self._api.get(account, path, params))
        self._accounts.settle(account)
        self._server_time = self._server_time or answer.server_time
        return answer

    def _find_account(self, config: TenantConfig) -> Account:
        """The account; asking where its company lives is a request that takes a turn of its own."""
        is_known = self._accounts.knows(config)
        account = self._tried(_COMPANY_INFO, lambda: self._accounts.of(config))
        if not is_known:
            self._wait_for_turn()
        return account

    def _tried(self, path: str, ask: Callable[[], Said]) -> Said:
        """What a request brings; what it says of the service is kept for the next turn."""
        try:
            said = ask()
        except Throttled as throttled:
            until = self._now() + throttled.seconds
            self._outcome = lambda pace: pace.quiet(until)
            raise PutOff(str(throttled), throttled.seconds) from throttled
        except PipelineError as error:
            self._outcome = self._outcome_of(error, path)
            raise
        self._outcome = Pace.succeeded
        return said

    def _wait_for_turn(self) -> TenantConfig:
        if self._now() - self._began > LONGEST_VISIT:
            raise PutOff("the function's time is up", 0)
        if self._config is None:
            self._config = self._accounts.config(self._tenant_id)
        limits = Limits(self._config.requests_per_minute, self._config.parallel_requests)
        turn = self._paces.change(
            self._tenant_id,
            lambda pace: self._outcome(pace).admit(self._holder, limits, self._now()),
        )
        self._outcome = _nothing_new
        if isinstance(turn, Wait):
            raise PutOff(f"tenant {self._tenant_id!r}: {turn.why}", turn.seconds)
        self._sleep(turn.after)
        return self._config

    def _outcome_of(self, error: PipelineError, path: str) -> Outcome:
        if isinstance(error, ServerFault) and not path.endswith("/count"):
            # A row or a query may be at fault; a count shows no row.
            return _nothing_new
        if isinstance(error, (JobFailed, Terminal)):
            return Pace.succeeded
        failed_at = self._now()
        return lambda pace: pace.failed(failed_at)

    def _renew(self) -> bool:
        """Read the account afresh, in a turn of its own; whether it is another now."""
        refused, self._account = self._account, None
        if refused is None or not self._accounts.doubt(refused):
            return False
        config = self._wait_for_turn()
        self._account = self._tried(_COMPANY_INFO, lambda: self._accounts.of(config))
        self._accounts.settle(refused)
        return self._account != refused

    def _leave(self, pace: Pace) -> tuple[Pace, Wait]:
        return self._outcome(pace).left_by(self._holder), Wait(0, "done")


def _nothing_new(pace: Pace) -> Pace:
    return pace
