"""An S3 in a dictionary, and an announcer that remembers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_local.redshift.objects import S3Failure
from cwp_local.redshift.statements import Statement

BUCKET = "lake"
#: Runs for hours unless it is stopped.
ENDLESS = (
    "SELECT COUNT(*) FROM generate_series(1, 1000000) AS a, generate_series(1, 1000000) AS b "
    "WHERE MD5(a::varchar) < MD5(b::varchar)"
)
ROLE = "arn:aws:iam::000000000000:role/copy"


@dataclass
class FakeObjects:
    """Objects by `bucket/key`, for any role."""

    kept: dict[str, bytes] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)

    def reader(self, role: str) -> "FakeObjects":
        self.roles.append(role)
        return self

    def read(self, bucket: str, key: str) -> bytes:
        name = f"{bucket}/{key}"
        self.reads.append(name)
        if name not in self.kept:
            text = "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey"
            raise S3Failure(text, missing=True)
        return self.kept[name]

    def fetch(self, bucket: str, key: str, path: Path) -> int:
        body = self.read(bucket, key)
        path.write_bytes(body)
        return len(body)

    def put_parquet(self, key: str, table: pa.Table, **options: Any) -> dict[str, Any]:
        """Keep a file; its manifest entry."""
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, **options)
        body = sink.getvalue().to_pybytes()
        self.kept[f"{BUCKET}/{key}"] = body
        return entry(key, len(body))

    def put_manifest(self, key: str, entries: Sequence[dict[str, Any]]) -> str:
        """Keep a manifest; its URL."""
        self.kept[f"{BUCKET}/{key}"] = json.dumps({"entries": list(entries)}).encode()
        return f"s3://{BUCKET}/{key}"


def entry(key: str, length: int, *, mandatory: bool = True) -> dict[str, Any]:
    return {
        "url": f"s3://{BUCKET}/{key}",
        "mandatory": mandatory,
        "meta": {"content_length": length},
    }


def copy(table: str, url: str, more: str = "") -> str:
    return f"COPY {table} FROM '{url}' IAM_ROLE '{ROLE}' FORMAT AS PARQUET MANIFEST {more}"


@dataclass
class FakeAnnouncer:
    """Remembers what ended, and how it stood then."""

    ended: list[tuple[str, str]] = field(default_factory=list)
    closed: bool = False

    def announce(self, statement: Statement) -> None:
        if statement.submission.with_event:
            self.ended.append((statement.id, statement.status))

    def close(self) -> None:
        self.closed = True
