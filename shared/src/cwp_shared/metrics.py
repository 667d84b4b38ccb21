"""What services count themselves: names for alarms and dashboard, and how a value is put.

A value is a line of a function's log in CloudWatch's embedded metric format. CloudWatch charges for
each combination of dimensions, so a metric has one, its service; whose value it is stands beside it
and can be searched for in the log (docs/adr/0017). CloudWatch has it in the namespace that
`POWERTOOLS_METRICS_NAMESPACE` names, `connectwise-<stage>`.

Messages come more than once, and so may what they count: an alarm asks whether there was any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


@dataclass(frozen=True)
class Metric:
    """One metric of one service."""

    service: str
    name: str
    unit: MetricUnit = MetricUnit.Count


#: Tables of a tenant that should be fresher than they are, at each tick.
LATE_TABLES: Final = Metric("scheduler", "LateTables")
#: How often a tenant's latest table could have been brought since it was, at each tick.
CADENCES_BEHIND: Final = Metric("scheduler", "CadencesBehind", MetricUnit.NoUnit)
#: Tables of a tenant whose deletes should have been looked for by now, at each tick.
LATE_SWEEPS: Final = Metric("scheduler", "LateSweeps")
#: Rows that the source counts and that two runs in a row did not bring.
MISSING_ROWS: Final = Metric("scheduler", "MissingRows")
#: Rows that the source cannot give out, or not as rows; they were set aside.
UNREADABLE_ROWS: Final = Metric("scheduler", "UnreadableRows")
#: A tenant's circuit opened: how often it did so without an answer in between.
CIRCUIT_OPENINGS: Final = Metric("fetcher", "CircuitOpenings")
#: Ids that are missing, and not believed to be deleted until an operator says so.
HELD_DELETES: Final = Metric("writer", "HeldDeletes")
#: Rows that a mapping could not take.
QUARANTINED_ROWS: Final = Metric("transformer", "QuarantinedRows")
#: Tables whose loading has stopped, at each sweep.
TABLES_HELD_UP: Final = Metric("loader", "TablesHeldUp")
#: Tables of which a file was set aside, at each sweep.
TABLES_INCOMPLETE: Final = Metric("loader", "TablesIncomplete")

METRICS: Final = (
    LATE_TABLES,
    CADENCES_BEHIND,
    LATE_SWEEPS,
    MISSING_ROWS,
    UNREADABLE_ROWS,
    CIRCUIT_OPENINGS,
    HELD_DELETES,
    QUARANTINED_ROWS,
    TABLES_HELD_UP,
    TABLES_INCOMPLETE,
)


def put(
    values: Mapping[Metric, float],
    about: Mapping[str, Any] | None = None,
    by: Mapping[str, str] | None = None,
) -> None:
    """Put values of one service's metrics, in one line.

    Args:
        values: by metric; all of one service.
        about: what else the line says, for those who search it.
        by: dimensions under which the values are counted as well; each new combination costs.
    """
    (service,) = {metric.service for metric in values}
    line = EphemeralMetrics(service=service)
    line.add_dimension("service", service)
    if by:
        line.add_dimensions(service=service, **by)
    for name, value in (about or {}).items():
        line.add_metadata(name, value)
    for metric, value in values.items():
        line.add_metric(metric.name, metric.unit, value)
    line.flush_metrics()
