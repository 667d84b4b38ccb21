"""The rate limit: a sliding window over a company's requests."""

import math
from collections import deque
from datetime import datetime, timedelta

from cwp_local.sandbox.weather.model import RateLimit


class SlidingWindow:
    """Counts requests that were let in. Not safe for threads; the forecast locks."""

    def __init__(self, limit: RateLimit | None) -> None:
        self.limit = limit
        self._let_in: deque[datetime] = deque()

    def wait_s(self, now: datetime) -> int | None:
        """None if a request is let in now, else the whole seconds that it must wait."""
        if self.limit is None:
            return None
        span = timedelta(seconds=self.limit.seconds)
        while self._let_in and self._let_in[0] <= now - span:
            self._let_in.popleft()
        if len(self._let_in) < self.limit.requests:
            self._let_in.append(now)
            return None
        if self.limit.retry_after is not None:
            return self.limit.retry_after
        return max(1, math.ceil((self._let_in[0] + span - now) / timedelta(seconds=1)))
