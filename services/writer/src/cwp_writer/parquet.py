"""A raw file: pages of one run of one table, flattened, as Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_shared import raw_columns
from cwp_shared.events import PageFetched
from cwp_writer.columns import Chunk, chunk, join
from cwp_writer.flatten import flatten
from cwp_writer.rows import Row

#: Rows a reader must take at once; about 10 MB of a wide table.
_ROW_GROUP: Final = 65_536
_ZSTD_LEVEL: Final = 3


@dataclass(frozen=True)
class PageColumns:
    """A page, flattened and packed by column."""

    page: PageFetched
    rows: int
    chunks: dict[str, Chunk]


def page_columns(page: PageFetched, rows: list[Row]) -> PageColumns:
    """Flatten the rows of a page."""
    chunks = {name: chunk(values) for name, values in flatten(rows).items()}
    return PageColumns(page, len(rows), chunks)


def raw_table(pages: Sequence[PageColumns]) -> pa.Table:
    """The table of a raw file: our columns first, then the API's by name; rows by page.

    All pages are of one run of one table. The same pages give the same table in any order.
    """
    ordered = sorted(pages, key=lambda each: (each.page.window, each.page.page))
    lengths = [each.rows for each in ordered]
    names = sorted({name for each in ordered for name in each.chunks})
    columns = _system_columns(ordered) | {
        name: join([each.chunks.get(name) for each in ordered], lengths) for name in names
    }
    return pa.table(columns).replace_schema_metadata(_metadata(ordered[0].page, sum(lengths)))


def to_parquet(table: pa.Table) -> bytes:
    """The file's bytes: zstd, format 2.6, no Arrow-only types."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=_ROW_GROUP,
        version="2.6",
        data_page_version="1.0",
        compression="zstd",
        compression_level=_ZSTD_LEVEL,
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _system_columns(pages: Sequence[PageColumns]) -> dict[str, pa.ChunkedArray]:
    utc = pa.timestamp("us", "UTC")

    def each(values: Any, kind: pa.DataType) -> pa.ChunkedArray:
        filled = [
            pa.repeat(pa.scalar(value, kind), page.rows)
            for value, page in zip(values, pages, strict=True)
        ]
        return pa.chunked_array(filled, kind)

    rows = [pa.array(range(page.rows), pa.int32()) for page in pages]
    return {
        raw_columns.RUN_ID: each([it.page.run_id for it in pages], pa.string()),
        raw_columns.UPPER: each([it.page.upper for it in pages], utc),
        raw_columns.WINDOW: each([it.page.window for it in pages], pa.int32()),
        raw_columns.PAGE: each([it.page.page for it in pages], pa.int32()),
        raw_columns.ROW: pa.chunked_array(rows, pa.int32()),
    }


def _metadata(page: PageFetched, rows: int) -> dict[bytes, bytes]:
    return {
        raw_columns.META_TENANT: page.tenant_id.encode(),
        raw_columns.META_TABLE: page.table.encode(),
        raw_columns.META_RUN: page.run_id.encode(),
        raw_columns.META_ROWS: str(rows).encode(),
    }
