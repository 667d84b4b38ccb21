import json
from pathlib import Path

import pyarrow.parquet as pq
from benchmarks.flatten.ours import ROWS_A_PAGE, write_pages


def test_the_writer_itself_is_what_is_measured(tmp_path: Path) -> None:
    bodies, out = tmp_path / "bodies", tmp_path / "out"
    bodies.mkdir()
    out.mkdir()
    for page in range(2):
        rows = [{"id": page * ROWS_A_PAGE + n, "board": {"id": 1}} for n in range(ROWS_A_PAGE)]
        (bodies / f"{page:05d}.json").write_text(json.dumps(rows))
    write_pages(str(bodies), str(out), functions=1)
    (written,) = out.glob("*/*.parquet")
    table = pq.read_table(written)
    assert table["id"].to_pylist() == list(range(2 * ROWS_A_PAGE))
    assert set(table["board__id"].to_pylist()) == {1}
