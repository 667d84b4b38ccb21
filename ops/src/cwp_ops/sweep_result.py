"""What the comparison of a sweep found: kept by the writer with the ids that are known since."""

import json
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from cwp_ops.ranged import RangedObject
from cwp_shared import keys

#: What the writer puts behind a run's name once an operator released what it held.
_RELEASED = "~released"
#: Where the writer puts it in the file's own metadata.
_META = b"cwp.standing"


@dataclass(frozen=True)
class SweepResult:
    """`deleted` ids are proven; or, with `held`, so many are held back for the reason given."""

    deleted: int
    known: int
    held: str | None
    raw_key: str | None


def sweep_result(
    s3: Any, bucket: str, tenant_id: str, table: str, run_id: str
) -> SweepResult | None:
    """What a sweep found; None: it is not compared yet."""
    return _read(s3, bucket, keys.known_ids(tenant_id, table, run_id))


def released_result(
    s3: Any, bucket: str, tenant_id: str, table: str, run_id: str
) -> SweepResult | None:
    """What was deleted when the absences of a sweep were released; None: not yet."""
    return _read(s3, bucket, keys.known_ids(tenant_id, table, f"{run_id}{_RELEASED}"))


def last_sweep(s3: Any, bucket: str, tenant_id: str, table: str) -> str | None:
    """The run of the last sweep that was compared; None if there was none."""
    prefix = keys.known_ids_prefix(tenant_id, table)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [one["Key"] for page in pages for one in page.get("Contents", ())]
    if not found:
        return None
    name: str = max(found).removeprefix(prefix).removesuffix(".parquet")
    return name.removesuffix(_RELEASED)


def _read(s3: Any, bucket: str, key: str) -> SweepResult | None:
    try:
        file = pq.ParquetFile(RangedObject(s3, bucket, key))
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise
    found = json.loads(file.schema_arrow.metadata[_META])["found"]
    return SweepResult(found["count"], found["known"], found["held"], found["raw_key"])
