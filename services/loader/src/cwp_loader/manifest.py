"""The manifest that names a load's files to COPY."""

import json
from collections.abc import Iterable
from typing import Any, Protocol

from cwp_loader.table import TableRef
from cwp_shared import keys
from cwp_shared.events import CanonicalCommitted


class Manifests(Protocol):
    """What logic needs of the bucket."""

    def write(self, table: TableRef, load_id: str, commits: Iterable[CanonicalCommitted]) -> str:
        """Write the manifest; its `s3://` address."""


def manifest_text(bucket: str, commits: Iterable[CanonicalCommitted]) -> str:
    """The manifest. COPY from Parquet needs each file's exact length, in bytes."""
    entries = [
        {
            "url": f"s3://{bucket}/{commit.key}",
            "mandatory": True,
            "meta": {"content_length": commit.size_bytes},
        }
        for commit in commits
    ]
    return json.dumps({"entries": entries})


class ManifestBucket:
    """Manifests in S3, beside the files they name, where the COPY role may read."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def write(self, table: TableRef, load_id: str, commits: Iterable[CanonicalCommitted]) -> str:
        """Write it; the same load writes the same bytes, however often."""
        key = keys.manifest(table.tenant_id, table.canonical_table, load_id)
        self._s3.put_object(
            Bucket=self._bucket,
            Key=key,
            Body=manifest_text(self._bucket, commits).encode(),
            ContentType="application/json",
        )
        return f"s3://{self._bucket}/{key}"
