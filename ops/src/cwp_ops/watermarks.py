"""Moving a watermark by hand.

The item is the scheduler's. It is changed under the condition that no run of the table is open,
for the end of a run would move the watermark again; and that nobody moved it since it was read.
"""

from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from cwp_ops.errors import OperatorError
from cwp_shared.clock import iso_seconds


def move_watermark(
    table: Any, tenant_id: str, source_table: str, before: str | None, to: datetime
) -> None:
    """Set the watermark of a table to `to`, if it still is `before`.

    Raises:
        OperatorError: a run of the table is open, or the watermark has moved.
    """
    unmoved = Attr("watermark").eq(before) if before else Attr("watermark").not_exists()
    try:
        table.update_item(
            Key={"tenant_id": tenant_id, "table": source_table},
            UpdateExpression="SET watermark = :to REMOVE held_by",
            ConditionExpression=Attr("open_run").not_exists() & unmoved,
            ExpressionAttributeValues={":to": iso_seconds(to)},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        raise OperatorError(
            f"a run of {source_table} is open, or has just moved the watermark; wait for it, or "
            f"end it with `cwpipe cancel {tenant_id} RUN`, and try again"
        ) from None
