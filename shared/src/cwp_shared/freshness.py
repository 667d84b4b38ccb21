"""How old a table may be: one rule for the scheduler, who counts it, and for operators, who see it.

A table is as old as its watermark: what changed up to then is in raw/. It is late when a run has
been missed and an hour more has passed. A first run takes what it takes, so a table is late without
a watermark only after a day. Times by our clock.
"""

from datetime import datetime, timedelta
from typing import Final

#: Beyond two cadences: for waiting in queues, and for a run's own time.
GRACE: Final = timedelta(hours=1)
#: How long a first run may take.
FIRST_RUN: Final = timedelta(days=1)
#: How many sweeps for deletes may fail or be missed in a row.
SWEEPS_MISSED: Final = 2


def is_late(
    every: timedelta, watermark: datetime | None, started_at: datetime | None, now: datetime
) -> bool:
    """Whether a table should be fresher.

    Args:
        every: its cadence.
        watermark: up to when it is complete; None: no run has completed.
        started_at: when its first run was opened; None: none was.
        now: the time to judge by.
    """
    if watermark is not None:
        return now - watermark > 2 * every + GRACE
    return started_at is not None and now - started_at > FIRST_RUN


def is_sweep_late(interval: timedelta, since: datetime, now: datetime) -> bool:
    """Whether deletes should have been looked for since the last complete sweep, or first run."""
    return now - since > interval * (SWEEPS_MISSED + 1)
