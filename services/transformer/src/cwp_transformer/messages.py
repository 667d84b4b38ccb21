"""What arrives on the files queue: a raw file was made, or somebody asks for something."""

import json
from dataclasses import dataclass

from cwp_shared import keys
from cwp_shared.errors import Terminal
from cwp_shared.events import CommitsRequested, Event, RebuildRequested, parse_envelope

_S3_SOURCE = "aws.s3"
_OBJECT_CREATED = "Object Created"


@dataclass(frozen=True)
class RawCreated:
    """A raw file lies in the bucket. `size` is in bytes."""

    key: str
    tenant_id: str
    table: str
    size: int


def parse(body: str, bucket: str) -> RawCreated | Event:
    """Read a message: a raw file, `CommitsRequested` or `RebuildRequested`.

    Raises:
        Terminal: it is nothing of these, or its file is no raw file of `bucket`.
    """
    try:
        envelope = json.loads(body)
        is_file = envelope["source"] == _S3_SOURCE and envelope["detail-type"] == _OBJECT_CREATED
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Terminal(
            "message on the files queue is no EventBridge event: it needs 'source' and "
            "'detail-type'"
        ) from None
    if not is_file:
        return parse_envelope(body, [CommitsRequested, RebuildRequested])
    return _raw_created(envelope.get("detail"), bucket)


def _raw_created(detail: object, bucket: str) -> RawCreated:
    match detail:
        case {"bucket": {"name": str(name)}, "object": {"key": str(key), **rest}}:
            if name != bucket:
                raise Terminal(f"{key} lies in bucket {name}; this stage reads {bucket} only")
        case _:
            raise Terminal("event 'Object Created' names no bucket and object key")
    try:
        place = keys.parse_raw(key)
    except ValueError as error:
        raise Terminal(str(error)) from None
    size = rest.get("size")
    return RawCreated(key, place.tenant_id, place.table, size if isinstance(size, int) else 0)
