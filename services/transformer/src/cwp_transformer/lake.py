"""The bucket, as far as the transformer needs one."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple, Protocol

from botocore.exceptions import ClientError

from cwp_shared.errors import Terminal

#: S3's answers to a conditional put: the object is there, or another put of it is under way.
_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
_ABSENT = {"NoSuchKey", "404"}
#: Reads at once: S3 answers each after 10 to 30 ms, whatever its size.
READERS: Final = 32
_DELETES_PER_CALL: Final = 1000
#: A larger part is read as several at once.
_PIECE_BYTES: Final = 2**23


class Part(NamedTuple):
    """The bytes `start` to before `stop` of an object."""

    key: str
    start: int
    stop: int


class Files(Protocol):
    """What the index needs of a lake."""

    def read_parts(self, parts: Sequence[Part]) -> list[bytes]:
        """Parts of objects, in the order asked for; `Terminal` if there is no such object."""

    def write(self, key: str, body: bytes) -> None:
        """Put the object, over an older one if need be."""


class Lake(Files, Protocol):
    """Objects by key. What `create` and `write` return from is durable and seen by every reader."""

    def read(self, key: str) -> bytes:
        """The object; `Terminal` if there is none."""

    def read_all(self, keys: Sequence[str]) -> list[bytes]:
        """Whole objects, in the order asked for; `Terminal` if there is none."""

    def create(self, key: str, body: bytes) -> bool:
        """Put the object unless there is one; False if there is."""

    def keys_after(self, prefix: str, after: str) -> list[str]:
        """All keys under `prefix` that sort after `after`, sorted."""

    def sizes(self, prefix: str) -> dict[str, int]:
        """All keys under `prefix`, sorted, with the bytes of their objects."""

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; one that is not there is no error."""


class S3Lake:
    """A `Lake` in an S3 bucket."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="s3")

    def read(self, key: str) -> bytes:
        """See `Lake`."""
        return self._get(key)

    def read_all(self, keys: Sequence[str]) -> list[bytes]:
        """See `Lake`."""
        return list(self._readers.map(self._get, keys))

    def read_parts(self, parts: Sequence[Part]) -> list[bytes]:
        """See `Lake`."""
        pieces = [piece for part in parts for piece in _pieces(part)]
        found = iter(self._readers.map(self._get_part, pieces))
        return [b"".join(next(found) for _ in _pieces(part)) for part in parts]

    def _get_part(self, part: Part) -> bytes:
        return self._get(part.key, Range=f"bytes={part.start}-{part.stop - 1}")

    def _get(self, key: str, **options: str) -> bytes:
        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key, **options)
            body: bytes = answer["Body"].read()
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
        return [entry["Key"] for entry in self._entries(Prefix=prefix, StartAfter=after)]

    def sizes(self, prefix: str) -> dict[str, int]:
        """See `Lake`."""
        return {entry["Key"]: entry["Size"] for entry in self._entries(Prefix=prefix)}

    def _entries(self, **where: str) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, **where)
        return (entry for page in pages for entry in page.get("Contents", ()))

    def delete(self, keys: Sequence[str]) -> None:
        """See `Lake`."""
        for start in range(0, len(keys), _DELETES_PER_CALL):
            some = [{"Key": key} for key in keys[start : start + _DELETES_PER_CALL]]
            answer = self._client.delete_objects(
                Bucket=self._bucket, Delete={"Objects": some, "Quiet": True}
            )
            for refused in answer.get("Errors", ()):
                raise Terminal(f"{refused['Key']} cannot be deleted: {refused.get('Message')}")


def _pieces(part: Part) -> list[Part]:
    starts = range(part.start, part.stop, _PIECE_BYTES)
    return [Part(part.key, start, min(start + _PIECE_BYTES, part.stop)) for start in starts]
