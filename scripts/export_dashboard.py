"""Write shared/resources/dashboard.yml: one dashboard a stage, from what the stacks declare.

    python -m scripts.export_dashboard

Rows: what is wrong now, the flow from API to warehouse, freshness and completeness, backlog,
errors, what costs. A test compares the committed file with what this makes, and every metric on it
with the rendered templates.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

from cwp_shared import metrics
from cwp_shared.metrics import Metric
from scripts.export_alarms import NEAR_THE_LIMIT, alarms
from scripts.stacks import (
    ROOT,
    SERVICES,
    STAGE,
    all_functions,
    all_queues,
    functions,
    tables,
)

TARGET: Final = ROOT / "shared" / "resources" / "dashboard.yml"

#: The grid is 24 wide.
WIDTH: Final = 24
_HEIGHT: Final = 6
_HOUR: Final = 3600
_DAY: Final = 86_400
_REGION: Final = "${AWS::Region}"
_WORKGROUP: Final = "${self:custom.config.warehouse.workgroup}"

Widget = dict[str, Any]
#: One line of a graph, as CloudWatch writes it: namespace, metric, dimensions, options.
Line = list[Any]

_HEAD = """\
# Made from the code: make monitoring (scripts/export_dashboard.py).
Resources:
  Dashboard:
    Type: AWS::CloudWatch::Dashboard
    Properties:
      DashboardName: connectwise-${sls:stage}
      DashboardBody: !Sub |
"""


def widgets() -> list[Widget]:
    """The whole dashboard."""
    rows = (
        [_title("What is wrong now", "docs/runbooks has a page for each alarm")],
        [_alarm_states()],
        [_title("Flow", "from the API to the warehouse")],
        _flow(),
        [_title("Freshness and completeness", "`cwpipe status` names tenants and tables")],
        _freshness(),
        [_title("Backlog", "what waits, and for how long")],
        _backlog(),
        [_title("Errors", "`cwpipe dlq list` and `cwpipe logs` say more")],
        *_errors(),
        [_title("Cost drivers", "function time, requests, warehouse, stored bytes, logs")],
        *_costs(),
    )
    return _placed(rows)


def _flow() -> list[Widget]:
    handled = [
        _line("AWS/SQS", "NumberOfMessagesDeleted", "QueueName", f"{queue.name}-{STAGE}")
        for queue in all_queues()
    ]
    return [
        _graph("Messages handled, by queue", handled, "Sum"),
        _graph("Invocations", _of_functions("Invocations"), "Sum"),
    ]


def _freshness() -> list[Widget]:
    late = [
        _own(metrics.CADENCES_BEHIND, stat="Maximum", label="cadences behind, the worst tenant"),
        _own(metrics.LATE_TABLES, stat="Sum", label="tables that are late", yAxis="right"),
        _own(metrics.LATE_SWEEPS, stat="Sum", label="late sweeps for deletes", yAxis="right"),
    ]
    gaps = (
        metrics.MISSING_ROWS,
        metrics.UNREADABLE_ROWS,
        metrics.QUARANTINED_ROWS,
        metrics.HELD_DELETES,
    )
    return [
        _graph("Freshness, the stage's worst", late, "Maximum"),
        _by_tenant(),
        _graph("Rows that did not come through", [_own(metric) for metric in gaps], "Sum"),
    ]


def _by_tenant() -> Widget:
    """From the log, for a metric for each tenant would cost more than the pipeline."""
    (plan,) = (one for one in functions("scheduler") if one.noun == "plan")
    behind, late = (f"{metric.name}.0" for metric in (metrics.CADENCES_BEHIND, metrics.LATE_TABLES))
    query = (
        f"SOURCE '{plan.log_group}'"
        f" | filter ispresent(`{behind}`) and ispresent(`{late}`)"
        f" | stats latest(`{behind}`) as cadences_behind, latest(table) as worst_table,"
        f" latest(`{late}`) as late_tables by tenant_id"
        " | sort cadences_behind desc | limit 100"
    )
    properties = {"title": "Freshness by tenant", "view": "table", "query": query}
    return _widget("log", properties)


def _backlog() -> list[Widget]:
    waiting, age = (
        [_line("AWS/SQS", metric, "QueueName", f"{queue.name}-{STAGE}") for queue in all_queues()]
        for metric in ("ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage")
    )
    return [
        _graph("Waiting messages", waiting, "Maximum"),
        _graph("Age of the oldest message (seconds)", age, "Maximum"),
    ]


def _errors() -> Iterable[list[Widget]]:
    dead = [
        _line(
            "AWS/SQS",
            "ApproximateNumberOfMessagesVisible",
            "QueueName",
            f"{queue.dead_letters}-{STAGE}",
        )
        for queue in all_queues()
    ]
    stuck = (metrics.CIRCUIT_OPENINGS, metrics.TABLES_HELD_UP, metrics.TABLES_INCOMPLETE)
    yield [
        _graph("Dead letters", dead, "Maximum"),
        _graph("Functions that died", _of_functions("Errors"), "Sum"),
        _graph("Functions that were throttled", _of_functions("Throttles"), "Sum"),
    ]
    yield [
        _graph(
            f"Longest run (% of the timeout; alarm at {NEAR_THE_LIMIT:.0%})",
            list(_computed("Duration", "Maximum", lambda one: 100 / (one.timeout_s * 1000))),
            "Maximum",
        ),
        _graph("Circuits, and tables that do not load", [_own(m) for m in stuck], "Maximum"),
    ]


def _costs() -> Iterable[list[Widget]]:
    seconds = _computed("Duration", "Sum", lambda one: one.memory_mb / 1024 / 1000)
    requests = [
        _line("AWS/SQS", "NumberOfMessagesSent", "QueueName", f"{queue.name}-{STAGE}")
        for queue in all_queues()
    ]
    units = [
        _line("AWS/DynamoDB", f"Consumed{kind}CapacityUnits", "TableName", name)
        for name in tables()
        for kind in ("Read", "Write")
    ]
    logs = [
        _line("AWS/Logs", "IncomingBytes", "LogGroupName", one.log_group) for one in all_functions()
    ]
    warehouse = [
        _line("AWS/Redshift-Serverless", "ComputeSeconds", "Workgroup", _WORKGROUP, stat="Sum"),
        # 0 while it sleeps.
        _line(
            "AWS/Redshift-Serverless",
            "ComputeCapacity",
            "Workgroup",
            _WORKGROUP,
            stat="Maximum",
            yAxis="right",
        ),
    ]
    stored = [
        ["AWS/S3", metric, "BucketName", "${Lake}", "StorageType", kind, options]
        for metric, kind, options in (
            ("BucketSizeBytes", "StandardStorage", {}),
            ("NumberOfObjects", "AllStorageTypes", {"yAxis": "right"}),
        )
    ]
    yield [
        _graph("Function time (GB-seconds an hour)", list(seconds), "Sum", _HOUR),
        _graph("Warehouse (RPU-seconds an hour; RPUs)", warehouse, "Sum", _HOUR),
        _graph("Stored (bytes; objects)", stored, "Average", _DAY),
    ]
    yield [
        _graph("Messages sent an hour", requests, "Sum", _HOUR),
        _graph("DynamoDB units an hour", units, "Sum", _HOUR),
        _graph("Log bytes an hour", logs, "Sum", _HOUR),
    ]


def _alarm_states() -> Widget:
    arn = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
    names = [arn + alarm.name for service in SERVICES for alarm in alarms(service)]
    return {"type": "alarm", "properties": {"title": "Alarms", "alarms": names}}


def _of_functions(metric: str) -> list[Line]:
    return [_line("AWS/Lambda", metric, "FunctionName", one.name) for one in all_functions()]


def _computed(metric: str, stat: str, factor: Any) -> Iterable[Line]:
    """A metric of each function, times what `factor` says of it."""
    for number, one in enumerate(all_functions()):
        yield _line(
            "AWS/Lambda",
            metric,
            "FunctionName",
            one.name,
            id=f"m{number}",
            stat=stat,
            visible=False,
        )
        yield [
            {
                "expression": f"m{number} * {factor(one):.9g}",
                "id": f"e{number}",
                "label": one.short,
            }
        ]


def _own(metric: Metric, **options: Any) -> Line:
    return _line(f"connectwise-{STAGE}", metric.name, "service", metric.service, **options)


def _line(namespace: str, metric: str, dimension: str, value: str, **options: Any) -> Line:
    return [namespace, metric, dimension, value, options]


def _graph(title: str, lines: Sequence[Line], stat: str, period_s: int = 300) -> Widget:
    properties = {
        "title": title,
        "view": "timeSeries",
        "stat": stat,
        "period": period_s,
        "metrics": [line if line[-1] else line[:-1] for line in lines],
    }
    return _widget("metric", properties)


def _widget(kind: str, properties: dict[str, Any]) -> Widget:
    return {"type": kind, "properties": {"region": _REGION, **properties}}


def _title(text: str, more: str) -> Widget:
    return {"type": "text", "properties": {"markdown": f"## {text}\n{more}"}}


def _placed(rows: Iterable[Sequence[Widget]]) -> list[Widget]:
    """Each row below the one before, its widgets side by side."""
    placed, y = [], 0
    for row in rows:
        height = 2 if row[0]["type"] == "text" else _HEIGHT
        width = WIDTH // len(row)
        for number, widget in enumerate(row):
            place = {"x": number * width, "y": y, "width": width, "height": height}
            placed.append({"type": widget["type"], **place, "properties": widget["properties"]})
        y += height
    return placed


def page() -> str:
    """The whole file. A widget begins a line, and so does each line of its graph."""
    body = '{"widgets": [\n' + ",\n".join(map(_text, widgets())) + "\n]}\n"
    return _HEAD + "".join(f"        {line}\n" for line in body.splitlines())


def _text(widget: Widget) -> str:
    properties = dict(widget["properties"])
    name = next((name for name in ("metrics", "alarms") if name in properties), None)
    listed = properties.pop(name) if name else []
    head = json.dumps(widget | {"properties": properties})
    if name is None:
        return head
    rows = ",\n  ".join(map(json.dumps, listed))
    return f'{head.removesuffix("}}")}, "{name}": [\n  {rows}\n]}}}}'


def main() -> None:
    TARGET.write_text(page(), encoding="utf-8")
    print(TARGET.relative_to(ROOT))


if __name__ == "__main__":
    main()
