"""DuckDB by hand: the delta only, from a narrow file of what is current.

The same as with Polars, in SQL.
"""

from pathlib import Path

import duckdb

from benchmarks.history.columns import ATTRIBUTES, DECIMALS, TIMES


def prepare(data: str, folder: str) -> None:
    """The current versions of the first load, narrowly."""
    with _connect() as connection:
        rows = _rows(f"{data}/base/*.parquet")
        _write(connection, f"SELECT id, updated, hash FROM ({rows})", f"{folder}/current.parquet")


def take(data: str, folder: str) -> None:
    """Write what opens and what closes, and what is current now."""
    with _connect() as connection:
        connection.execute(
            f"""
            CREATE TEMP TABLE changed AS
            SELECT b.*, c.updated AS updated_before
            FROM ({_rows(f"{data}/batch/*.parquet")}) b
            LEFT JOIN '{folder}/current.parquet' c USING (id)
            WHERE c.id IS NULL OR c.hash <> b.hash
            """
        )
        attributes = ", ".join(f'"{name}"' for name in ATTRIBUTES)
        opened = f"""
            SELECT id, {attributes}, hash, updated AS effective_from,
                   NULL::TIMESTAMP AS effective_to, true AS is_current FROM changed
        """
        _write(connection, opened, f"{folder}/opened.parquet")
        closed = """
            SELECT id, updated_before AS effective_from, updated AS effective_to,
                   false AS is_current FROM changed WHERE updated_before IS NOT NULL
        """
        _write(connection, closed, f"{folder}/closed.parquet")
        current = f"""
            FROM '{folder}/current.parquet' ANTI JOIN changed USING (id)
            UNION ALL BY NAME SELECT id, updated, hash FROM changed
        """
        _write(connection, current, f"{folder}/current.new.parquet")
    Path(folder, "current.new.parquet").rename(f"{folder}/current.parquet")


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"preserve_insertion_order": False})


def _write(connection: duckdb.DuckDBPyConnection, rows: str, path: str) -> None:
    connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def _rows(files: str) -> str:
    typed = {name: f'"{name}"' for name in ATTRIBUTES}
    typed |= {name: f'"{name}"::DECIMAL(18, 4)' for name in DECIMALS}
    typed |= {name: f'"{name}"::TIMESTAMP' for name in TIMES}
    chosen = ", ".join(f'{sql} AS "{name}"' for name, sql in typed.items())
    hashed = ", ".join(f'"{name}"' for name in ATTRIBUTES)
    return f"""
        SELECT *, hash({hashed}) AS hash FROM (
            SELECT id, {chosen}, "_info__lastUpdated"::TIMESTAMP AS updated FROM '{files}')
    """
