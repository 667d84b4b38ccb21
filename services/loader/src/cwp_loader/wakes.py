"""Waking `settle` for one table, now or after a delay, through its own queue."""

from datetime import timedelta
from typing import Any, Final, Protocol

from cwp_loader.messages import Because, Wake
from cwp_loader.table import TableRef

#: The longest delay SQS takes; whatever is due later, a sweep finds.
LONGEST_DELAY: Final = timedelta(seconds=900)
_NO_DELAY: Final = timedelta(0)


class Wakes(Protocol):
    """What logic needs of the queue."""

    def send(
        self,
        table: TableRef,
        because: Because,
        delay: timedelta = _NO_DELAY,
        *,
        reload_from: int | None = None,
    ) -> None:
        """Have `table` looked at, or loaded anew, not before `delay` has passed."""


class WakeQueue:
    """The statements queue."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(
        self,
        table: TableRef,
        because: Because,
        delay: timedelta = _NO_DELAY,
        *,
        reload_from: int | None = None,
    ) -> None:
        """Send the wake; a fair queue's group is the tenant."""
        wake = Wake(
            tenant_id=table.tenant_id,
            canonical_table=table.canonical_table,
            because=because,
            reload_from=reload_from,
        )
        self._sqs.send_message(
            QueueUrl=self._queue_url,
            MessageBody=wake.body(),
            MessageGroupId=table.tenant_id,
            DelaySeconds=_seconds(delay),
        )


def _seconds(delay: timedelta) -> int:
    # Rounded up by a whole second: a wake that comes a moment too early comes for nothing.
    return int(min(delay + timedelta(seconds=1), LONGEST_DELAY).total_seconds()) if delay else 0
