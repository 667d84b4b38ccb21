"""CloudWatch's counts against moto, and the command from end to end with stated numbers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cwp_local.cloud.home import find_root
from cwp_ops import main
from cwp_ops.cloud_clients import Cloud
from cwp_ops.costs.metered import Meter
from cwp_ops.costs.prices import default_file
from cwp_ops.costs.span import BUCKET_BYTES, RPU_SECONDS, Function, Span
from tests.aws_environment import isolate
from tests.integration.scheduler.world import make_table

NOW = datetime.now(UTC)
FETCH = Function("connectwise-fetcher-dev-fetch", "fetcher fetch", 512)


@pytest.fixture
def cloudwatch(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    isolate(monkeypatch)
    with mock_aws():
        yield boto3.client("cloudwatch")


def count(cloudwatch: Any, namespace: str, name: str, value: float, **dimensions: str) -> None:
    for hours in (1, 30, 24 * 20):
        datum = {
            "MetricName": name,
            "Value": value,
            "Timestamp": NOW - timedelta(hours=hours),
            "Dimensions": [{"Name": n, "Value": v} for n, v in dimensions.items()],
        }
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum])


def test_what_cloudwatch_counted_in_the_span_is_summed(cloudwatch: Any) -> None:
    of_function = {"FunctionName": FETCH.full_name}
    queue = {"QueueName": "connectwise-fetcher-jobs-dev"}
    count(cloudwatch, "AWS/Lambda", "Invocations", 3, **of_function)
    count(cloudwatch, "AWS/Lambda", "Duration", 200, **of_function)
    count(cloudwatch, "AWS/Lambda", "Invocations", 50, FunctionName="somebody-else")
    count(cloudwatch, "AWS/SQS", "NumberOfMessagesSent", 4, **queue)
    count(cloudwatch, "AWS/SQS", "NumberOfEmptyReceives", 5, **queue)
    count(cloudwatch, "AWS/DynamoDB", "ConsumedWriteCapacityUnits", 6, TableName="SyncRuns-dev")
    count(cloudwatch, "AWS/Redshift-Serverless", "ComputeSeconds", 80, Workgroup="connectwise-dev")
    log_group = {"LogGroupName": f"/aws/lambda/{FETCH.full_name}"}
    count(cloudwatch, "AWS/Logs", "IncomingBytes", 1000, **log_group)
    for hours, size in ((30, 500), (54, 400)):
        datum = {
            "MetricName": "BucketSizeBytes",
            "Value": size,
            "Timestamp": NOW - timedelta(hours=hours),
            "Dimensions": [
                {"Name": "BucketName", "Value": "lake"},
                {"Name": "StorageType", "Value": "StandardStorage"},
            ],
        }
        cloudwatch.put_metric_data(Namespace="AWS/S3", MetricData=[datum])
    meter = Meter(cloudwatch, [FETCH], "dev", "connectwise-dev", "lake")
    assert meter.counted(Span.of(NOW - timedelta(days=7), NOW)) == {
        "calls fetcher fetch": 6,
        "milliseconds fetcher fetch": 400,
        "sent fetcher-jobs": 8,
        "empty fetcher-jobs": 10,
        "writes SyncRuns": 12,
        "log-bytes fetcher fetch": 2000,
        RPU_SECONDS: 160,
        BUCKET_BYTES: 500,
    }


def cwpipe(*arguments: str, **environ: str) -> Any:
    return CliRunner().invoke(main.app, list(arguments), env=environ)


def test_a_stated_workload_needs_no_cloud() -> None:
    said = cwpipe("costs", "--tenants", "3", "--json")
    assert said.exit_code == 0, said.output
    made = json.loads(said.stdout)
    assert made["dollars_a_month"] == pytest.approx(sum(x["dollars"] for x in made["lines"]))
    table = cwpipe("costs", "--tenants", "3").stdout
    assert f"{made['dollars_a_month']:,.2f}" in table
    assert "3 tenants of 20 tables" in table


def test_prices_of_ones_own_are_used(tmp_path: Any) -> None:
    text = default_file(find_root({})).read_text()
    path = tmp_path / "mine.toml"
    rest, rpu_hour, after = text.replace("us-east-1", "eu-west-9").partition("[prices.rpu_hour]")
    mine = after.replace("0.375", "0.5", 1).replace("confirmed = true\n", "", 1)
    path.write_text(rest + rpu_hour + mine)
    made = json.loads(cwpipe("costs", "--tenants", "1", "--prices", str(path), "--json").stdout)
    awake = next(line for line in made["lines"] if line["driver"] == "awake")
    assert made["region"] == "eu-west-9"
    assert awake["dollars"] == pytest.approx(awake["quantity"] * 0.5)
    assert made["assumptions"][-1] == "prices not confirmed by a second source: rpu_hour"


def test_a_stage_is_measured_from_end_to_end(
    cloudwatch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but functions, which moto cannot make without Docker, and the stack's outputs."""
    monkeypatch.setattr(Cloud, "bucket", "lake")
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="acme/raw/connectwise/t/1.parquet", Body=b"12345")
    tenants = make_table("TenantServices-dev", "tenant_id", "service")
    tenants.put_item(Item={"tenant_id": "acme", "service": "connectwise"})
    count(
        cloudwatch, "AWS/SQS", "NumberOfMessagesSent", 7, QueueName="connectwise-fetcher-jobs-dev"
    )
    count(cloudwatch, "AWS/Redshift-Serverless", "ComputeSeconds", 3600, Workgroup="mine")
    made = cwpipe("--stage", "dev", "costs", "--days", "7", "--json", CWP_WORKGROUP="mine")
    assert made.exit_code == 0, made.output
    told = json.loads(made.stdout)
    lines = {line["driver"]: line["quantity"] for line in told["lines"]}
    month = 365 / 12 / 7
    assert lines["messages"] == pytest.approx(3 * 14 * month)
    assert lines["awake"] == pytest.approx(2 * month)
    assert lines["raw/, written"] == pytest.approx(month)
    assert lines["API keys"] == 1
    assert "all months are like the last 7 days" in told["assumptions"]
