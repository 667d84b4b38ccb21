"""An embedded cloud for one benchmark: its own home, its own ports, nobody else's data."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psutil

from benchmarks.common.measure import watched_memory
from cwp_local.cloud import processes
from cwp_local.cloud.parts import parts
from cwp_local.cloud.ports import free_ports
from cwp_ops.context import Operator

#: The command, beside the Python that runs the benchmark.
_CWPIPE: Final = Path(sys.executable).parent / "cwpipe"
_PORTS: Final = ("CWPIPE_EMULATOR_PORT", "CWPIPE_SANDBOX_PORT", "CWPIPE_REDSHIFT_PORT")
#: Looking into a dozen processes takes time that they would have.
_LOOK_EVERY_SECONDS: Final = 1.0


@dataclass
class CloudUse:
    """What a cloud used in a while; `peak_mb` sums the peaks of its parts."""

    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


@contextmanager
def embedded_cloud() -> Iterator[Operator]:
    """Start a cloud, deploy to it, and take it down with all it holds at the end.

    Raises:
        subprocess.CalledProcessError: it did not start; what `cwpipe up` says is printed.
    """
    with TemporaryDirectory(prefix="cwpipe-bench-") as home:
        ports = zip(_PORTS, map(str, free_ports(len(_PORTS))), strict=True)
        environ = {**os.environ, "CWPIPE_HOME": home, **dict(ports)}
        try:
            _cwpipe("up", environ)
            yield Operator("local", environ)
        finally:
            _cwpipe("down", environ)


@contextmanager
def used(operator: Operator) -> Iterator[CloudUse]:
    """What emulator, functions and warehouse use until the block ends; not the sandbox."""
    running = (
        processes.read(part.pid_file)
        for part in parts(operator.home, operator.environ)
        if part.name != "sandbox"
    )
    pids = [one.pid for one in running if one]
    use, before = CloudUse(), sum(map(_cpu_seconds, pids))
    with ExitStack() as stack:
        watches = [stack.enter_context(watched_memory(pid, _LOOK_EVERY_SECONDS)) for pid in pids]
        yield use
    use.cpu_seconds = sum(map(_cpu_seconds, pids)) - before
    use.peak_mb = sum(watch.peak_mb for watch in watches)


def _cpu_seconds(pid: int) -> float:
    """Of a process, of what it started, and of what of that has ended."""
    process, total = psutil.Process(pid), 0.0
    for one in (process, *process.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            spent = one.cpu_times()
            total += spent.user + spent.system + spent.children_user + spent.children_system
    return total


def _cwpipe(command: str, environ: dict[str, str]) -> None:
    subprocess.run([_CWPIPE, command], env=environ, check=True)  # noqa: S603 - our own command
