"""Reading DynamoDB page by page."""

from collections.abc import Callable, Iterator
from typing import Any

Item = dict[str, Any]


def items(read: Callable[..., Any], **request: Any) -> Iterator[Item]:
    """All items of a query or a scan, consistently read.

    Args:
        read: a boto3 Table's `query` or `scan`.
        request: what it is asked.
    """
    request["ConsistentRead"] = True
    while True:
        answer = read(**request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
