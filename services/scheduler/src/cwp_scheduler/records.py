"""Outcomes of ended runs in S3, from which LastUpdated can be made anew."""

from typing import Any

from cwp_shared import keys
from cwp_shared.run_record import RunRecord


class RunRecords:
    """The bucket, as far as run records go."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, record: RunRecord) -> None:
        """Keep one; writing it again changes nothing."""
        self._s3.put_object(
            Bucket=self._bucket,
            Key=keys.run_record(record.tenant_id, record.table, record.run_id),
            Body=record.model_dump_json().encode(),
            ContentType="application/json",
        )
