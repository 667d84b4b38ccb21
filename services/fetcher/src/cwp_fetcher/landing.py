"""landing/ and quarantine/ in S3."""

import gzip
import json
from typing import Any, Final

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict

from cwp_shared.clock import UtcTime
from cwp_shared.errors import Retriable

#: 20 ms for 1.7 MB, 13 times smaller.
_LEVEL: Final = 6
#: The bucket's lifecycle rule finds landed pages by this tag: it cannot match inside a key.
_TAGS: Final = "kind=landing"


#: User metadata of a landed page: `PageFacts` as JSON.
_FACTS: Final = "page"


class PageFacts(BaseModel):
    """What is known of a landed page beside its body; the fields are those of `PageFetched`.

    Kept with the body, because it cannot be read from it: of a nested table, whose the children
    are that are not there, and what was counted or set aside when the page was asked for.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha256: str
    rows: int
    first_id: int | None
    last_id: int | None
    is_last: bool
    quarantined: int
    counted: int | None
    server_time: UtcTime | None


class Landing:
    """Pages as received but for what is sensitive, and their facts. What landed never changes.

    Args:
        s3: an S3 client.
        bucket: the lake.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def find(self, key: str) -> PageFacts | None:
        """The facts of the page that landed under `key`, or None."""
        try:
            found = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            # A HEAD has no body to name the error in.
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
                return None
            raise
        return PageFacts.model_validate_json(found["Metadata"][_FACTS])

    def put(self, key: str, body: bytes, facts: PageFacts) -> PageFacts:
        """Land a page and return its facts; or those of the page that somebody landed first."""
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=gzip.compress(body, _LEVEL, mtime=0),
                ContentType="application/gzip",
                IfNoneMatch="*",
                Metadata={_FACTS: facts.model_dump_json()},
                Tagging=_TAGS,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "ConditionalRequestConflict":
                raise Retriable(f"{key} is being landed by somebody else just now") from None
            if code != "PreconditionFailed":
                raise
            first = self.find(key)
            if first is None:
                raise Retriable(f"{key} was there and is gone") from None
            return first
        return facts


class Quarantine:
    """What could not be taken, with the reason beside it.

    Args:
        s3: an S3 client.
        bucket: the lake.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, key: str, body: bytes, reason: dict[str, Any]) -> None:
        """Store `body` under `key` and `reason` under `key` + `.reason.json`."""
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body)
        self.note(f"{key}.reason.json", reason)

    def note(self, key: str, reason: dict[str, Any]) -> None:
        """Store `reason` alone, of something that has no body."""
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=json.dumps(reason, indent=1).encode(),
            ContentType="application/json",
        )
