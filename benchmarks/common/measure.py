"""Running a function in a fresh process, and how long it took and how much memory."""

import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

#: Where `benchmarks` can be imported from, in whatever environment.
ROOT = Path(__file__).parents[2]
_LOOK_EVERY_SECONDS = 0.05
_MB = 1_000_000


class ChildError(Exception):
    """The child process failed; the text carries the end of what it wrote."""


@dataclass(frozen=True)
class Measured:
    """What a function returned and took.

    `seconds` is wall time without starting Python and importing the function's module; `peak_mb`
    the most resident memory (MB) of its process and that one's own children together.
    """

    result: Any
    seconds: float
    peak_mb: float


class MemoryWatch:
    """The most resident memory that a process and its descendants had together, in MB."""

    def __init__(self) -> None:
        self.peak_mb = 0.0

    def look(self, process: psutil.Process) -> None:
        """Measure once; processes that end meanwhile count as nothing."""
        total = 0
        try:
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            return
        for one in family:
            try:
                total += _resident(one)
            except psutil.NoSuchProcess:
                continue
        self.peak_mb = max(self.peak_mb, total / _MB)


def _resident(process: psutil.Process) -> int:
    """Resident bytes; on Linux what several processes share is divided among them (PSS)."""
    info = process.memory_full_info()
    return int(getattr(info, "pss", 0) or info.rss)


@contextmanager
def watched_memory(pid: int, every_s: float = _LOOK_EVERY_SECONDS) -> Iterator[MemoryWatch]:
    """Watch a running process in the background until the block ends."""
    watch, ended = MemoryWatch(), threading.Event()
    process = psutil.Process(pid)

    def run() -> None:
        while not ended.wait(every_s):
            watch.look(process)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        ended.set()
        thread.join()


def measure(function: str, *, python: Path | None = None, **arguments: Any) -> Measured:
    """Call `module:name` with JSON arguments in a fresh Python; its result must be JSON, too.

    Args:
        function: `benchmarks.flatten.peers:with_dlt`.
        python: the interpreter, for instance `.build/bench-flatten/bin/python`; this one if None.
        **arguments: what the function is called with.

    Raises:
        ChildError: it raised, or the process died.
    """
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        job = {"function": function, "arguments": arguments, "report": str(report)}
        peak = _run_child(python or Path(sys.executable), json.dumps(job), function)
        found = json.loads(report.read_text("utf-8"))
    return Measured(found["result"], found["seconds"], max(peak, found["peak_mb"]))


def _run_child(python: Path, job: str, function: str) -> float:
    command = [str(python), "-m", "benchmarks.common.child"]
    with (
        tempfile.TemporaryFile("w+") as output,
        subprocess.Popen(  # noqa: S603 - a fixed command
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        with watched_memory(process.pid) as watch:
            process.communicate(job)
        if process.returncode:
            output.seek(0)
            raise ChildError(f"{function} failed ({process.returncode}): {output.read()[-4000:]}")
    return watch.peak_mb
