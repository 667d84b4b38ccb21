"""When CloudWatch would hold an alarm for going off, of what was put for it.

As its documentation says of metric alarms with a threshold: a data point counts for an alarm that
names its namespace, name and all its dimensions, no more and no less. Periods are aligned to the
clock; each is one statistic over the values in it, or missing, and then as the alarm treats it.
Only alarms of one evaluation period are understood, ours all are.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_STATISTICS: Mapping[str, Callable[[list[float]], float]] = {"Sum": sum, "Maximum": max}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
}
_MISSING = {"breaching": "ALARM", "notBreaching": "OK"}


@dataclass(frozen=True)
class Point:
    """A value of a metric. `at`: seconds since the epoch."""

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    value: float
    at: float


def state(alarm: Mapping[str, Any], points: Iterable[Point], now: float) -> str:
    """OK or ALARM, judged by the last full period before `now`.

    Args:
        alarm: its properties in a template, references resolved.
        points: everything that was put, of whatever metric.
        now: seconds since the epoch.
    """
    assert alarm["EvaluationPeriods"] == 1
    end = now // alarm["Period"] * alarm["Period"]
    values = [
        point.value
        for point in points
        if _is_watched(alarm, point) and end - alarm["Period"] <= point.at < end
    ]
    if not values:
        return _MISSING[alarm["TreatMissingData"]]
    found = _STATISTICS[alarm["Statistic"]](values)
    breaching = _COMPARISONS[alarm["ComparisonOperator"]](found, alarm["Threshold"])
    return "ALARM" if breaching else "OK"


def _is_watched(alarm: Mapping[str, Any], point: Point) -> bool:
    wanted = {entry["Name"]: entry["Value"] for entry in alarm["Dimensions"]}
    return (alarm["Namespace"], alarm["MetricName"], wanted) == (
        point.namespace,
        point.metric,
        dict(point.dimensions),
    )
