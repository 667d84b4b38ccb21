"""Reading objects of the emulator's S3, as the COPY role would."""

from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

_MISSING = {"404", "NoSuchKey", "NotFound"}


class S3Failure(Exception):
    """S3 did not give an object; the text is Redshift's `S3ServiceException:...`."""

    def __init__(self, message: str, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing


class Objects(Protocol):
    """What COPY needs of S3."""

    def read(self, bucket: str, key: str) -> bytes:
        """A small object.

        Raises:
            S3Failure: it cannot be read; `missing` if there is none.
        """
        ...

    def fetch(self, bucket: str, key: str, path: Path) -> int:
        """Write an object to `path`; its length in bytes. Raises as `read` does."""
        ...


class S3Objects:
    """Objects through boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, bucket: str, key: str) -> bytes:
        """See `Objects.read`."""
        try:
            body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from None
        return body

    def fetch(self, bucket: str, key: str, path: Path) -> int:
        """See `Objects.fetch`."""
        try:
            self._client.download_file(bucket, key, str(path))
        except (BotoCoreError, ClientError) as error:
            raise _failure(error) from None
        return path.stat().st_size


def _failure(error: BotoCoreError | ClientError) -> S3Failure:
    if not isinstance(error, ClientError):
        return S3Failure(f"S3ServiceException:{error}")
    code = error.response.get("Error", {}).get("Code", "Unknown")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in _MISSING:
        text = "The specified key does not exist.,Status 404,Error NoSuchKey"
        return S3Failure(f"S3ServiceException:{text}", missing=True)
    message = error.response.get("Error", {}).get("Message", "")
    return S3Failure(f"S3ServiceException:{message},Status {status},Error {code}")
