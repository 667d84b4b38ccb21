"""dlt's scd2 strategy into DuckDB, from Arrow tables, which it recommends for speed.

`merge_key`, so that records that the batch does not have stay; the row hash made by dlt's own
helper, without `lastUpdated`.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ |= {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "false",
}
import dlt
import pyarrow.parquet as pq
from dlt.sources.helpers.transform import add_row_hash_to_table

from benchmarks.history.columns import ATTRIBUTES


def prepare(data: str, folder: str) -> None:
    """The first load, as a full batch."""
    _run(f"{data}/base", folder)


def take(data: str, folder: str) -> None:
    """The batch into the same table."""
    _run(f"{data}/batch", folder)


def _run(files: str, folder: str) -> None:
    pipeline = dlt.pipeline(
        "history",
        pipelines_dir=f"{folder}/work",
        destination=dlt.destinations.duckdb(f"{folder}/history.duckdb"),
        dataset_name="bench",
    )
    tickets = dlt.resource(
        _tables(files),
        name="tickets",
        merge_key="id",
        write_disposition={
            "disposition": "merge",
            "strategy": "scd2",
            "row_version_column_name": "row_hash",
        },
    )
    pipeline.run(tickets.add_map(add_row_hash_to_table("row_hash")))


def _tables(files: str) -> Iterator[Any]:
    for path in sorted(Path(files).glob("*.parquet")):
        yield pq.read_table(path, columns=["id", *ATTRIBUTES])
