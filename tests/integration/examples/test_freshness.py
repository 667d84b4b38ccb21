import json
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import boto3
import pytest
from examples.freshness.handler import handler
from moto import mock_aws

from tests.aws_environment import isolate

NAME = "ExampleFreshness-test"


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("FRESHNESS_TABLE", NAME)
    isolate(monkeypatch)
    with mock_aws():
        yield boto3.resource("dynamodb").create_table(
            TableName=NAME,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "tenant_id", "AttributeType": "S"},
                {"AttributeName": "canonical_table", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "tenant_id", "KeyType": "HASH"},
                {"AttributeName": "canonical_table", "KeyType": "RANGE"},
            ],
        )


def loaded(tenant: str, sequence: int, version: int = 1) -> dict[str, str]:
    body = {
        "detail-type": "TableLoaded",
        "time": f"2026-03-01T12:0{sequence}:00Z",
        "detail": {
            "version": version,
            "tenant_id": tenant,
            "canonical_table": "tickets",
            "sequence": sequence,
        },
    }
    return {"messageId": f"{tenant}-{sequence}", "body": json.dumps(body)}


def test_any_order_and_repetition_ends_at_the_newest_load(table: Any) -> None:
    for number, order in enumerate(permutations([1, 2, 2, 3])):
        tenant = f"t{number}"
        assert handler({"Records": [loaded(tenant, n) for n in order]}, None) == {
            "batchItemFailures": []
        }
        item = table.get_item(Key={"tenant_id": tenant, "canonical_table": "tickets"})["Item"]
        assert (item["sequence"], item["loaded_at"]) == (3, "2026-03-01T12:03:00Z")


def test_a_message_that_is_not_understood_costs_itself_alone(table: Any) -> None:
    records = [loaded("acme", 1, version=2), loaded("other", 1)]
    assert handler({"Records": records}, None) == {
        "batchItemFailures": [{"itemIdentifier": "acme-1"}]
    }
    assert table.scan()["Count"] == 1
