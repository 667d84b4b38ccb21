"""Measures a batch of 1,000 rows against ever longer histories: `make bench-history-growth`.

    python -m benchmarks.history_growth [--rows 100000 1000000 10000000] [--batches 8] [--keep]

The lake is a folder on this disk, behind the transformer's own interface. Its requests are counted;
the lines "20 ms a request" let each one wait as long as S3 does, 32 at once as the function does.
"""

import argparse
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, Final

from benchmarks.common.machine import versions
from benchmarks.common.measure import ROOT, Measured, measure
from benchmarks.common.results import RESULTS, Line, compared, line, show, write
from benchmarks.history_growth.workload import BATCH_ROWS

_FOLDER: Final = ROOT / ".build/bench-history-growth"
_BULK: Final = 100_000
#: The history that a bulk of changed rows goes into.
_BULK_ROWS: Final = 1_000_000
_DELAY_S: Final = 0.02
_MB: Final = 1_000_000


def main() -> None:
    """Measure, print a table, write the results."""
    options = _options()
    smallest = min(options.rows)
    lines = list(_lines(options.rows, options.batches))
    lines = compared(lines, _name(smallest, "random", 0))
    show(f"A batch of {BATCH_ROWS:,} changed tickets, by the length of the history", lines)
    path = write(
        "history_growth",
        workload={
            "history_rows": options.rows,
            "batch_rows": BATCH_ROWS,
            "batches": options.batches,
            "mapping": "mappings/tickets.json",
            "lake": "a folder on the local disk",
        },
        versions=versions(["duckdb", "pyarrow"]),
        lines=lines,
        folder=options.results,
    )
    print(f"written: {path}")
    if not options.keep:
        shutil.rmtree(_FOLDER)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.history_growth")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--batches", type=int, default=8, help="commits of each kind")
    parser.add_argument("--keep", action="store_true", help="keep the histories for another run")
    parser.add_argument("--results", type=Path, default=RESULTS)
    return parser.parse_args()


def _name(rows: int, spread: str, delay_s: float) -> str:
    waits = f", {delay_s * 1000:.0f} ms a request" if delay_s else ""
    return f"{spread} tickets of {rows:,}{waits}"


def _lines(sizes: list[int], batches: int) -> Iterator[Line]:
    for rows in sizes:
        base = _prepared(rows)
        for spread, delay_s in (("random", 0), ("newest", 0), ("random", _DELAY_S)):
            yield _commits(base, rows, batches, spread, delay_s)
        if rows == _BULK_ROWS:
            yield _bulk(base)


def _prepared(rows: int) -> Path:
    base = _FOLDER / str(rows)
    if not base.exists():
        unfinished = base.with_suffix(".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        made = measure("benchmarks.history_growth.ours:prepare", folder=str(unfinished), rows=rows)
        unfinished.rename(base)
        print(f"history of {rows:,} facts: {made.result / _MB:,.0f} MB")
    return base


def _commits(base: Path, rows: int, batches: int, spread: str, delay_s: float) -> Line:
    measured = _measured(
        "commits", base, rows=rows, batches=batches, spread=spread, delay_s=delay_s
    )
    # The first one finds a container that has just been started: imports, SQL never seen.
    taken = measured.result[1:]
    middle = {name: median(commit[name] for commit in taken) for name in taken[0]}
    made = line(
        _name(rows, spread, delay_s),
        [commit["seconds"] for commit in taken],
        rows=BATCH_ROWS,
        peak_mb=measured.peak_mb,
        note=(
            f"{middle['gets']:,.0f} GETs {middle['read_bytes'] / _MB:,.1f} MB; "
            f"{middle['puts']:.0f} PUTs {middle['written_bytes'] / _MB:,.1f} MB"
        ),
    )
    return replace(made, cpu_s=middle["cpu_seconds"])


def _bulk(base: Path) -> Line:
    measured = _measured("index_alone", base, rows=_BULK_ROWS, size=_BULK)
    taken: dict[str, Any] = measured.result
    made = line(
        f"index alone: {_BULK:,} random of {_BULK_ROWS:,}",
        [taken["read_seconds"] + taken["write_seconds"]],
        rows=_BULK,
        note="processors: read {read_cpu_seconds:.2f} s, write {write_cpu_seconds:.2f} s".format(
            **taken
        ),
    )
    return replace(made, cpu_s=taken["read_cpu_seconds"] + taken["write_cpu_seconds"])


def _measured(function: str, base: Path, **arguments: Any) -> Measured:
    with tempfile.TemporaryDirectory(dir=_FOLDER) as own:
        called = f"benchmarks.history_growth.ours:{function}"
        return measure(called, base=str(base), own=own, **arguments)


if __name__ == "__main__":
    main()
