"""Polars by hand: the delta only, from a narrow file of what is current.

As one would write it for batches that are newer than all there is: no late rows, no deletes, no
surrogate keys in hash form, hashes of 64 bits that another version of Polars would make otherwise.
"""

from pathlib import Path

import polars as pl

from benchmarks.history.columns import ATTRIBUTES, DECIMALS, TIMES

_TIME = "%Y-%m-%dT%H:%M:%SZ"


def prepare(data: str, folder: str) -> None:
    """The current versions of the first load, narrowly."""
    rows = _rows(f"{data}/base/*.parquet").select("id", "updated", "hash")
    rows.collect().write_parquet(f"{folder}/current.parquet")


def take(data: str, folder: str) -> None:
    """Write what opens and what closes, and what is current now."""
    current = pl.scan_parquet(f"{folder}/current.parquet")
    batch = _rows(f"{data}/batch/*.parquet").collect()
    known = current.join(batch.lazy().select("id"), on="id", how="semi").collect()
    changed = batch.join(known, on="id", how="left", suffix="_before").filter(
        pl.col("hash_before").is_null() | (pl.col("hash") != pl.col("hash_before"))
    )
    opened = changed.select(
        "id", *ATTRIBUTES, "hash", effective_from="updated", effective_to=None, is_current=True
    )
    opened.write_parquet(f"{folder}/opened.parquet")
    closed = changed.filter(pl.col("hash_before").is_not_null()).select(
        "id", effective_from="updated_before", effective_to="updated", is_current=False
    )
    closed.write_parquet(f"{folder}/closed.parquet")
    kept = current.join(changed.lazy().select("id"), on="id", how="anti").collect()
    pl.concat([kept, changed.select(kept.columns)]).write_parquet(f"{folder}/current.new.parquet")
    Path(folder, "current.new.parquet").rename(f"{folder}/current.parquet")


def _rows(files: str) -> pl.LazyFrame:
    rows = pl.scan_parquet(files).select(
        "id",
        *(name for name in ATTRIBUTES if name not in {*DECIMALS, *TIMES}),
        *(pl.col(name).cast(pl.Decimal(18, 4)) for name in DECIMALS),
        *(pl.col(name).str.to_datetime(_TIME) for name in TIMES),
        updated=pl.col("_info__lastUpdated").str.to_datetime(_TIME),
    )
    return rows.with_columns(hash=pl.struct(ATTRIBUTES).hash())
