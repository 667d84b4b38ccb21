"""boto3 clients with one retry policy. Endpoints come from the environment, never from code."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5},
    connect_timeout=5,
    read_timeout=60,
    # As many as the transformer reads parts of objects at once.
    max_pool_connections=32,
)


@cache
def client(service: str) -> Any:
    """The container's one client of an AWS service; botocore clients are thread-safe."""
    return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]


@cache
def table(name: str) -> Any:
    """A DynamoDB table that takes and gives plain Python values."""
    return boto3.resource("dynamodb", config=_CONFIG).Table(name)
