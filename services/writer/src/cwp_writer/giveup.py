"""The last word on a page that the inbox gives up on: its run is told, and why.

The message itself goes to the dead-letter queue with its reason (`cwp_shared.inbox`).
"""

from dataclasses import dataclass
from typing import Final

from cwp_shared.bus import Publisher
from cwp_shared.errors import Terminal
from cwp_shared.events import PageFetched, PageRejected, parse_envelope

_LONGEST_REASON: Final = 1000


@dataclass(frozen=True)
class LastWord:
    """Publishes PageRejected for pages given up on."""

    bus: Publisher

    def say(self, message: str, error: Exception) -> None:
        """Tell the run of `message` why its page is not in raw/; nothing if it is no page."""
        try:
            page = parse_envelope(message, [PageFetched])
        except Terminal:
            return
        tried = "" if isinstance(error, Terminal) else "gave up after several tries: "
        rejected = PageRejected(
            tenant_id=page.tenant_id,
            run_id=page.run_id,
            table=page.table,
            job_id=page.job_id,
            reason=f"{tried}{error}"[:_LONGEST_REASON],
        )
        self.bus.publish([rejected])
