"""Several contenders do the same work: what one run of each took, and the line it makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.common.measure import measure
from benchmarks.common.results import Line, line


@dataclass(frozen=True)
class Taken:
    """What one run took; of all its processes together."""

    seconds: float
    cpu_seconds: float
    peak_mb: float


def clocked(name: str, called: str, python: Path, arguments: Mapping[str, Any]) -> Taken:
    """Call `module:name` in a fresh process of an environment, and say what it took."""
    found = measure("benchmarks.common.clocked:call", python=python, called=called, **arguments)
    taken = Taken(**found.result, peak_mb=found.peak_mb)
    print(
        f"{name}: {taken.seconds:.2f} s, {taken.cpu_seconds:.2f} s of processors, "
        f"{taken.peak_mb:.0f} MB",
        flush=True,
    )
    return taken


def line_of(name: str, taken: Sequence[Taken], rows: int, note: str) -> Line:
    """The line of a contender whose runs were over `rows` rows each."""
    peak = max(each.peak_mb for each in taken)
    made = line(name, [each.seconds for each in taken], rows=rows, peak_mb=peak, note=note)
    return replace(made, cpu_s=median(each.cpu_seconds for each in taken))
