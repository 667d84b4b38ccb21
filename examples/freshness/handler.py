"""Remembers how fresh each warehouse table is: the newest load that the bus told of.

Correct under any delivery: an item only ever moves to a greater sequence, so an event that comes
twice, late or out of order changes nothing. The pipeline's code is not needed here; the contract
is (docs/events.md, TableLoaded version 1).
"""

import json
import logging
import os
from typing import Any

import boto3

#: What this consumer understands; anything else goes to its dead-letter queue.
_VERSION = 1

logger = logging.getLogger(__name__)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """A batch of the queue; what failed comes back, and in the end is dead-lettered."""
    table = boto3.resource("dynamodb").Table(os.environ["FRESHNESS_TABLE"])
    failed = []
    for record in event["Records"]:
        try:
            remember(json.loads(record["body"]), table)
        except Exception:
            logger.exception("message %s failed", record["messageId"])
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def remember(envelope: dict[str, Any], table: Any) -> None:
    """Keep what the event says, unless something newer is known.

    Raises:
        ValueError: not a TableLoaded of the version that this consumer understands.
    """
    detail = envelope["detail"]
    if envelope["detail-type"] != "TableLoaded" or detail["version"] != _VERSION:
        raise ValueError("not TableLoaded version 1; check the rule's pattern")
    try:
        table.put_item(
            Item={
                "tenant_id": detail["tenant_id"],
                "canonical_table": detail["canonical_table"],
                "sequence": detail["sequence"],
                "loaded_at": envelope["time"],
            },
            ConditionExpression="attribute_not_exists(tenant_id) OR #sequence < :sequence",
            ExpressionAttributeNames={"#sequence": "sequence"},
            ExpressionAttributeValues={":sequence": detail["sequence"]},
        )
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        logger.info("%s.%s: known already", detail["tenant_id"], detail["canonical_table"])
