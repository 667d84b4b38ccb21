"""A raw file: pages of one run of one table, flattened, as Parquet."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cwp_shared import raw_columns
from cwp_shared.events import PageFetched
from cwp_writer.content import Content, columns

#: Rows a reader must take at once; about 10 MB of a wide table.
_ROW_GROUP: Final = 65_536
#: The lowest: with dictionaries where they pay, higher ones make files 2 % smaller.
_ZSTD_LEVEL: Final = 1
#: Values that tell whether a column repeats, and the part of them that may differ if it does.
_SAMPLE: Final = 1_000
_REPEATING: Final = 0.8


@dataclass(frozen=True)
class ReadPage:
    """A page and what it holds."""

    page: PageFetched
    content: Content


def raw_table(pages: Sequence[ReadPage]) -> pa.Table:
    """The table of a raw file: our columns first, then the API's by name; rows by page.

    All pages are of one run of one table. The same pages give the same table in any order.
    """
    ordered = sorted(pages, key=lambda each: (each.page.window, each.page.page))
    by_name = _system_columns(ordered) | columns([each.content for each in ordered])
    about = _metadata([each.page for each in ordered], sum(each.content.rows for each in ordered))
    return pa.table(by_name).replace_schema_metadata(about)


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
        use_dictionary=[name for name in table.column_names if _repeats(table[name])],
    )
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _repeats(column: pa.ChunkedArray) -> bool:
    """Whether a dictionary pays: where most values differ, it takes time and room for nothing."""
    sample = column.slice(0, _SAMPLE)
    there = len(sample) - sample.null_count
    return bool(pc.count_distinct(sample).as_py() <= _REPEATING * there)


def _system_columns(pages: Sequence[ReadPage]) -> dict[str, pa.ChunkedArray]:
    utc = pa.timestamp("us", "UTC")

    def each(values: Any, kind: pa.DataType) -> pa.ChunkedArray:
        filled = [
            pa.repeat(pa.scalar(value, kind), page.content.rows)
            for value, page in zip(values, pages, strict=True)
        ]
        return pa.chunked_array(filled, kind)

    rows = [pa.array(range(page.content.rows), pa.int32()) for page in pages]
    return {
        raw_columns.RUN_ID: each([it.page.run_id for it in pages], pa.string()),
        raw_columns.UPPER: each([it.page.upper for it in pages], utc),
        raw_columns.WINDOW: each([it.page.window for it in pages], pa.int32()),
        raw_columns.PAGE: each([it.page.page for it in pages], pa.int32()),
        raw_columns.ROW: pa.chunked_array(rows, pa.int32()),
    }


def _metadata(pages: Sequence[PageFetched], rows: int) -> dict[bytes, bytes]:
    page = pages[0]
    about = {
        raw_columns.META_TENANT: page.tenant_id.encode(),
        raw_columns.META_TABLE: page.table.encode(),
        raw_columns.META_RUN: page.run_id.encode(),
        raw_columns.META_ROWS: str(rows).encode(),
        raw_columns.META_KIND: (
            raw_columns.KIND_IDS if page.mode == "reconcile" else raw_columns.KIND_ROWS
        ),
    }
    # Two of them if the fetcher was deployed anew during the run.
    if versions := sorted({each.api_version for each in pages if each.api_version}):
        about[raw_columns.META_API_VERSION] = ",".join(versions).encode()
    return about
