"""DynamoDB in the few forms that the stores need: a conditional update, and all-or-none writes."""

from collections.abc import Iterator, Mapping
from typing import Any

from boto3.dynamodb.conditions import ConditionBase
from botocore.exceptions import ClientError

from cwp_shared.errors import Retriable

Item = dict[str, Any]


def set_if(
    table: Any,
    key: Mapping[str, str],
    condition: ConditionBase | None,
    changes: Mapping[str, Any],
    remove: tuple[str, ...] = (),
) -> bool:
    """Set and remove attributes of an item if the condition holds; whether it did."""
    request: dict[str, Any] = {
        "Key": key,
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        "ExpressionAttributeNames": {f"#{name}": name for name in (*changes, *remove)},
        "ExpressionAttributeValues": {f":{name}": value for name, value in changes.items()},
    }
    if remove:
        request["UpdateExpression"] += " REMOVE " + ", ".join(f"#{name}" for name in remove)
    if condition is not None:
        request["ConditionExpression"] = condition
    return _held(table.update_item, request)


def put_if(table: Any, item: Item, condition: ConditionBase) -> bool:
    """Put an item if the condition holds; whether it did."""
    return _held(table.put_item, {"Item": item, "ConditionExpression": condition})


def delete_if(table: Any, key: Mapping[str, str], condition: ConditionBase) -> bool:
    """Delete an item if the condition holds; whether it did."""
    return _held(table.delete_item, {"Key": key, "ConditionExpression": condition})


def _held(operation: Any, request: dict[str, Any]) -> bool:
    try:
        operation(**request)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return False
    return True


def write_all(table: Any, writes: list[dict[str, Item]]) -> int | None:
    """Do all writes or none; the number of the first whose condition did not hold, None: all done.

    Args:
        table: any table of the client that is to do it.
        writes: TransactWriteItems' own entries, in plain Python values.

    Raises:
        Retriable: another transaction was in the way.
    """
    try:
        table.meta.client.transact_write_items(TransactItems=writes)
    except table.meta.client.exceptions.TransactionCanceledException as error:
        codes = [reason.get("Code") for reason in error.response["CancellationReasons"]]
        if "ConditionalCheckFailed" in codes:
            return codes.index("ConditionalCheckFailed")
        raise Retriable(f"DynamoDB cancelled a transaction on {table.name}: {codes}") from None
    return None


def query(table: Any, condition: ConditionBase) -> Iterator[Item]:
    """All items under a key condition, read consistently."""
    request: dict[str, Any] = {"KeyConditionExpression": condition, "ConsistentRead": True}
    while True:
        answer = table.query(**request)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
