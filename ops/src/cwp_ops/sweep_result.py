"""What the comparison of a sweep found: kept by the writer with the ids that are known since."""

import json
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from cwp_ops.ranged import RangedObject
from cwp_shared import keys

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
    key = keys.known_ids(tenant_id, table, run_id)
    try:
        file = pq.ParquetFile(RangedObject(s3, bucket, key))
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchKey"}:
            return None
        raise
    found = json.loads(file.schema_arrow.metadata[_META])["found"]
    return SweepResult(found["count"], found["known"], found["held"], found["raw_key"])
