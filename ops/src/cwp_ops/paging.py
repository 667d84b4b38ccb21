"""Reading DynamoDB page by page, and many keys at once."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

Item = dict[str, Any]

#: So many keys may be in one BatchGetItem.
KEYS_A_REQUEST: Final = 100
_PAUSE_S: Final = 0.2


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


def items_at(table: Any, keys: Sequence[Item]) -> Iterator[Item]:
    """The items that there are of these keys, consistently read, in any order.

    Args:
        table: a boto3 Table.
        keys: each once.
    """
    for start in range(0, len(keys), KEYS_A_REQUEST):
        wanted = {"Keys": keys[start : start + KEYS_A_REQUEST], "ConsistentRead": True}
        while wanted:
            answer = table.meta.client.batch_get_item(RequestItems={table.name: wanted})
            yield from answer["Responses"].get(table.name, ())
            if wanted := answer.get("UnprocessedKeys", {}).get(table.name, {}):
                # The answer is full, or the table is busy.
                time.sleep(_PAUSE_S)
