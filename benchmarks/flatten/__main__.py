"""Measures page bodies to Parquet, ours and its peers: `make bench-flatten`.

    python -m benchmarks.flatten [--rows 200000] [--rounds 3]

Every contender runs in a fresh process; rounds go from one to the next, so that a machine that is
busy for a while is busy for all. The slow ones run once.
"""

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.common.contest import Taken, clocked, line_of
from benchmarks.common.measure import measure
from benchmarks.common.results import Line, compared, show, write
from benchmarks.flatten import workload
from benchmarks.flatten.check import check

_BUILD: Final = Path(__file__).parents[2] / ".build"
_OURS: Final = _BUILD / "bench-flatten-ours/bin/python"
_PEERS: Final = _BUILD / "bench-flatten/bin/python"
_PACKAGES: Final = ("dlt", "duckdb", "orjson", "pandas", "polars", "pyarrow")

OURS: Final = "ours, 2 functions"
DUCKDB: Final = "DuckDB read_json"
DLT: Final = "dlt"

#: dlt makes names of its own.
_DLT_NAMES: Final = {
    "closedFlag": "closed_flag",
    "closedDate": "closed_date",
    "actualHours": "actual_hours",
    "customFields": "custom_fields",
    "company___info__company_href": "company___info__company_href",
}


@dataclass(frozen=True)
class Contender:
    """Who is measured: a function that takes the folder of pages and one for its output."""

    name: str
    function: str
    python: Path = _PEERS
    is_slow: bool = False
    note: str = ""
    #: Where its tables are in its folder, if there is more.
    inside: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)


def contenders(types: Mapping[str, str]) -> list[Contender]:
    """All of them; `types` are DuckDB's, found out beforehand."""
    return [
        _ours(OURS, 2),
        _ours("ours, 1 function", 1),
        Contender(DUCKDB, _peer("duckdb"), note="2 threads, finds the types out"),
        Contender(
            f"{DUCKDB}, types given",
            _peer("duckdb"),
            note="2 threads; a value of another type ends it",
            arguments={"given": dict(types)},
        ),
        Contender("polars", _peer("polars"), note="2 threads"),
        Contender("pyarrow.json", _peer("pyarrow"), note="2 threads"),
        Contender("pandas", _peer("pandas"), is_slow=True, note="json_normalize, orjson"),
        Contender(
            DLT,
            _peer("dlt"),
            is_slow=True,
            note="2 processes",
            names=_DLT_NAMES,
            inside="lake/bench/tickets",
        ),
    ]


def _ours(name: str, functions: int) -> Contender:
    return Contender(
        name,
        "benchmarks.flatten.ours:write_pages",
        _OURS,
        note="a process and a core each",
        arguments={"functions": functions},
    )


def _peer(name: str) -> str:
    return f"benchmarks.flatten.peers.by_{name}:write"


def main() -> None:
    """Measure, check, print, store."""
    parser = argparse.ArgumentParser(description="Measure page bodies to Parquet.")
    parser.add_argument("--rows", type=int, default=200_000, help="tickets, 1,000 a page")
    parser.add_argument("--rounds", type=int, default=3, help="runs of all but the slow ones")
    arguments = parser.parse_args()
    folder = workload.pages(arguments.rows)
    types = measure("benchmarks.flatten.peers.by_duckdb:types", python=_PEERS, folder=str(folder))
    all_of_them = contenders(types.result)
    taken: dict[str, list[Taken]] = {each.name: [] for each in all_of_them}
    for number in range(arguments.rounds):
        for each in all_of_them:
            if number == 0 or not each.is_slow:
                taken[each.name].append(_run(each, folder))
    lines = [line_of(c.name, taken[c.name], arguments.rows, c.note) for c in all_of_them]
    lines = compared(lines, OURS)
    show(f"{arguments.rows:,} tickets to Parquet", lines)
    _say_how_it_stands(lines)
    print(write("flatten", workload=_described(folder), versions=_versions(), lines=lines))


def _run(contender: Contender, folder: Path) -> Taken:
    with tempfile.TemporaryDirectory(dir=_BUILD) as out:
        where = {"folder": str(folder), "out": out}
        taken = clocked(
            contender.name, contender.function, contender.python, where | contender.arguments
        )
        check(Path(out, contender.inside), workload.facts(folder), dict(contender.names))
    return taken


def _say_how_it_stands(lines: list[Line]) -> None:
    """The targets of the design (section 10), and what was measured."""
    by_name = {each.name: each for each in lines}
    ours = by_name[OURS]
    for name, wanted in {DUCKDB: 1, DLT: 15}.items():
        other = by_name[name]
        print(
            f"{name} takes {_times(other.median_s, ours.median_s)} times as long as ours, "
            f"{_times(other.cpu_s, ours.cpu_s)} times the processors; wanted: {wanted}"
        )
    print(f"ours needs {ours.peak_mb:,.0f} MB; wanted: at most 512")


def _times(other: float | None, ours: float | None) -> str:
    return f"{other / ours:.1f}" if other and ours else "?"


def _described(folder: Path) -> dict[str, Any]:
    bodies = [path.stat().st_size for path in folder.glob("[0-9]*.json")]
    return {
        "rows": workload.facts(folder)["rows"],
        "pages": len(bodies),
        "bytes": sum(bodies),
        "seed": workload.SEED,
        "reference": workload.REFERENCE,
    }


def _versions() -> dict[str, str]:
    asked = measure("benchmarks.common.machine:versions", python=_PEERS, packages=list(_PACKAGES))
    found: dict[str, str] = asked.result
    return found


if __name__ == "__main__":
    main()
