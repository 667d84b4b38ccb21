from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cwp_ops.costs.embedded import EmbeddedMeter, counts_of
from cwp_ops.costs.span import RPU_SECONDS, Function, Span
from cwp_ops.warehouse import Answer
from tests.unit.ops.fakes import refused

FETCH = Function("connectwise-fetcher-local-fetch", "fetcher fetch", 512)
PLAN = Function("connectwise-scheduler-local-plan", "scheduler plan", 256)
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = Span.of(NOW - timedelta(hours=1), NOW)

LINES = (
    "START RequestId: 1 Version: $LATEST",
    '{"level":"INFO","message":"job handled","service":"fetcher"}',
    '{"level":"INFO","message":"record handled","service":"fetcher"}',
    "END RequestId: 1",
    "REPORT RequestId: 1\tDuration: 1250 ms\tBilled Duration: 1250 ms\tMemory Size: 512 MB",
    "REPORT RequestId: 2\tDuration: 750.5 ms\tBilled Duration: 751 ms\tMemory Size: 512 MB",
)


class FakeLogs:
    """Log lines by group, one a page."""

    def get_paginator(self, name: str) -> "FakeLogs":
        assert name == "filter_log_events"
        return self

    def paginate(self, **request: Any) -> Any:
        assert request["startTime"] == int(HOUR.start.timestamp() * 1000)
        if request["logGroupName"] != "/aws/lambda/connectwise-fetcher-local-fetch":
            raise refused("ResourceNotFoundException")
        yield from ({"events": [{"timestamp": 0, "message": line}]} for line in LINES)


def history(sql: str, since: str) -> Answer:
    """Two statements, as the warehouse has their times."""
    assert "sys_query_history" in sql
    assert since == "2026-11-23 08:00:00"
    return Answer(("start_time", "end_time"), [_statement(10, 4), _statement(9, 90)])


def _statement(minutes_ago: int, seconds: int) -> tuple[str, str]:
    start = NOW - timedelta(minutes=minutes_ago)
    return f"{start:%Y-%m-%d %H:%M:%S}", f"{start + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"


def test_calls_times_messages_and_bytes_are_in_the_logs() -> None:
    counts = EmbeddedMeter(FakeLogs(), history, [FETCH, PLAN], rpus=8).counted(HOUR)
    assert counts == {
        "calls fetcher fetch": 2,
        "milliseconds fetcher fetch": 2000.5,
        "sent fetcher-jobs": 1,
        "log-bytes fetcher fetch": sum(map(len, LINES)) + 26 * len(LINES),
        RPU_SECONDS: (60 + 90) * 8,
    }


@pytest.mark.parametrize("line", ["", "REPORT", '{"message":"something else"}'])
def test_any_other_line_is_only_bytes(line: str) -> None:
    assert counts_of(FETCH, line) == {"log-bytes fetcher fetch": len(line) + 26}
