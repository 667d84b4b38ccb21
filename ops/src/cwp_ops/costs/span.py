"""What is counted: functions as they are deployed, over a span of time."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, Self

from cwp_ops.costs.prices import DAYS_A_MONTH
from cwp_shared.settings import Stage

#: The name of the warehouse's count: RPUs times the seconds it was awake.
RPU_SECONDS: Final = "rpu-seconds warehouse"
#: What the bucket holds in all, if somebody says so.
BUCKET_BYTES: Final = "held bucket"


@dataclass(frozen=True)
class Function:
    """A function as it is deployed."""

    full_name: str
    #: `fetcher fetch`.
    name: str
    memory_mb: int


@dataclass(frozen=True)
class Span:
    """From when to when, and how often it goes into a month."""

    start: datetime
    end: datetime
    times_a_month: float

    @classmethod
    def of(cls, start: datetime, end: datetime) -> Self:
        """A span like which the whole month is."""
        return cls(start, end, DAYS_A_MONTH * 86_400 / (end - start).total_seconds())


class Counter(Protocol):
    """Counts what a stage used: `metered.Meter`, `embedded.EmbeddedMeter`."""

    def counted(self, span: Span) -> dict[str, float]:
        """What was counted in the span, by what and whose: `calls fetcher fetch`."""


def functions(lambda_: Any, stage: Stage) -> list[Function]:
    """The stage's functions: `connectwise-<service>-<stage>-<name>`."""
    pages = lambda_.get_paginator("list_functions").paginate()
    return sorted(
        (found for page in pages for one in page["Functions"] for found in _function(one, stage)),
        key=lambda function: function.full_name,
    )


def _function(described: Mapping[str, Any], stage: Stage) -> Iterator[Function]:
    full_name = str(described["FunctionName"])
    head, _, name = full_name.partition(f"-{stage}-")
    if head.startswith("connectwise-") and name:
        service = head.removeprefix("connectwise-")
        yield Function(full_name, f"{service} {name}", int(described["MemorySize"]))
