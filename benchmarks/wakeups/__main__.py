"""What gathering loads into windows saves: `make bench-wakeups`.

    python -m benchmarks.wakeups [--tenants 50] [--load-seconds 4] [--at-once 10]

A day's commits of all tenants go through the loader's own functions, with windows of several
lengths and with none: each file as it comes. Nothing is timed; the figures are counts of one
simulated day, and money by stated prices.
"""

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.common.machine import versions
from benchmarks.common.results import Line, write
from benchmarks.wakeups import workload
from benchmarks.wakeups.simulation import Day, Taken, Warehouse
from cwp_local.cloud.home import find_root
from cwp_ops.costs.prices import DAYS_A_MONTH, default_file, read
from cwp_ops.costs.waking import AT_LEAST, KINDS, RPUS, awake

PRICES: Final = read(default_file(find_root({})))

WINDOWS: Final = (0, 5, 15, 30, 60)
_WANTED: Final = 20


@dataclass(frozen=True)
class Counted(Line):
    """A line of this benchmark: counts of a day, and dollars of a month.

    `wake_ups` are the occasions on which the loader calls on the warehouse: each file for itself,
    or once a window in which there was something. What it costs is less than a minute for each:
    files that come close together share one, and many loads at once take longer. So
    `minutes_charged` counts what the warehouse was awake, at least a minute at a time. `fewer` and
    `cheaper` compare with each file as it comes.
    """

    loads: int = 0
    wake_ups: int = 0
    fewer: float = 1.0
    minutes_charged: float = 0.0
    dollars_a_month: float = 0.0
    cheaper: float = 1.0
    median_wait_minutes: float = 0.0
    longest_wait_minutes: float = 0.0


def main() -> None:
    """Simulate, print, store."""
    parser = argparse.ArgumentParser(description="Count what windows save.")
    parser.add_argument("--tenants", type=int, default=50, help="of 20 tables each")
    parser.add_argument("--load-seconds", type=float, default=4.0, help="one load, assumed")
    parser.add_argument("--at-once", type=int, default=10, help="loads at once, assumed")
    options = parser.parse_args()
    warehouse = Warehouse(options.load_seconds, options.at_once)
    commits = workload.arrivals(options.tenants)
    lines: list[Counted] = []
    for minutes in WINDOWS:
        began = time.process_time()
        taken = Day(warehouse, timedelta(minutes=minutes)).run(commits)
        print(f"window {minutes} min: {time.process_time() - began:.0f} s", flush=True)
        lines.append(_line(minutes, taken, lines[0] if lines else None))
    _show(lines, len(commits))
    described = {
        "tenants": options.tenants,
        "tables": sum(kind.tables for kind in KINDS),
        "kinds": [asdict(kind) for kind in KINDS],
        "commits": len(commits),
        "sync_every_minutes": workload.SYNC_EVERY.total_seconds() / 60,
        "seed": workload.SEED,
        "assumed": asdict(warehouse),
        "prices": {
            "region": PRICES.region,
            "as_of": PRICES.as_of.isoformat(),
            "rpu_hour": PRICES.dollars("rpu_hour", 1),
            "rpus": RPUS,
            "least_seconds": AT_LEAST.total_seconds(),
        },
    }
    print(write("wakeups", workload=described, versions=versions([]), lines=lines))


def wake_ups(taken: Taken, window: timedelta) -> int:
    """On how many occasions loads began: windows with any, or loads if there are none."""
    if not window:
        return len(taken.statements)
    return len({(start - workload.DAY) // window for start, _ in taken.statements})


def _line(minutes: int, taken: Taken, base: Counted | None) -> Counted:
    charged = awake(taken.statements)
    times = wake_ups(taken, timedelta(minutes=minutes))
    charged_minutes = charged / timedelta(minutes=1)
    rpu_hours = charged / timedelta(hours=1) * RPUS * DAYS_A_MONTH
    waits = [delay / timedelta(minutes=1) for delay in taken.delays]
    return Counted(
        name=f"windows of {minutes} min" if minutes else "each file as it comes",
        loads=len(taken.statements),
        wake_ups=times,
        fewer=round((base.wake_ups if base else times) / times, 1),
        minutes_charged=round(charged_minutes, 1),
        dollars_a_month=round(PRICES.dollars("rpu_hour", rpu_hours), 2),
        cheaper=round((base.minutes_charged if base else charged_minutes) / charged_minutes, 1),
        median_wait_minutes=round(median(waits), 1),
        longest_wait_minutes=round(max(waits), 1),
    )


_HEADINGS: Final = (
    *("loads", "wake-ups", "times fewer", "minutes charged", "$ a month"),
    *("times cheaper", "wait, median", "most"),
)


def _show(lines: Sequence[Counted], commits: int) -> None:
    table = Table(title=f"{commits:,} commits of a day into a warehouse of {RPUS} RPU")
    table.add_column("how", no_wrap=True)
    for heading in _HEADINGS:
        table.add_column(heading, justify="right")
    for each in lines:
        table.add_row(
            each.name,
            f"{each.loads:,}",
            f"{each.wake_ups:,}",
            f"{each.fewer:,.0f}",
            f"{each.minutes_charged:,.0f}",
            f"{each.dollars_a_month:,.0f}",
            f"{each.cheaper:.1f}",
            f"{each.median_wait_minutes:.1f} min",
            f"{each.longest_wait_minutes:.1f} min",
        )
    console = Console()
    console.width = max(console.width, 140)
    console.print(table)
    for each in lines[1:]:
        print(f"{each.name}: {each.fewer:,.0f} times fewer wake-ups; wanted: at least {_WANTED}")


if __name__ == "__main__":
    main()
