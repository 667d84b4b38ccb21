"""The tables that the loader reads, as the stacks make them."""

from typing import Any

import boto3


def load_state_items(name: str) -> Any:
    """An empty LoadState, in moto."""
    return _made(name, "pk", "sk")


def tenant_items(name: str) -> Any:
    """An empty TenantServices, in moto."""
    return _made(name, "tenant_id", "service")


def _made(name: str, partition: str, sort: str) -> Any:
    return boto3.resource("dynamodb").create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": partition, "KeyType": "HASH"},
            {"AttributeName": sort, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": partition, "AttributeType": "S"},
            {"AttributeName": sort, "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
