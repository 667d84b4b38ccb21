"""delta-rs: one MERGE that closes what is current and inserts what is new, as Delta documents it.

A row of the batch is there twice: under its id, to close, and under NULL, to be inserted.
"""

import duckdb
from deltalake import DeltaTable, write_deltalake

from benchmarks.history.columns import ATTRIBUTES

_TYPED = ", ".join(f'"{name}"' for name in ATTRIBUTES)


def prepare(data: str, folder: str) -> None:
    """The first load as a table of current versions."""
    with duckdb.connect() as connection:
        write_deltalake(f"{folder}/tickets", _rows(connection, f"{data}/base").to_arrow_table())


def take(data: str, folder: str) -> None:
    """Merge the batch."""
    with duckdb.connect() as connection:
        batch = _rows(connection, f"{data}/batch")
        connection.register("batch", batch.to_arrow_table())
        staged = connection.sql(
            "SELECT id AS merge_id, * FROM batch UNION ALL SELECT NULL, * FROM batch"
        ).to_arrow_table()
    table = DeltaTable(f"{folder}/tickets")
    merge = table.merge(
        staged,
        predicate="t.id = s.merge_id AND t.is_current",
        source_alias="s",
        target_alias="t",
    )
    merge = merge.when_matched_update(
        {"effective_to": "s.effective_from", "is_current": "false"},
        predicate="t.row_hash <> s.row_hash",
    )
    names = ["id", *ATTRIBUTES, "effective_from", "effective_to", "is_current", "row_hash"]
    merge.when_not_matched_insert(
        {f"`{name}`": f"s.`{name}`" for name in names}, predicate="s.merge_id IS NULL"
    ).execute()


def export(folder: str) -> None:
    """What the batch opened and closed, as files for the check; not measured."""
    rows = DeltaTable(f"{folder}/tickets").to_pyarrow_table()
    with duckdb.connect() as connection:
        connection.register("versions", rows)
        opened = "FROM versions WHERE is_current AND effective_from >= '2026-01-31'"
        connection.execute(f"COPY ({opened}) TO '{folder}/current.parquet'")
        ended = "FROM versions WHERE NOT is_current"
        connection.execute(f"COPY ({ended}) TO '{folder}/ended.parquet'")


def _rows(connection: duckdb.DuckDBPyConnection, files: str) -> duckdb.DuckDBPyRelation:
    return connection.sql(
        f"""
        SELECT id, {_TYPED}, "_info__lastUpdated"::TIMESTAMP AS effective_from,
               NULL::TIMESTAMP AS effective_to, true AS is_current,
               hash({_TYPED})::VARCHAR AS row_hash
        FROM '{files}/*.parquet'
        """
    )
