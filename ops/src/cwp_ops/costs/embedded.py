"""What the embedded cloud used, which has no meters: read from its logs and its warehouse.

Each call of a function ends with Lambda's own `REPORT` line, each message with `record handled`.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cwp_ops.costs.span import RPU_SECONDS, Function, Span
from cwp_ops.costs.waking import awake
from cwp_ops.logs import NeverRan, events
from cwp_ops.names import QUEUE_OF
from cwp_ops.warehouse import Answer

#: What changes something is the loader's; a person at the warehouse asks.
_LOADS: Final = """
    SELECT start_time, end_time FROM sys_query_history
    WHERE query_type NOT IN ('SELECT', 'UTILITY') AND start_time >= :since::timestamp
"""
_REPORT: Final = re.compile(r"^REPORT RequestId: \S+\s+Duration: ([\d.]+) ms")
_HANDLED: Final = '"message":"record handled"'
#: CloudWatch Logs charges these for every line.
_BYTES_A_LINE: Final = 26


@dataclass(frozen=True)
class EmbeddedMeter:
    """Counts as `metered.Meter` does. `rpus`: the size that loads are priced for."""

    logs: Any
    query: Callable[..., Answer]
    deployed: Sequence[Function]
    rpus: int

    def counted(self, span: Span) -> dict[str, float]:
        """What was counted in the span, by what and whose: `calls fetcher fetch`."""
        counts: dict[str, float] = defaultdict(float)
        for one in self.deployed:
            for line in self._lines(one, span):
                for name, count in counts_of(one, line).items():
                    counts[name] += count
        seconds = awake(self._loads(span.start)).total_seconds()
        return {**counts, RPU_SECONDS: seconds * self.rpus}

    def _lines(self, function: Function, span: Span) -> Iterator[str]:
        group = f"/aws/lambda/{function.full_name}"
        try:
            yield from (text for _, text in events(self.logs, group, span.start, span.end))
        except NeverRan:
            return

    def _loads(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of the loader's statements. The warehouse speaks UTC."""
        for row in self.query(_LOADS, since=f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}").rows:
            begun, ended = (datetime.fromisoformat(str(t)).replace(tzinfo=UTC) for t in row)
            yield begun, ended


def counts_of(function: Function, line: str) -> dict[str, float]:
    """What one line of a function's log counts for."""
    counts: dict[str, float] = {f"log-bytes {function.name}": len(line.encode()) + _BYTES_A_LINE}
    if report := _REPORT.match(line):
        counts[f"calls {function.name}"] = 1
        counts[f"milliseconds {function.name}"] = float(report[1])
    elif _HANDLED in line and function.name in QUEUE_OF:
        counts[f"sent {QUEUE_OF[function.name]}"] = 1
    return counts
