"""polars.read_ndjson."""

import polars as pl

from benchmarks.flatten.peers.common import batches, file_name, one_row_a_line


def write(folder: str, out: str) -> None:
    """`scan_ndjson`-type reading in parallel, types of the whole input, lists read as text."""
    lists = {"customFields": pl.String, "integratorTags": pl.String}
    for number, bodies in enumerate(batches(folder)):
        frame = pl.read_ndjson(
            one_row_a_line(bodies),
            infer_schema_length=None,
            schema_overrides=lists,
            low_memory=False,
        )
        while structs := [name for name, kind in frame.schema.items() if kind == pl.Struct]:
            frame = frame.unnest(structs, separator="__")
        frame.write_parquet(file_name(out, number), compression="zstd")
