"""Three readers of Parquet by three hands: what they say a file holds, column by column."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import fastparquet
import pyarrow.parquet as pq

#: Columns in the file's order: name and values, a missing value as None.
Content = list[tuple[str, list[Any]]]


def by_pyarrow(path: Path) -> Content:
    table = pq.read_table(path)
    return [
        (name, column.to_pylist())
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def by_duckdb(path: Path) -> Content:
    # Without pytz DuckDB gives no time with a zone to Python; as a number it does.
    query = "select * replace (epoch_us(_cwp_upper) as _cwp_upper) from read_parquet(?)"
    with duckdb.connect() as connection:
        found = connection.execute(query, [str(path)])
        names = [column[0] for column in found.description or []]
        rows = found.fetchall()
    return [(name, [row[at] for row in rows]) for at, name in enumerate(names)]


def by_fastparquet(path: Path) -> Content:
    with path.open("rb") as file:
        frame = fastparquet.ParquetFile(file).to_pandas()
    return [(str(name), _values(frame[name])) for name in frame.columns]


READERS: dict[str, Callable[[Path], Content]] = {
    "pyarrow": by_pyarrow,
    "duckdb": by_duckdb,
    "fastparquet": by_fastparquet,
}


def _values(column: Any) -> list[Any]:
    return [
        None if missing else value.item() if hasattr(value, "item") else value
        for value, missing in zip(column, column.isna(), strict=True)
    ]
