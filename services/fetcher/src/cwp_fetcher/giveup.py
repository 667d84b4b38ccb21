"""The last word on a job that the inbox gives up on: what was wrong goes where it is looked for.

The message itself goes to the dead-letter queue with its reason (`cwp_shared.inbox`). Before
that the run is told, and a body that could not be taken is set aside, but for what must not be
stored.
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Protocol

from cwp_fetcher.without import without_sensitive
from cwp_shared import keys
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock, iso_seconds, utc_now
from cwp_shared.connectwise.failures import BadAnswer
from cwp_shared.errors import Terminal
from cwp_shared.events import PageFailed, PageJob
from cwp_shared.events.envelope import parse_message
from cwp_shared.events.reasons import ReasonClass
from cwp_shared.tables import source_table

#: Enough of a bad body to see what it is.
MAX_QUARANTINED_BYTES: Final = 1024 * 1024
_LONGEST_REASON: Final = 1000
#: In the place of a body that names something sensitive and cannot be read well enough to cut it.
_NOT_STORED: Final = b"(not stored: it names sensitive fields, and is no JSON array of rows)"


class BodyStore(Protocol):
    """What is needed of `landing.Quarantine`."""

    def put(self, key: str, body: bytes, reason: dict[str, Any]) -> None:
        """Store a body, and the reason beside it."""


def page_failed(job: PageJob, reason_class: ReasonClass, reason: str) -> PageFailed:
    """The event that ends a job without its page."""
    return PageFailed(
        tenant_id=job.tenant_id,
        run_id=job.run_id,
        table=job.table,
        job_id=job.job_id,
        reason_class=reason_class,
        reason=reason[:_LONGEST_REASON],
    )


@dataclass(frozen=True)
class LastWord:
    """Publishes PageFailed for jobs given up on."""

    quarantine: BodyStore
    bus: Publisher
    clock: Clock = utc_now

    def say(self, message: str, error: Exception) -> None:
        """Tell the run of `message` why its job ended; nothing if the message is no job."""
        try:
            job = parse_message(message, PageJob)
        except Terminal:
            return
        if isinstance(error, BadAnswer):
            key = self._set_aside(job, error)
            event = page_failed(job, "bad_page", f"{error}; the body lies in {key}")
        elif isinstance(error, Terminal):
            event = page_failed(job, "refused", str(error))
        else:
            event = page_failed(job, "exhausted", f"gave up after several tries: {error}")
        self.bus.publish([event])

    def _set_aside(self, job: PageJob, error: BadAnswer) -> str:
        key = keys.quarantine(job.tenant_id, job.table, f"{job.run_id}/{job.job_id}.body")
        body = _storable(error.body, job.table)
        reason = {
            "run_id": job.run_id,
            "table": job.table,
            "job_id": job.job_id,
            "reason": str(error),
            "at": iso_seconds(self.clock()),
            "body_bytes": len(error.body),
            "body_sha256": hashlib.sha256(error.body).hexdigest(),
            "stored_bytes": min(len(body), MAX_QUARANTINED_BYTES),
        }
        self.quarantine.put(key, body[:MAX_QUARANTINED_BYTES], reason)
        return key


def _storable(body: bytes, table: str) -> bytes:
    """The body as far as it may be stored; a note in its place if that cannot be told."""
    try:
        return without_sensitive(body, source_table(table).sensitive_fields)
    except ValueError:
        return _NOT_STORED
