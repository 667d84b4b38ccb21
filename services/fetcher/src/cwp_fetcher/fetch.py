"""One page job to its end: survey or page, or a PageFailed that says why not, or later.

A job may be delivered twice, or be made twice by a redelivered predecessor. What has landed for
it once is its page for ever: it is looked up before the API is asked, and written under a
condition after. So the same job always publishes the same PageFetched and the same next job. Rows
that are set aside are published before the page lands, or they would be lost with the function.

Each window is walked by one chain of jobs. Invariant: the message under which a page landed is not
acknowledged before the next job is sent. So a message that finds its page landed when it is first
received is another one than that, and leaves the next job to it; one that is received again may be
that, after a death, and sends it. What is lost all the same, because a message died too often, is
begun anew when the run is picked up: then the job is `resumed`, and goes on over landed pages.
"""

import hashlib
import math
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from cwp_fetcher.failures import PutOff
from cwp_fetcher.giveup import page_failed
from cwp_fetcher.landing import PageFacts
from cwp_fetcher.page import Page, read_page
from cwp_fetcher.reader import Reader
from cwp_fetcher.survey import survey
from cwp_fetcher.visit import Visit
from cwp_fetcher.without import without_sensitive
from cwp_shared import keys
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock, iso_seconds, utc_now
from cwp_shared.connectwise.failures import JobFailed
from cwp_shared.errors import Terminal
from cwp_shared.events import PageFetched, PageJob, PageQuarantined, TableSurveyed
from cwp_shared.letters import History
from cwp_shared.page_jobs import NEVER_FAILED
from cwp_shared.tables import SourceTable, source_table

#: SQS delays a message no longer.
_LONGEST_DELAY: Final = 900
#: A job waits longer each time, up to so many seconds, if nothing asks for more ...
_LONGEST_PATIENCE: Final = 30
#: ... and so many times: a day.
MOST_WAITS: Final = 86_400 // _LONGEST_PATIENCE

logger = Logger()


class PageStore(Protocol):
    """What the fetcher needs of `landing.Landing`."""

    def find(self, key: str) -> PageFacts | None:
        """The facts of the page that landed, or None."""

    def put(self, key: str, body: bytes, facts: PageFacts) -> PageFacts:
        """Land a page; the facts of the one that is there afterwards."""


class NoteStore(Protocol):
    """What the fetcher needs of `landing.Quarantine`."""

    def note(self, key: str, reason: dict[str, Any]) -> None:
        """Store a reason."""


class JobSender(Protocol):
    """What the fetcher needs of `cwp_shared.page_jobs.JobQueue`."""

    def send(
        self, jobs: Iterable[PageJob], delay_seconds: int = 0, history: History = NEVER_FAILED
    ) -> None:
        """Queue jobs."""


@dataclass(frozen=True)
class Fetcher:
    """The fetcher with its collaborators. `api_version` is what `Accept` asks for."""

    visit: Callable[[str], Visit]
    landing: PageStore
    quarantine: NoteStore
    bus: Publisher
    jobs: JobSender
    api_version: str
    clock: Clock = utc_now
    #: 0 to 1, spreads the waits.
    chance: Callable[[], float] = random.random

    def handle(self, job: PageJob, receives: int = 1, history: History = NEVER_FAILED) -> None:
        """Do the job, or publish why it cannot be done, or send it again for later.

        Args:
            job: what to do.
            receives: how often its message was received, this time included.
            history: what the message failed of before it was replayed.

        Raises:
            Retriable: the tenant's API does not answer as it should.
            Terminal: the API does not take the request.
        """
        try:
            self._do(job, _table(job), receives)
        except PutOff as later:
            self._put_off(job, later, history)
        except JobFailed as failure:
            logger.warning("job failed", reason_class=failure.reason_class, reason=str(failure))
            self.bus.publish([page_failed(job, failure.reason_class, str(failure))])

    def _do(self, job: PageJob, table: SourceTable, receives: int) -> None:
        if job.kind == "survey":
            self._survey(job, table)
            return
        key = keys.landing(job.tenant_id, job.table, job.run_id, job.job_id)
        landed = self.landing.find(key)
        facts = landed or self._land(key, job, table)
        self.bus.publish([self._page_fetched(job, key, facts)])
        is_anothers = landed is not None and receives == 1 and not job.resumed
        if facts.is_last or facts.last_id is None or is_anothers:
            return
        following = job.next_page(facts.last_id, facts.rows + facts.quarantined)
        still_resumed = landed is not None and job.resumed
        self.jobs.send([following.model_copy(update={"resumed": still_resumed})])

    def _survey(self, job: PageJob, table: SourceTable) -> None:
        with self.visit(job.tenant_id) as visit:
            extent = survey(job, table, Reader(visit, _name(job)))
        surveyed = TableSurveyed(
            tenant_id=job.tenant_id,
            run_id=job.run_id,
            table=job.table,
            count=extent.count,
            lowest_id=extent.lowest_id,
            highest_id=extent.highest_id,
            server_time=visit.server_time,
        )
        self.bus.publish([surveyed])

    def _land(self, key: str, job: PageJob, table: SourceTable) -> PageFacts:
        with self.visit(job.tenant_id) as visit:
            page = read_page(job, table, Reader(visit, _name(job)))
        self._set_aside(job, page)
        body = without_sensitive(page.body, table.sensitive_fields)
        facts = PageFacts(
            sha256=hashlib.sha256(body).hexdigest(),
            rows=page.rows,
            first_id=page.first_id,
            last_id=page.last_id,
            is_last=page.is_last,
            quarantined=len(page.bad),
            counted=page.counted,
            server_time=visit.server_time,
        )
        return self.landing.put(key, body, facts)

    def _set_aside(self, job: PageJob, page: Page) -> None:
        for bad in page.bad:
            name = f"{job.run_id}/{job.job_id}-{bad.id}.json"
            key = keys.quarantine(job.tenant_id, job.table, name)
            reason = {
                "run_id": job.run_id,
                "table": job.table,
                "job_id": job.job_id,
                "row_id": bad.id,
                "reason": bad.reason,
                "at": iso_seconds(self.clock()),
            }
            self.quarantine.note(key, reason)
            quarantined = PageQuarantined(
                tenant_id=job.tenant_id,
                run_id=job.run_id,
                table=job.table,
                job_id=job.job_id,
                reason_class="bad_page",
                reason=bad.reason,
                quarantine_key=key,
                row_ids=(bad.id,),
            )
            self.bus.publish([quarantined])

    def _page_fetched(self, job: PageJob, key: str, facts: PageFacts) -> PageFetched:
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
            api_version=self.api_version,
            **facts.model_dump(),
        )

    def _put_off(self, job: PageJob, later: PutOff, history: History) -> None:
        """Send the job again, to come back when it makes sense; the message at hand is done.

        What it failed of before goes with it: it is the same job.
        """
        if job.waits >= MOST_WAITS:
            reason = f"put off {job.waits} times, about a day, at last because: {later}"
            self.bus.publish([page_failed(job, "exhausted", reason)])
            return
        waits = job.waits + 1
        seconds = max(later.seconds, min(waits, _LONGEST_PATIENCE))
        # Jobs put off together do not come back together.
        delay = min(math.ceil(seconds * (1 + self.chance() / 2)), _LONGEST_DELAY)
        logger.info("job put off", seconds=delay, waits=waits, reason=str(later))
        again = job.model_copy(update={"waits": waits, **later.changes})
        self.jobs.send([again], delay_seconds=delay, history=history)


def _table(job: PageJob) -> SourceTable:
    try:
        return source_table(job.table)
    except Terminal as error:
        raise JobFailed("configuration", str(error)) from None


def _name(job: PageJob) -> str:
    return f"{job.table} {job.job_id} of tenant {job.tenant_id!r}"
