"""What a message is about, for log lines: so that one query follows a page through all services."""

import json
import re
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


#: What Redshift's event calls the name that the loader gave to a statement,
#: `v1|{tenant}|{canonical table}|{kind}|{load}`.
_STATEMENT: Final = "statementName"
_OURS: Final = re.compile(r"v1\|([^|]+)\|([^|]+)\|[^|]+\|[^|]+")


def about(body: str) -> dict[str, Any]:
    """The fields that a message names, whatever it is; none if it cannot be read.

    Of an event they are in its detail; a file in S3 is its `raw_key`, and a statement of the loader
    has the tenant and the table in its name.
    """
    try:
        message = json.loads(body)
        detail = message.get("detail", message.get("wake", message))
        told = {name: detail[name] for name in FIELDS if detail.get(name)}
        key = detail.get("object", {}).get("key")
        statement = _OURS.fullmatch(str(detail.get(_STATEMENT)))
    except (ValueError, AttributeError, TypeError, RecursionError):
        return {}
    if key:
        return {**told, "tenant_id": str(key).split("/", 1)[0], "raw_key": key}
    if statement:
        return {**told, "tenant_id": statement[1], "canonical_table": statement[2]}
    return told
