"""pandas.json_normalize."""

import orjson
import pandas as pd

from benchmarks.flatten.peers.common import batches, file_name


def write(folder: str, out: str) -> None:
    """`json_normalize`, orjson before it, pyarrow behind it."""
    for number, bodies in enumerate(batches(folder)):
        rows = [row for body in bodies for row in orjson.loads(body)]
        frame = pd.json_normalize(rows, sep="__")
        for name in frame.select_dtypes(object).columns:
            frame[name] = [
                orjson.dumps(value).decode() if isinstance(value, list) else value
                for value in frame[name]
            ]
        frame.to_parquet(file_name(out, number), compression="zstd")
