"""One page job to its end: survey or page, or a PageFailed that says why not.

A job may be delivered twice, or be made twice by a redelivered predecessor. What has landed for
it once is its page for ever: the body is looked up before the API is asked, and written under a
condition after. So the same job always publishes the same PageFetched and the same next job.
"""

import hashlib
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from aws_lambda_powertools import Logger

from cwp_fetcher.account import Account
from cwp_fetcher.failures import JobFailed
from cwp_fetcher.giveup import page_failed
from cwp_fetcher.query import Params, page_params
from cwp_fetcher.rows import Ids, check_page
from cwp_fetcher.survey import survey
from cwp_shared import keys
from cwp_shared.bus import Publisher
from cwp_shared.errors import Terminal
from cwp_shared.events import PageFetched, PageJob
from cwp_shared.tables import SourceTable, source_table

logger = Logger()


class AccountBook(Protocol):
    """What the fetcher needs of `accounts.Accounts`."""

    def current(self, tenant_id: str) -> Account:
        """The tenant's account."""

    def renewed(self, account: Account) -> Account:
        """The account read afresh."""


class Api(Protocol):
    """What the fetcher needs of `connectwise.ConnectWise`."""

    def get(self, account: Account, path: str, params: Params) -> bytes:
        """The body of a 200."""


class PageStore(Protocol):
    """What the fetcher needs of `landing.Landing`."""

    def get(self, key: str) -> bytes | None:
        """The body that landed, or None."""

    def put(self, key: str, body: bytes) -> bytes:
        """Land a body; the one that is there afterwards."""


class JobSender(Protocol):
    """What the fetcher needs of `jobs.Jobs`."""

    def send(self, job: PageJob) -> None:
        """Queue a job."""


@dataclass(frozen=True)
class Fetcher:
    """The fetcher with its collaborators."""

    accounts: AccountBook
    api: Api
    landing: PageStore
    bus: Publisher
    jobs: JobSender

    def handle(self, job: PageJob) -> None:
        """Do the job, or publish why it cannot be done.

        Raises:
            Retriable: later.
            Terminal: the API does not take the request.
        """
        try:
            self._do(job, _table(job))
        except JobFailed as failure:
            logger.warning("job failed", reason_class=failure.reason_class, reason=str(failure))
            self.bus.publish([page_failed(job, failure.reason_class, str(failure))])

    def _do(self, job: PageJob, table: SourceTable) -> None:
        if job.kind == "survey":
            ask = partial(self._ask, job.tenant_id)
            self.bus.publish([survey(job, table, ask)])
            return
        key = keys.landing(job.tenant_id, job.table, job.run_id, job.job_id)
        body, ids = self._landed(key, job, table)
        self.bus.publish([_page_fetched(job, key, body, ids)])
        if ids.last is not None:
            self.jobs.send(job.next_page(ids.last))

    def _landed(self, key: str, job: PageJob, table: SourceTable) -> tuple[bytes, Ids]:
        body = self.landing.get(key)
        if body is None:
            answer = self._ask(job.tenant_id, table.path, page_params(job, table))
            # Checked before it lands: after a bad page the next try must ask again.
            check_page(answer, job, table.page_size)
            body = self.landing.put(key, answer)
        return body, check_page(body, job, table.page_size)

    def _ask(self, tenant_id: str, path: str, params: Params) -> bytes:
        account = self.accounts.current(tenant_id)
        try:
            return self.api.get(account, path, params)
        except JobFailed as failure:
            if failure.reason_class != "credentials":
                raise
            # Keys may have been rotated, or the site upgraded, since they were read.
            renewed = self.accounts.renewed(account)
            if renewed == account:
                raise
        return self.api.get(renewed, path, params)


def _table(job: PageJob) -> SourceTable:
    try:
        return source_table(job.table)
    except Terminal as error:
        raise JobFailed("configuration", str(error)) from None


def _page_fetched(job: PageJob, key: str, body: bytes, ids: Ids) -> PageFetched:
    return PageFetched(
        tenant_id=job.tenant_id,
        run_id=job.run_id,
        table=job.table,
        mode=job.mode,
        upper=job.upper,
        job_id=job.job_id,
        window=job.window,
        page=job.page,
        landing_key=key,
        sha256=hashlib.sha256(body).hexdigest(),
        rows=ids.rows,
        first_id=ids.first,
        last_id=ids.last,
        is_last=ids.rows == 0,
    )
