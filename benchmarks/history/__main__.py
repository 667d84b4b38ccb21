"""Measures a batch of changes into a long history, ours and its peers: `make bench-history`.

    python -m benchmarks.history [--history 1000000] [--batch 100000] [--rounds 3] [--only ours]

Every contender loads the first rows once, unmeasured, and brings the batch into a copy of that in
a fresh process. Rounds go from one to the next, so that a machine that is busy for a while is busy
for all. The slow ones run once.
"""

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.common.contest import Taken, clocked, line_of
from benchmarks.common.measure import measure
from benchmarks.common.results import Line, compared, show, write
from benchmarks.history import workload
from benchmarks.history.check import check

_BUILD: Final = Path(__file__).parents[2] / ".build"
_OURS: Final = _BUILD / "bench-history-ours/bin/python"
_PEERS: Final = _BUILD / "bench-history/bin/python"
_PACKAGES: Final = ("dbt-core", "dbt-duckdb", "deltalake", "dlt", "duckdb", "polars", "pyarrow")
_MEMORY_MB: Final = 512

OURS: Final = "ours"
DBT: Final = "dbt snapshot"
HAND_WRITTEN: Final = ("Polars, by hand", "DuckDB, by hand")
_NAMES: Final = '{id} AS id, "{hours}" AS hours, summary, "{status}" AS status'
_RAW: Final = _NAMES.format(id="id", hours="actualHours", status="status__name")
_DELTA: Final = (
    f"SELECT {_RAW} FROM '{{folder}}/opened.parquet'",
    "SELECT id FROM '{folder}/closed.parquet'",
)


@dataclass(frozen=True)
class Contender:
    """Who is measured: a module with `prepare` and `take` (peers/__init__.py).

    `opened` and `closed` are SQL for `check`, over files in `{folder}` or over `database` in it.
    """

    name: str
    module: str
    opened: str
    closed: str
    python: Path = _PEERS
    database: str | None = None
    #: Whether `export` has to write out what `check` can read.
    is_exported: bool = False
    is_slow: bool = False
    note: str = ""


def contenders() -> list[Contender]:
    """All of them."""
    ours = _NAMES.format(id="ticket_id", hours="actualhours", status="status_name")
    canonical = "'{folder}/bench/canonical/tickets/*.parquet' WHERE sequence = "
    newest = (
        f"{canonical}(SELECT max(sequence) FROM '{{folder}}/bench/canonical/tickets/*.parquet')"
    )
    dlt = _NAMES.format(id="id", hours="actual_hours", status="status__name")
    return [
        Contender(
            OURS,
            "benchmarks.history.ours",
            f"SELECT {ours} FROM {newest} AND op = 'open'",
            f"SELECT ticket_id AS id FROM {newest} AND op = 'close' AND NOT is_current",
            python=_OURS,
            note="all rules, index and commit",
        ),
        Contender(HAND_WRITTEN[0], _peer("polars"), *_DELTA, note="delta only"),
        Contender(HAND_WRITTEN[1], _peer("duckdb"), *_DELTA, note="delta only"),
        Contender(
            "delta-rs MERGE",
            _peer("delta"),
            f"SELECT {_RAW} FROM '{{folder}}/current.parquet'",
            "SELECT id FROM '{folder}/ended.parquet'",
            is_exported=True,
            note="rewrites the files it touches",
        ),
        Contender(
            DBT,
            _peer("dbt"),
            f"SELECT {_RAW} FROM bench.tickets "
            "WHERE dbt_valid_to IS NULL AND updated >= '2026-01-31'",
            "SELECT id FROM bench.tickets WHERE dbt_valid_to IS NOT NULL",
            database="history.duckdb",
            is_slow=True,
            note="strategy timestamp",
        ),
        Contender(
            "dlt scd2",
            _peer("dlt"),
            f"SELECT {dlt} FROM bench.tickets WHERE _dlt_valid_to IS NULL AND _dlt_valid_from > "
            "(SELECT min(_dlt_valid_from) FROM bench.tickets)",
            "SELECT id FROM bench.tickets WHERE _dlt_valid_to IS NOT NULL",
            database="history.duckdb",
            is_slow=True,
            note="Arrow tables, row hash given",
        ),
    ]


def _peer(name: str) -> str:
    return f"benchmarks.history.peers.by_{name}"


def main() -> None:
    """Measure, check, print, write."""
    options = _options()
    data = workload.data(options.history, options.batch)
    chosen = [c for c in contenders() if not options.only or c.name in options.only]
    taken: dict[str, list[Taken]] = {contender.name: [] for contender in chosen}
    for number in range(options.rounds):
        for contender in chosen:
            if number == 0 or not contender.is_slow:
                taken[contender.name].append(_run(contender, data))
    lines = [line_of(c.name, taken[c.name], options.batch, c.note) for c in chosen]
    if OURS not in taken:
        return
    lines = compared(lines, OURS)
    show(f"{options.batch:,} changed rows into {options.history:,} rows of history", lines)
    if not options.only:
        _say_how_it_stands(lines)
        print(write("history", workload=_described(options), versions=_versions(), lines=lines))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--history", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", help="a contender by name; writes no result")
    return parser.parse_args()


def _run(contender: Contender, data: Path) -> Taken:
    folder = data / "run"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(_prepared(contender, data), folder)
    where = {"data": str(data), "folder": str(folder)}
    taken = clocked(contender.name, f"{contender.module}:take", contender.python, where)
    if contender.is_exported:
        measure(f"{contender.module}:export", python=contender.python, folder=str(folder))
    database = contender.database and folder / contender.database
    opened, closed = (sql.format(folder=folder) for sql in (contender.opened, contender.closed))
    check(opened, closed, data, database or None)
    shutil.rmtree(folder)
    return taken


def _prepared(contender: Contender, data: Path) -> Path:
    """A folder with the first load, made once and kept."""
    folder = data / contender.module.rpartition(".")[2]
    if not folder.exists():
        partial = data / "partial"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir()
        measure(
            f"{contender.module}:prepare",
            python=contender.python,
            data=str(data),
            folder=str(partial),
        )
        partial.rename(folder)
    return folder


def _say_how_it_stands(lines: list[Line]) -> None:
    """The targets of the design (section 10), and what was measured."""
    by_name = {each.name: each for each in lines}
    ours = by_name[OURS]
    fastest = min((by_name[name] for name in HAND_WRITTEN), key=lambda each: each.median_s or 0)
    print(
        f"{fastest.name} takes {fastest.ratio_to_ours:.2f} times as long as ours; "
        "wanted: at least 1"
    )
    print(f"dbt takes {by_name[DBT].ratio_to_ours:.1f} times as long as ours; wanted: at least 10")
    print(f"ours needs {ours.peak_mb:,.0f} MB; wanted: at most {_MEMORY_MB}")


def _described(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "history_rows": options.history,
        "batch_rows": options.batch,
        "attributes": len(workload.mapping().attributes),
        "raw_file_rows": workload.RAW_FILE_ROWS,
    }


def _versions() -> dict[str, str]:
    asked = measure("benchmarks.common.machine:versions", python=_PEERS, packages=list(_PACKAGES))
    found: dict[str, str] = asked.result
    return found


if __name__ == "__main__":
    main()
