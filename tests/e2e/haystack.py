"""Everything that a run of the deployed pipeline said and stored, as text, to be searched."""

import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pyarrow.parquet as pq

from tests.e2e.conftest import Cloud

_BUCKET = "connectwise-local-000000000000"
_BUS = "connectwise-local"
_LISTENER = "everything-said"


def listen(cloud: Cloud) -> None:
    """Keep a copy of every event from now on."""
    url = cloud.aws("sqs").create_queue(QueueName=_LISTENER)["QueueUrl"]
    arn = cloud.aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events = cloud.aws("events")
    pattern = json.dumps({"source": [{"prefix": "connectwise."}]})
    events.put_rule(Name=_LISTENER, EventBusName=_BUS, EventPattern=pattern)
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule=_LISTENER, EventBusName=_BUS, Targets=[target])


def haystack(cloud: Cloud, schema: str) -> dict[str, list[str]]:
    """Texts by where they were found; of the warehouse one schema."""
    return {
        "logs": [*cloud.log_lines(), *_process_logs(cloud)],
        "events": list(_messages(cloud, _LISTENER)),
        "dead letters": [
            text
            for url in cloud.aws("sqs").list_queues(QueueNamePrefix="connectwise-")["QueueUrls"]
            if "-dlq-" in url
            for text in _messages(cloud, url.rsplit("/", 1)[1])
        ],
        "objects": list(_objects(cloud)),
        "items": list(_items(cloud)),
        "warehouse": list(_rows(cloud, schema)),
        "status": [cloud.cwpipe("status", "--json")],
    }


def _process_logs(cloud: Cloud) -> Iterator[str]:
    for file in (cloud.home / "logs").iterdir():
        yield file.read_text("utf-8", "replace")


def _messages(cloud: Cloud, queue: str) -> Iterator[str]:
    """All messages of a queue, with their attributes; they stay there."""
    sqs = cloud.aws("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    while found := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], VisibilityTimeout=30
    ).get("Messages"):
        yield from (json.dumps(message) for message in found)


def _objects(cloud: Cloud) -> Iterator[str]:
    s3 = cloud.aws("s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=_BUCKET):
        for key in (found["Key"] for found in page.get("Contents", ())):
            answer = s3.get_object(Bucket=_BUCKET, Key=key)
            yield f"{key} {answer['Metadata']} {_text(key, answer['Body'].read())}"


def _text(key: str, body: bytes) -> str:
    if key.endswith(".parquet"):
        table = pq.read_table(io.BytesIO(body))
        return f"{table.schema.metadata} {table.to_pydict()}"
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    return body.decode("utf-8", "replace")


def _items(cloud: Cloud) -> Iterator[str]:
    dynamodb = cloud.aws("dynamodb")
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            yield f"{table} {page['Items']}"


def _rows(cloud: Cloud, schema: str) -> Iterator[str]:
    named: list[dict[str, Any]] = cloud.query(
        f"select table_name from information_schema.tables where table_schema = '{schema}'"
    )
    for table in (row["table_name"] for row in named):
        rows = cloud.query(f'select * from "{schema}"."{table}"')
        yield f"{table} {rows}"
