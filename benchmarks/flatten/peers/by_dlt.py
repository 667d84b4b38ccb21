"""dlt to Parquet files on disk."""

import os
from collections.abc import Iterator
from typing import Any

import orjson

from benchmarks.flatten.peers.common import CORES, page_bodies

os.environ |= {
    # Files of one table are what its normalize processes share.
    "SOURCES__DATA_WRITER__FILE_MAX_ITEMS": "20000",
    "NORMALIZE__WORKERS": str(CORES),
    "NORMALIZE__START_METHOD": "spawn",
    "NORMALIZE__DATA_WRITER__COMPRESSION": "zstd",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_ID": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
}
import dlt


def write(folder: str, out: str) -> None:
    """Whole pages yielded, orjson installed, as many normalize processes as cores, parquet."""
    tickets = dlt.resource(_pages(folder), name="tickets")
    pipeline = dlt.pipeline(
        "flatten",
        pipelines_dir=f"{out}/work",
        destination=dlt.destinations.filesystem(bucket_url=f"file://{out}/lake"),
        dataset_name="bench",
    )
    pipeline.run(tickets, loader_file_format="parquet")


def _pages(folder: str) -> Iterator[list[dict[str, Any]]]:
    for body in page_bodies(folder):
        rows = orjson.loads(body)
        for row in rows:
            # Else they would become tables of their own, which takes longer.
            for name in ("customFields", "integratorTags"):
                row[name] = orjson.dumps(row[name]).decode()
        yield rows
