"""pyarrow.json."""

import json

import pandas as pd  # noqa: F401 - pyarrow would import it with the first list that it converts
import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from benchmarks.flatten.peers.common import CORES, batches, file_name, one_row_a_line


def write(folder: str, out: str) -> None:
    """`pyarrow.json` with threads and blocks for both cores."""
    pa.set_cpu_count(CORES)
    options = pj.ReadOptions(use_threads=True, block_size=8 << 20)
    for number, bodies in enumerate(batches(folder)):
        table = pj.read_json(pa.BufferReader(one_row_a_line(bodies)), read_options=options)
        while any(pa.types.is_struct(kind) for kind in table.schema.types):
            table = table.flatten()
        for at, field in enumerate(table.schema):
            if pa.types.is_list(field.type) or pa.types.is_null(field.type):
                values = table.column(at).to_pylist()
                text = [None if value is None else json.dumps(value) for value in values]
                table = table.set_column(at, field.name, pa.array(text, pa.string()))
        names = [name.replace(".", "__") for name in table.column_names]
        pq.write_table(table.rename_columns(names), file_name(out, number), compression="zstd")
