"""Reading what a service counted: the lines of its log that CloudWatch would count."""

import json
from collections.abc import Iterator
from typing import Any


def counted(log: str) -> list[dict[str, Any]]:
    """The lines in CloudWatch's embedded metric format."""
    found = (json.loads(line) for line in log.splitlines() if line.startswith("{"))
    return [line for line in found if "_aws" in line]


def values(line: dict[str, Any]) -> dict[str, float]:
    """Metric to value of one line."""
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in directive["Metrics"]]
    return {name: value for name in names for value in line[name]}


def data_points(line: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What CloudWatch makes of a line: each metric once for each set of dimensions."""
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for names in directive["Dimensions"]:
            for metric in directive["Metrics"]:
                yield {
                    "Namespace": directive["Namespace"],
                    "MetricName": metric["Name"],
                    "Dimensions": [{"Name": name, "Value": line[name]} for name in names],
                    "Values": line[metric["Name"]],
                    "Unit": metric["Unit"],
                }
