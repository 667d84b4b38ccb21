"""An embedded cloud for one benchmark: its own home, its own ports, nobody else's data."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from cwp_local.cloud.ports import free_ports
from cwp_ops.context import Operator

#: The command, beside the Python that runs the benchmark.
_CWPIPE: Final = Path(sys.executable).parent / "cwpipe"
_PORTS: Final = ("CWPIPE_EMULATOR_PORT", "CWPIPE_SANDBOX_PORT", "CWPIPE_REDSHIFT_PORT")


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


def _cwpipe(command: str, environ: dict[str, str]) -> None:
    subprocess.run([_CWPIPE, command], env=environ, check=True)  # noqa: S603 - our own command
