"""S3 as the writer uses it: landed pages in, raw files out."""

import gzip
import hashlib
import zlib
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from cwp_shared import keys
from cwp_shared.clock import Clock, sortable, utc_now
from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import PageFetched

#: Two writers in the same microsecond are rare, six are a broken clock.
_TRIES: Final = 6
#: The bucket's lifecycle rule finds what may go by this tag. The ids that a sweep listed are among
#: the known ids (sweeps) once it is compared.
_EXPIRES: Final = "kind=landing"
#: Tenant, table, moment -> key.
KeyOfMoment = Callable[[str, str, str], str]
_TAKEN: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})


class Landed:
    """Landed page bodies, each checked against what the fetcher said of it.

    Args:
        s3: an S3 client.
        bucket: the lake.
    """

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def read(self, page: PageFetched) -> bytes:
        """The page's body as it was received.

        Raises:
            Terminal: it is missing, not where its event says it is, or not what was fetched.
        """
        key = page.landing_key
        if key != keys.landing(page.tenant_id, page.table, page.run_id, page.job_id):
            raise Terminal(
                f"{key} is no landed page of {page.tenant_id}/{page.table}, run {page.run_id}, job "
                f"{page.job_id}"
            )
        body = _unpacked(self._get(key), key)
        if hashlib.sha256(body).hexdigest() != page.sha256:
            raise Terminal(
                f"landed page {key} is not what was fetched: its sha256 differs from the event's; "
                "sync the table again"
            )
        return body

    def _get(self, key: str) -> bytes:
        try:
            found: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchKey":
                raise
            raise Terminal(
                f"landed page {key} is missing: it expired or was deleted; sync the table again"
            ) from None
        return found


class RawFiles:
    """Raw files and sweep files; no two ever have the same key.

    Args:
        s3: an S3 client.
        bucket: the lake.
        clock: names the files.
    """

    def __init__(self, s3: Any, bucket: str, clock: Clock = utc_now) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._clock = clock

    def put(self, tenant_id: str, table: str, content: bytes, name: KeyOfMoment = keys.raw) -> str:
        """Store a file under the present moment, or the next one that is free; its key.

        Args:
            tenant_id: whose file it is.
            table: what it holds rows of.
            content: its bytes.
            name: what makes its key of tenant, table and moment: `keys.raw` or `keys.sweep`.

        Raises:
            Retriable: every moment tried was taken.
        """
        options = {"Tagging": _EXPIRES} if name is keys.sweep else {}
        for _ in range(_TRIES):
            key = name(tenant_id, table, sortable(self._clock()))
            if self.create(key, content, **options):
                return key
        raise Retriable(f"no free key for a file of {table} of {tenant_id!r}: last was {key}")

    def create(self, key: str, content: bytes, **options: str) -> bool:
        """Store a file under `key`; False if there is one, or somebody is just storing it.

        Args:
            key: where.
            content: its bytes.
            options: of boto3's `put_object`.
        """
        try:
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=content,
                ContentType="application/vnd.apache.parquet",
                IfNoneMatch="*",
                **options,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _TAKEN:
                return False
            raise
        return True


def _unpacked(packed: bytes, key: str) -> bytes:
    try:
        return gzip.decompress(packed)
    except (OSError, EOFError, zlib.error):
        raise Terminal(f"landed page {key} is not gzip; sync the table again") from None
