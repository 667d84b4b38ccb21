"""The dashboard of every stage: CloudWatch would take it, and all that it shows is there."""

import json
import re
from itertools import combinations
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from scripts import export_dashboard

from cwp_shared import metrics
from tests.rendering import STAGES, Template
from tests.template.cloudformation import of_type

Rendered = dict[tuple[str, str], Template]

ACCOUNT = {
    "${AWS::Partition}": "aws",
    "${AWS::Region}": "us-east-1",
    "${AWS::AccountId}": "111122223333",
    "${Lake}": "lake",
}
STATISTIC = Literal["Average", "Maximum", "Minimum", "SampleCount", "Sum"]


class Strict(BaseModel):
    """Nothing beside what CloudWatch's "Dashboard Body Structure and Syntax" lists."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Options(Strict):
    """Of one line of a graph."""

    id: str | None = Field(default=None, pattern=r"^[a-z][A-Za-z0-9_]*$")
    stat: STATISTIC | None = None
    label: str | None = None
    visible: bool | None = None
    yAxis: Literal["left", "right"] | None = None  # noqa: N815 - CloudWatch's name
    expression: str | None = None


class Graph(Strict):
    title: str
    region: str
    view: Literal["timeSeries"]
    stat: STATISTIC
    period: int = Field(multiple_of=60)
    metrics: list[list[Any]] = Field(min_length=1, max_length=500)


class Log(Strict):
    title: str
    region: str
    view: Literal["table"]
    query: str


class Text(Strict):
    markdown: str


class Alarms(Strict):
    title: str
    alarms: list[str] = Field(min_length=1, max_length=100)


class Widget(Strict):
    x: int = Field(ge=0, le=23)
    y: int = Field(ge=0)
    width: int = Field(ge=1, le=24)
    height: int = Field(ge=1, le=1000)


class GraphWidget(Widget):
    type: Literal["metric"]
    properties: Graph


class LogWidget(Widget):
    type: Literal["log"]
    properties: Log


class TextWidget(Widget):
    type: Literal["text"]
    properties: Text


class AlarmWidget(Widget):
    type: Literal["alarm"]
    properties: Alarms


AnyWidget = Annotated[
    GraphWidget | LogWidget | TextWidget | AlarmWidget, Field(discriminator="type")
]


class Body(Strict):
    widgets: list[AnyWidget] = Field(max_length=500)


def body_of(templates: Rendered, stage: str) -> Body:
    (dashboard,) = of_type(templates["shared", stage], "AWS::CloudWatch::Dashboard").values()
    text = dashboard["DashboardBody"]["Fn::Sub"]
    for name, value in ACCOUNT.items():
        text = text.replace(name, value)
    assert "${" not in text
    return TypeAdapter(Body).validate_python(json.loads(text))


def graphs(body: Body) -> list[Graph]:
    return [one.properties for one in body.widgets if isinstance(one, GraphWidget)]


def names(templates: Rendered, stage: str, kind: str, key: str) -> set[str]:
    """The names of all resources of a kind."""
    return {
        properties[key]
        for (_, its_stage), template in templates.items()
        if its_stage == stage
        for properties in of_type(template, kind).values()
    }


#: Namespace -> its dimension, and the metrics of it that AWS publishes by that dimension alone.
PUBLISHED = {
    "AWS/SQS": (
        "QueueName",
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "NumberOfMessagesDeleted",
            "NumberOfMessagesSent",
        },
    ),
    "AWS/Lambda": ("FunctionName", {"Invocations", "Errors", "Throttles", "Duration"}),
    "AWS/DynamoDB": ("TableName", {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"}),
    "AWS/Logs": ("LogGroupName", {"IncomingBytes"}),
    "AWS/Redshift-Serverless": ("Workgroup", {"ComputeSeconds", "ComputeCapacity"}),
}
STORED = [
    ["AWS/S3", "BucketSizeBytes", "BucketName", "lake", "StorageType", "StandardStorage"],
    ["AWS/S3", "NumberOfObjects", "BucketName", "lake", "StorageType", "AllStorageTypes"],
]


def declared(templates: Rendered, stage: str) -> dict[str, set[str]]:
    """Namespace -> what may stand for its dimension: what some template declares."""
    workgroups = names(templates, stage, "AWS::RedshiftServerless::Workgroup", "WorkgroupName")
    return {
        "AWS/SQS": names(templates, stage, "AWS::SQS::Queue", "QueueName"),
        "AWS/Lambda": names(templates, stage, "AWS::Lambda::Function", "FunctionName"),
        "AWS/DynamoDB": names(templates, stage, "AWS::DynamoDB::Table", "TableName"),
        "AWS/Logs": names(templates, stage, "AWS::Logs::LogGroup", "LogGroupName"),
        "AWS/Redshift-Serverless": workgroups,
    }


def test_file_is_what_the_code_makes() -> None:
    assert export_dashboard.TARGET.read_text() == export_dashboard.page(), "run: make monitoring"


@pytest.mark.parametrize("stage", STAGES)
def test_cloudwatch_would_take_it(templates: Rendered, stage: str) -> None:
    body = body_of(templates, stage)
    for widget in body.widgets:
        assert widget.x + widget.width <= export_dashboard.WIDTH
    for one, other in combinations(body.widgets, 2):
        apart_x = one.x + one.width <= other.x or other.x + other.width <= one.x
        apart_y = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert apart_x or apart_y, (one, other)
    for graph in graphs(body):
        options = [
            Options.model_validate(line[-1]) for line in graph.metrics if isinstance(line[-1], dict)
        ]
        ids = [option.id for option in options if option.id]
        assert len(set(ids)) == len(ids)
        for option in options:
            assert set(re.findall(r"\bm\d+\b", option.expression or "")) <= set(ids)


@pytest.mark.parametrize("stage", STAGES)
def test_every_metric_is_emitted_or_published(templates: Rendered, stage: str) -> None:
    own = {(metric.name, metric.service) for metric in metrics.METRICS}
    there = declared(templates, stage)
    assert "Lake" in of_type(templates["shared", stage], "AWS::S3::Bucket")
    lines = [
        [part for part in line if not isinstance(part, dict)]
        for graph in graphs(body_of(templates, stage))
        for line in graph.metrics
    ]
    for line in filter(None, lines):
        if line in STORED:
            continue
        namespace, metric, dimension, value = line
        if namespace == f"connectwise-{stage}":
            assert dimension == "service"
            assert (metric, value) in own
        else:
            name, published = PUBLISHED[namespace]
            assert (dimension, metric in published) == (name, True), line
            assert value in there[namespace], line


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_left_out(templates: Rendered, stage: str) -> None:
    body = body_of(templates, stage)
    shown = {
        (line[0], line[1], line[3]) for graph in graphs(body) for line in graph.metrics if line[1:]
    }
    there = declared(templates, stage)
    for queue in there["AWS/SQS"]:
        assert ("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue) in shown
    for function in there["AWS/Lambda"]:
        for metric in PUBLISHED["AWS/Lambda"][1]:
            assert ("AWS/Lambda", metric, function) in shown
    for table in there["AWS/DynamoDB"]:
        assert ("AWS/DynamoDB", "ConsumedWriteCapacityUnits", table) in shown
    for own in metrics.METRICS:
        assert (f"connectwise-{stage}", own.name, own.service) in shown
    (states,) = (one.properties for one in body.widgets if isinstance(one, AlarmWidget))
    alarms = names(templates, stage, "AWS::CloudWatch::Alarm", "AlarmName")
    prefix = "arn:aws:cloudwatch:us-east-1:111122223333:alarm:"
    assert {arn.removeprefix(prefix) for arn in states.alarms} == alarms


@pytest.mark.parametrize("stage", STAGES)
def test_freshness_by_tenant_is_read_from_a_log_that_is_there(
    templates: Rendered, stage: str
) -> None:
    (log,) = (one.properties for one in body_of(templates, stage).widgets if one.type == "log")
    (source,) = re.findall(r"SOURCE '([^']+)'", log.query)
    assert source in declared(templates, stage)["AWS/Logs"]
    # A value is a list in the log line; Logs Insights names its parts by number.
    fields = set(re.findall(r"`(\w+)\.0`", log.query))
    assert fields == {metrics.CADENCES_BEHIND.name, metrics.LATE_TABLES.name}


def test_function_time_is_counted_by_the_memory_that_is_paid_for(templates: Rendered) -> None:
    functions = {
        properties["FunctionName"]: properties["MemorySize"]
        for (_, stage), template in templates.items()
        if stage == "prod"
        for properties in of_type(template, "AWS::Lambda::Function").values()
    }
    body = body_of(templates, "prod")
    (graph,) = (one for one in graphs(body) if one.title.startswith("Function time"))
    by_id = {line[-1]["id"]: line[3] for line in graph.metrics if len(line) > 1}
    expressions = [line[0]["expression"] for line in graph.metrics if len(line) == 1]
    assert len(expressions) == len(functions)
    for expression in expressions:
        name, factor = expression.split(" * ")
        memory_mb = functions[by_id[name]]
        assert float(factor) == pytest.approx(memory_mb / 1024 / 1000)
