"""Measures sandbox to warehouse, the deployed services beside dlt: `make bench-end-to-end`.

    python -m benchmarks.end_to_end [--tickets 20000] [--rounds 3]

In each round a company of the sandbox is loaded in full, then once more after a few hundred of its
rows changed: by the services on the embedded cloud into its warehouse, and by dlt into a DuckDB
file. Each goes first in turn, and what both hold is checked against the sandbox before the time
counts. Of dlt neither starting Python nor importing dlt counts, as for every peer; of ours the cold
starts of the first round do.
"""

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.common.cloud import embedded_cloud
from benchmarks.common.contest import Taken, clocked, line_of
from benchmarks.common.machine import versions
from benchmarks.common.measure import measure
from benchmarks.common.results import RESULTS, Line, compared, show, write
from benchmarks.common.tenant import CHANGED, REQUESTS_A_MINUTE, SEED, TABLES, add_tenant
from benchmarks.end_to_end import ours
from benchmarks.end_to_end.check import check, in_dlt, in_warehouse, truth
from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess
from cwp_ops.context import Operator
from cwp_ops.sandbox_views import access_fields
from cwp_shared.tables import source_table

_PEERS: Final = Path(__file__).parents[2] / ".build/bench-end_to_end/bin/python"
_PACKAGES: Final = ("dlt", "duckdb", "orjson", "pyarrow")

OURS: Final = "ours"
DLT: Final = "dlt"
FULL: Final = "all rows"
CHANGES: Final = "what changed"
_NOTES: Final = {
    OURS: "five services, ledger, lake and history index; {told}",
    DLT: "one process, nothing kept but the DuckDB file; late or repeated records make its "
    "history wrong",
}


@dataclass
class Runs:
    """One kind of load, over all rounds."""

    rows: int = 0
    taken: dict[str, list[Taken]] = field(default_factory=lambda: {OURS: [], DLT: []})
    #: Of each of our runs, when which stage was through.
    told: list[str] = field(default_factory=list)

    @property
    def told_of_median(self) -> str:
        """What is told of the run of ours that took the median time, or just above."""
        ordered = sorted(range(len(self.told)), key=lambda place: self.taken[OURS][place].seconds)
        return self.told[ordered[len(ordered) // 2]]


@dataclass(frozen=True)
class Round:
    """One company, loaded by both. `folder` is dlt's."""

    operator: Operator
    access: CompanyAccess
    folder: Path

    def load(self, kind: str, runs: Runs, closed: Mapping[str, Sequence[int]], first: str) -> None:
        """Load by both, `first` before the other, and check."""
        contenders: dict[str, Callable[[], tuple[Taken, str]]] = {OURS: self._ours, DLT: self._dlt}
        for name in sorted(contenders, key=lambda each: each != first):
            taken, told = contenders[name]()
            runs.taken[name].append(taken)
            if told:
                runs.told.append(told)
                print(f"{name}: {kind}: {taken.seconds:.2f} s; {told}", flush=True)
        wanted = truth(self.access)
        check(in_warehouse(self.operator, self.access.company), wanted, closed)
        check(in_dlt(self.folder / "warehouse.duckdb"), wanted, closed)

    def _ours(self) -> tuple[Taken, str]:
        return ours.sync(self.operator, self.access.company)

    def _dlt(self) -> tuple[Taken, str]:
        tables = [
            {
                "name": name,
                "path": source_table(name).path,
                "page_size": source_table(name).page_size,
            }
            for name in TABLES
        ]
        arguments = {
            "folder": str(self.folder),
            "access": access_fields(self.access),
            "tables": tables,
        }
        return clocked(DLT, "benchmarks.end_to_end.by_dlt:take", _PEERS, arguments), ""


def main() -> None:
    """Measure, check, print, store."""
    options = _options()
    runs = {FULL: Runs(), CHANGES: Runs()}
    with embedded_cloud() as operator:
        for number in range(options.rounds):
            with TemporaryDirectory(prefix="bench-dlt-") as folder:
                _run(operator, number, options.tickets, Path(folder), runs)
    lines = [line for kind, of in runs.items() for line in _lines(kind, of)]
    show(f"{options.tickets:,} tickets and what goes with them to the warehouse", lines)
    for kind in runs:
        ratio = next(each.ratio_to_ours for each in lines if each.name == _name(kind, DLT))
        print(f"{kind}: dlt takes {ratio:.2f} times as long as ours; wanted: more than 1")
    workload = {
        "tickets": options.tickets,
        "rounds": options.rounds,
        "seed": SEED,
        "tables": TABLES,
        "rows": {kind: of.rows for kind, of in runs.items()},
        "requests_per_minute": REQUESTS_A_MINUTE,
    }
    print(
        write(
            "end-to-end",
            workload=workload,
            versions=_versions(),
            lines=lines,
            folder=options.results,
        )
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=20_000, help="with all that goes with them")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result")
    return parser.parse_args()


def _run(
    operator: Operator, number: int, tickets: int, folder: Path, runs: Mapping[str, Runs]
) -> None:
    name, first = f"bench{number}", (OURS, DLT)[number % 2]
    add_tenant(operator, name, tickets)
    sandbox = SandboxControl(operator.home.sandbox_url)
    access = sandbox.make_company(name, seed=SEED, tickets=tickets)
    this = Round(operator, access, folder)
    runs[FULL].rows = sum(access.counts[table] for table in TABLES)
    this.load(FULL, runs[FULL], dict.fromkeys(TABLES, ()), first)
    played = sandbox.play(name, **CHANGED, seed=SEED, tables=TABLES).tables
    runs[CHANGES].rows = sum(len(played[t].added + played[t].updated) for t in TABLES)
    this.load(CHANGES, runs[CHANGES], {t: played[t].updated for t in TABLES}, first)


def _name(kind: str, contender: str) -> str:
    return f"{kind}: {contender}"


def _lines(kind: str, runs: Runs) -> Iterable[Line]:
    lines = [
        line_of(_name(kind, name), taken, runs.rows, _NOTES[name].format(told=runs.told_of_median))
        for name, taken in runs.taken.items()
    ]
    return compared(lines, _name(kind, OURS))


def _versions() -> dict[str, str]:
    asked = measure("benchmarks.common.machine:versions", python=_PEERS, packages=list(_PACKAGES))
    mine = versions(["pyarrow", "duckdb", "ministack"])
    return {**{f"ours {name}": version for name, version in mine.items()}, **asked.result}


if __name__ == "__main__":
    main()
