"""An object in S3 read in pieces, so that of a large file only what is needed travels."""

import io
from typing import Any


class RangedObject(io.RawIOBase):
    """A file to read and seek in. Opening it asks for its size.

    Raises:
        ClientError: there is no such object.
    """

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        super().__init__()
        self._request = {"Bucket": bucket, "Key": key}
        self._s3 = s3
        self._size = int(s3.head_object(**self._request)["ContentLength"])
        self._at = 0
        #: Bytes that travelled.
        self.fetched = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move there."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most `size`."""
        end = self._size if size < 0 else min(self._size, self._at + size)
        if end <= self._at:
            return b""
        answer = self._s3.get_object(**self._request, Range=f"bytes={self._at}-{end - 1}")
        body: bytes = answer["Body"].read()
        self._at += len(body)
        self.fetched += len(body)
        return body
