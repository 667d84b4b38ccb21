"""`python -m benchmarks.sandbox`: make a company, serve it, and play a day in it."""

import argparse
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

import psutil
from rich.console import Console

from benchmarks.common.machine import versions
from benchmarks.common.measure import ROOT, MemoryWatch, watched_memory
from benchmarks.common.results import RESULTS, Line, duration, line, show, write
from benchmarks.sandbox.questions import Ask, Client, measured, questions
from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess

_COMPANY, _SEED = "Bench", 7
_PACKAGES = ["msgspec", "starlette", "uvicorn", "zstandard"]
_LOOK_EVERY_SECONDS = 0.5
_MB = 1_000_000

console = Console()


def main() -> None:
    """Measure, print a table, write the results."""
    options = _options()
    data = options.data_dir
    with _sandbox(data) as (control, watch, cpu_seconds):
        access, made = _make(control, options.tickets, watch, cpu_seconds)
        size_mb = sum(path.stat().st_size for path in data.glob("*")) / _MB
        made = [*made, Line("file on disk", note=f"{size_mb:,.0f} MB")]
        watch.peak_mb = 0.0
        served = _serve(control, access, options.requests, cpu_seconds)
        served.append(Line("memory while serving", peak_mb=watch.peak_mb))
        day = _day(control)
    lines = [*made, *served, day]
    show(f"The sandbox with {options.tickets:,} tickets", lines)
    workload = {"tickets": options.tickets, "seed": _SEED, "counts": dict(access.counts)}
    path = write(
        "sandbox",
        workload=workload,
        versions=versions(_PACKAGES),
        lines=lines,
        folder=options.results,
    )
    console.print(f"written: {path}")
    if not options.keep:
        shutil.rmtree(data)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sandbox", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--requests", type=int, default=60, help="of each kind")
    parser.add_argument("--data-dir", type=Path, default=ROOT / ".build/bench-sandbox/data")
    parser.add_argument("--keep", action="store_true", help="keep the company for another run")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of sandbox.json")
    return parser.parse_args()


@contextmanager
def _sandbox(data: Path) -> Iterator[tuple[SandboxControl, MemoryWatch, Callable[[], float]]]:
    """A sandbox in a process of its own; memory and processor seconds of it and its workers."""
    command = [sys.executable, "-m", "cwp_local.sandbox", "--port", "0", "--data-dir", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - ours
        try:
            found = re.search(r"http://\S+:\d+", server.stdout.readline() if server.stdout else "")
            if not found:
                raise SystemExit("the sandbox did not start; it says why above")
            control = SandboxControl(found[0])
            control.wait_until_up()
            with watched_memory(server.pid) as watch:
                yield control, watch, partial(_cpu_seconds, psutil.Process(server.pid))
        finally:
            server.terminate()


def _cpu_seconds(server: psutil.Process) -> float:
    """Of the server, and of the workers that have ended."""
    used = server.cpu_times()
    return float(used.user + used.system + used.children_user + used.children_system)


def _make(
    control: SandboxControl,
    tickets: int,
    watch: MemoryWatch,
    cpu_seconds: Callable[[], float],
) -> tuple[CompanyAccess, list[Line]]:
    """Make the company, asking all the while whether the sandbox still answers."""
    made: list[CompanyAccess] = []
    began = time.perf_counter()
    maker = threading.Thread(
        target=lambda: made.append(control.make_company(_COMPANY, seed=_SEED, tickets=tickets))
    )
    maker.start()
    health = []
    with console.status("making the company") as status:
        while maker.is_alive():
            asked = time.perf_counter()
            making = control.making()
            health.append(time.perf_counter() - asked)
            if making:
                status.update(f"{making.step} {making.done}/{making.of}, {making.rows:,} rows")
            maker.join(_LOOK_EVERY_SECONDS)
    seconds = time.perf_counter() - began
    if not made:
        raise SystemExit("the company was not made; the sandbox says why above")
    rows = sum(made[0].counts.values())
    note = f"{rows:,} rows, {duration(cpu_seconds())} of CPU"
    return made[0], [
        line("make the company", [seconds], rows=rows, peak_mb=watch.peak_mb, note=note),
        line("answer of the sandbox meanwhile", health, note=f"{len(health)} times"),
    ]


def _serve(
    control: SandboxControl, access: CompanyAccess, times: int, cpu_seconds: Callable[[], float]
) -> list[Line]:
    client, reference = Client(access), control.company(_COMPANY).reference_time
    lines = []
    for question in questions(_last_ids(client), reference):
        with console.status(question.name):
            lines.append(measured(client, question, times, cpu_seconds))
    return [*lines, _walk(client, reference)]


def _last_ids(client: Client) -> Mapping[str, int]:
    found = {}
    for path in ("/service/tickets", "/time/entries"):
        _, rows = client.ask(Ask(path, {"orderBy": "id desc", "pageSize": "1"}))
        found[path] = rows[0]["id"] if rows else 0
    return found


def _walk(client: Client, newest: datetime) -> Line:
    """Walk a window page by page; it must have as many rows as are counted."""
    path, window = "/service/tickets", f"lastUpdated <= [{newest:%Y-%m-%dT%H:%M:%SZ}]"
    _, counted = client.ask(Ask(f"{path}/count", {"conditions": window}))
    seconds, after, rows = 0.0, 0, 0
    headers = {"pagination-type": "forward-only"}
    limit = min(counted["count"], 100_000)
    while rows < limit:
        params = {"conditions": window, "pageId": str(after), "pageSize": "1000"}
        took, page = client.ask(Ask(path, params, headers))
        seconds, rows, after = seconds + took, rows + len(page), page[-1]["id"]
    if limit == counted["count"] and rows != limit:
        raise SystemExit(f"walked {rows} rows of {limit}")
    return line("walk through tickets, one client", [seconds], rows=rows, note=f"{rows:,} rows")


def _day(control: SandboxControl) -> Line:
    with console.status("playing a day"):
        began = time.perf_counter()
        played = control.tick(_COMPANY, days=1)
        seconds = time.perf_counter() - began
    tables = played.tables.values()
    rows = sum(len(each.added + each.updated + each.deleted) for each in tables)
    return line("play a working day", [seconds], rows=rows, note=f"{rows:,} rows changed")


if __name__ == "__main__":
    main()
