"""Sums of CloudWatch metrics over a span."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_QUERIES_A_CALL: Final = 500
HOUR: Final = 3_600
DAY: Final = 86_400


@dataclass(frozen=True)
class Metric:
    """One metric of one thing.

    `statistic`: `Sum` over the span, or `Average` of the newest `period` (seconds) that has any.
    """

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"
    period: int = HOUR


def values(
    cloudwatch: Any, wanted: Mapping[str, Metric], start: datetime, end: datetime
) -> dict[str, float]:
    """Of each metric its sum in the span, or its newest average; nothing of those without data."""
    found: dict[str, list[float]] = {}
    for names in _in_calls(list(wanted)):
        queries = [_query(f"q{n}", wanted[name]) for n, name in enumerate(names)]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampDescending"
        )
        for page in pages:
            for result in page["MetricDataResults"]:
                name = names[int(result["Id"][1:])]
                found.setdefault(name, []).extend(result["Values"])
    return {
        name: math.fsum(all_) if wanted[name].statistic == "Sum" else all_[0]
        for name, all_ in found.items()
        if all_
    }


def _in_calls(names: list[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), _QUERIES_A_CALL):
        yield names[first : first + _QUERIES_A_CALL]


def _query(query_id: str, metric: Metric) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions.items()]
    return {
        "Id": query_id,
        "MetricStat": {
            "Metric": {
                "Namespace": metric.namespace,
                "MetricName": metric.name,
                "Dimensions": dimensions,
            },
            "Period": metric.period,
            "Stat": metric.statistic,
        },
        "ReturnData": True,
    }
