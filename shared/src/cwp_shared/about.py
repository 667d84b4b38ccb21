"""What a message is about, for log lines: so that one query follows a page through all services."""

import json
from typing import Any, Final

#: The fields of messages that log lines carry, by the names that they have there.
FIELDS: Final = (
    "tenant_id",
    "run_id",
    "run_ids",
    "table",
    "canonical_table",
    "job_id",
    "raw_key",
    "sequence",
)


def about(body: str) -> dict[str, Any]:
    """The fields that a message names, whatever it is; none if it cannot be read.

    Of an event they are in its detail; a file in S3 is its `raw_key`.
    """
    try:
        message = json.loads(body)
        detail = message.get("detail", message.get("wake", message))
        told = {name: detail[name] for name in FIELDS if detail.get(name)}
        key = detail.get("object", {}).get("key")
    except (ValueError, AttributeError, TypeError):
        return {}
    return {**told, "tenant_id": str(key).split("/", 1)[0], "raw_key": key} if key else told
