"""The bucket, as far as the transformer needs one."""

from typing import Any, Protocol

from botocore.exceptions import ClientError

from cwp_shared.errors import Terminal

#: S3's answers to a conditional put: the object is there, or another put of it is under way.
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
_ABSENT = {"NoSuchKey", "404"}


class Lake(Protocol):
    """Objects by key. What `create` and `write` return from is durable and seen by every reader."""

    def read(self, key: str) -> bytes:
        """The object; `Terminal` if there is none."""

    def write(self, key: str, body: bytes) -> None:
        """Put the object, over an older one if need be."""

    def create(self, key: str, body: bytes) -> bool:
        """Put the object unless there is one; False if there is."""

    def keys_after(self, prefix: str, after: str) -> list[str]:
        """All keys under `prefix` that sort after `after`, sorted."""


class S3Lake:
    """A `Lake` in an S3 bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def read(self, key: str) -> bytes:
        """See `Lake`."""
        try:
            body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise Terminal(f"there is no object {key} in bucket {self._bucket}") from None
            raise
        return body

    def write(self, key: str, body: bytes) -> None:
        """See `Lake`."""
        self._client.put_object(Bucket=self._bucket, Key=key, Body=body)

    def create(self, key: str, body: bytes) -> bool:
        """See `Lake`."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True

    def keys_after(self, prefix: str, after: str) -> list[str]:
        """See `Lake`."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix, StartAfter=after
        )
        return [entry["Key"] for page in pages for entry in page.get("Contents", ())]
