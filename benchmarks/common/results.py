"""Results: one JSON file per benchmark, and the table that people read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.common.machine import machine

RESULTS = Path(__file__).parents[1] / "results"
_ENOUGH_FOR_P95 = 20
_WIDTH_IN_FILES = 130


@dataclass(frozen=True)
class Line:
    """One line of a result. What does not apply is None.

    `median_s` is the median wall time, `cpu_s` the median of what all processors together spent,
    `p95_s` what 95 in 100 runs stayed under, `rows_per_s` what the median makes of the rows of a
    run, `peak_mb` the highest resident memory, `ratio_to_ours` this time over ours (ours: 1).
    """

    name: str
    median_s: float | None = None
    cpu_s: float | None = None
    p95_s: float | None = None
    rows_per_s: float | None = None
    peak_mb: float | None = None
    ratio_to_ours: float | None = None
    note: str = ""


def line(
    name: str,
    seconds: Sequence[float],
    *,
    rows: int | None = None,
    peak_mb: float | None = None,
    note: str = "",
) -> Line:
    """A line from the wall seconds of several runs, each over `rows` rows."""
    middle = median(seconds)
    return Line(
        name,
        middle,
        p95_s=quantiles(seconds, n=20)[-1] if len(seconds) >= _ENOUGH_FOR_P95 else None,
        rows_per_s=rows and rows / middle,
        peak_mb=peak_mb,
        note=note,
    )


def compared(lines: Sequence[Line], ours: str) -> list[Line]:
    """The lines with their `ratio_to_ours`; `ours` names the line they are compared with.

    Raises:
        ValueError: no line has that name, or it has no time.
    """
    base = next((each.median_s for each in lines if each.name == ours), None)
    if not base:
        raise ValueError(f"no line {ours!r} with a time to compare with")
    return [
        Line(**{**asdict(each), "ratio_to_ours": each.median_s and each.median_s / base})
        for each in lines
    ]


def write(
    name: str,
    *,
    workload: Mapping[str, Any],
    versions: Mapping[str, str],
    lines: Sequence[Line],
    folder: Path = RESULTS,
) -> Path:
    """Write `<folder>/<name>.json` (design, section 10); answers with its path."""
    folder.mkdir(parents=True, exist_ok=True)
    result = {
        "machine": machine(),
        "versions": dict(versions),
        "workload": dict(workload),
        "rows": [asdict(each) for each in lines],
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    return path


def show(title: str, lines: Sequence[Line]) -> None:
    """Print the lines as a table."""
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    for heading in ("median", "processors", "p95", "rows/s", "peak MB", "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("note")
    for each in lines:
        table.add_row(
            each.name,
            duration(each.median_s),
            duration(each.cpu_s),
            duration(each.p95_s),
            _number(each.rows_per_s),
            _number(each.peak_mb),
            "-" if each.ratio_to_ours is None else f"{each.ratio_to_ours:.2f}",
            each.note,
        )
    console = Console()
    if not console.is_terminal:
        console.width = _WIDTH_IN_FILES
    console.print(table)


def duration(seconds: float | None) -> str:
    """`12.3 ms`, `4.56 s`; a dash for None."""
    if seconds is None:
        return "-"
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"
