"""DuckDB read_json."""

from collections.abc import Iterator
from typing import Any

import duckdb

from benchmarks.flatten.peers.common import CORES, file_name


def types(folder: str) -> dict[str, str]:
    """What DuckDB makes of the pages: its own types, by column."""
    with duckdb.connect() as connection:
        found = connection.sql(f"select * from {_source(folder)}")
        return dict(zip(found.columns, map(str, found.types), strict=True))


def write(folder: str, out: str, given: dict[str, str] | None = None) -> None:
    """`read_json`, in any order, one file per thread; `given` types spare it finding them out."""
    with duckdb.connect(config={"threads": CORES}) as connection:
        connection.execute("set preserve_insertion_order = false; set enable_progress_bar = false")
        source = _source(folder, given)
        found = connection.sql(f"select * from {source}")
        columns = [
            column
            for name, kind in zip(found.columns, found.types, strict=True)
            for column in _duckdb_columns(kind, (name,))
        ]
        connection.execute(
            f"copy (select {', '.join(columns)} from {source}) to '{file_name(out, 0)}' "
            "(format parquet, compression zstd)"
        )


def _source(folder: str, types: dict[str, str] | None = None) -> str:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in (types or {}).items())
    given = f", columns = {{{columns}}}" if types else ""
    return f"read_json('{folder}/[0-9]*.json', format = 'array'{given})"


def _duckdb_columns(kind: Any, path: tuple[str, ...]) -> Iterator[str]:
    if kind.id == "struct":
        for name, inner in kind.children:
            yield from _duckdb_columns(inner, (*path, name))
        return
    value = ".".join(f'"{name}"' for name in path)
    if kind.id == "list":
        value = f"to_json({value})::varchar"
    yield f'{value} as "{"__".join(path)}"'
