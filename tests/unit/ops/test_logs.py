import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from scripts.stacks import all_functions, all_queues
from typer.testing import CliRunner

from cwp_ops import main, names
from cwp_ops.errors import OperatorError
from cwp_ops.logs import LogLine, find, told

SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
START = int(SINCE.timestamp() * 1000)

WARNED = json.dumps(
    {"level": "WARNING", "message": "rows set aside", "service": "transformer", "tenant_id": "acme"}
)
COUNTED = json.dumps(
    {"_aws": {}, "service": "fetcher", "tenant_id": "acme", "CircuitOpenings": [3.0]}
)
DIED = "2026-03-01T12:00:02Z f00 Task timed out after 120.00 seconds\n"


@dataclass
class FakeLogs:
    """Pages of two, found by a quoted text as CloudWatch Logs does."""

    lines: list[str]
    asked: list[str] = field(default_factory=list)

    def get_paginator(self, name: str) -> "FakeLogs":
        assert name == "filter_log_events"
        return self

    def paginate(
        self,
        logGroupName: str,  # noqa: N803 - boto3's names
        startTime: int,  # noqa: N803
        filterPattern: str = "",  # noqa: N803
    ) -> Iterator[dict[str, Any]]:
        self.asked.append(logGroupName)
        text = json.loads(filterPattern) if filterPattern else ""
        events = [
            {"timestamp": START + 1000 * number, "message": line}
            for number, line in enumerate(self.lines)
            if text in line and START + 1000 * number >= startTime
        ]
        for start in range(0, len(events), 2):
            yield {"events": events[start : start + 2]}


def test_lines_say_what_they_are_about() -> None:
    warned, counted, died = find(FakeLogs([WARNED, COUNTED, DIED]), "group", (), SINCE, 9)
    assert warned == LogLine(
        "2026-03-01T12:00:00Z", "WARNING", "rows set aside", {"tenant_id": "acme"}
    )
    assert (counted.message, told(counted.about.items())) == (
        "counted",
        "tenant_id=acme CircuitOpenings=3",
    )
    assert (died.at, died.message) == ("2026-03-01T12:00:02Z", DIED.strip())


def test_a_line_with_two_of_the_texts_is_one_line() -> None:
    found = find(FakeLogs([WARNED, COUNTED, DIED]), "group", ("acme", "Openings"), SINCE, 9)
    assert [line.level for line in found] == ["WARNING", ""]


def test_the_newest_are_shown_in_order() -> None:
    found = find(FakeLogs([f"line {n}" for n in range(7)]), "group", (), SINCE, 3)
    assert [line.message for line in found] == ["line 4", "line 5", "line 6"]


def test_functions_and_queues_are_those_of_the_stacks() -> None:
    for function in all_functions():
        group = function.log_group.replace("${sls:stage}", "prod")
        assert names.log_group(function.short, "prod") == group
    consumed = {f"{one.service} {one.noun}": one.queue.short for one in all_functions()}
    assert consumed == names.QUEUE_OF
    assert {queue.short for queue in all_queues()} == {q.short for q in names.queues("prod")}


def test_a_function_that_is_none_is_named_with_those_there_are() -> None:
    with pytest.raises(OperatorError, match=r"no function 'fetch'.*fetcher-fetch"):
        names.log_group("fetch", "prod")


def test_a_span_that_is_none_says_how_to_write_one() -> None:
    answer = CliRunner().invoke(main.app, ["logs", "fetcher-fetch", "--since", "soon"])
    assert isinstance(answer.exception, OperatorError)
    assert "write 90s, 15m, 2h or 3d" in str(answer.exception)
