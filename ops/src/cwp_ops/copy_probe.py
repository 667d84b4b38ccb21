"""Trying what COPY may read: a file where the canonical ones are, and one beside them.

The files lie under `_check/`, which no tenant can be called, for as long as the question takes.
"""

import io
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_ops.errors import OperatorError
from cwp_ops.warehouse import Warehouse

_CANONICAL: Final = "_check/canonical/probe"
_ELSEWHERE: Final = "_check/landing/probe"
_DENIED: Final = ("AccessDenied", "Access Denied", "Forbidden")


@dataclass(frozen=True)
class CopyProbe:
    """COPY statements of the stage's role, tried for real and rolled back."""

    warehouse: Warehouse
    s3: Any
    bucket: str
    role_arn: str

    def reads_canonical(self) -> None:
        """A canonical file loads.

        Raises:
            OperatorError: it does not; with Redshift's own text.
        """
        self._copy(_CANONICAL)

    def reads_elsewhere(self) -> bool:
        """Whether a file that is not canonical loads too, which it must not.

        Raises:
            OperatorError: it fails, but not because the role may not read it.
        """
        try:
            self._copy(_ELSEWHERE)
        except OperatorError as error:
            if any(word in str(error) for word in _DENIED):
                return False
            raise
        return True

    def _copy(self, prefix: str) -> None:
        with self._file(prefix) as manifest:
            self.warehouse.run(
                "CREATE TEMP TABLE cwpipe_check (n BIGINT)",
                f"COPY cwpipe_check (n) FROM '{manifest}' IAM_ROLE '{self.role_arn}' "
                "FORMAT AS PARQUET MANIFEST",
            )

    @contextmanager
    def _file(self, prefix: str) -> Iterator[str]:
        """A Parquet file of one row, and its manifest; the manifest's URL."""
        sink = io.BytesIO()
        pq.write_table(pa.table({"n": pa.array([1], pa.int64())}), sink)
        name = uuid.uuid4().hex
        file, manifest = f"{prefix}/{name}.parquet", f"{prefix}/manifests/{name}.json"
        meta = {"content_length": sink.tell()}
        entry = {"url": f"s3://{self.bucket}/{file}", "mandatory": True, "meta": meta}
        bodies = {file: sink.getvalue(), manifest: json.dumps({"entries": [entry]}).encode()}
        try:
            for key, body in bodies.items():
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
            yield f"s3://{self.bucket}/{manifest}"
        finally:
            for key in bodies:
                self.s3.delete_object(Bucket=self.bucket, Key=key)
