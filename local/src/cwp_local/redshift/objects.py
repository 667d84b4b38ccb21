"""Reading the emulator's S3 as the role that a COPY names: with its rights, and no others."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from cwp_local.redshift.errors import SqlError

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


class Roles(Protocol):
    """Who may read what."""

    def reader(self, role: str) -> Objects:
        """The objects that `role`, an ARN or `default`, may read.

        Raises:
            SqlError: there is no such role, or Redshift may not assume it.
        """
        ...


class AssumedRoles:
    """Roles of the emulator's IAM.

    Args:
        sts: the account's own client, which assumes the roles.
        connect: an S3 client of the credentials that STS gave.
    """

    def __init__(self, sts: Any, connect: Callable[[Mapping[str, str]], Any]) -> None:
        self._sts = sts
        self._connect = connect

    def reader(self, role: str) -> Objects:
        """See `Roles.reader`."""
        if role == "default":
            raise SqlError("the local Redshift has no default role; name one: IAM_ROLE 'arn:...'")
        try:
            answer = self._sts.assume_role(RoleArn=role, RoleSessionName="redshift-copy")
        except (BotoCoreError, ClientError) as error:
            user = "arn:aws:redshift:us-east-1:000000000000:dbuser:local/IAM:root"
            raise SqlError(
                f"User {user} is not authorized to assume IAM Role {role}\n  Detail: {error}"
            ) from None
        return S3Objects(self._connect(answer["Credentials"]))


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
