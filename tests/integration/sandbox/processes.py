"""Sandboxes as real processes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cwp_local.sandbox.control import SandboxControl


@dataclass
class Running:
    """`https` and `certificate` are empty where it was not asked for."""

    process: "subprocess.Popen[str]"
    control: SandboxControl
    port: int
    https: str = ""
    certificate: str = ""

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=20)


def command(data_dir: Path, port: int = 0, *more: str) -> list[str]:
    options = ["--port", str(port), "--data-dir", str(data_dir), *more]
    return [sys.executable, "-m", "cwp_local.sandbox", *options]


@contextmanager
def running(data_dir: Path, *, tls: bool = False) -> Iterator[Running]:
    """A sandbox on a free port; it is ended at the end of the block."""
    more = ("--tls", "--tls-port", "0") if tls else ()
    process = subprocess.Popen(command(data_dir, 0, *more), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        line = process.stdout.readline()
        found = re.match(r"sandbox: (http://127\.0\.0\.1:(\d+)), data in ", line)
        assert found, line
        control = SandboxControl(found[1])
        https = _https(process.stdout.readline()) if tls else ("", "")
        control.wait_until_up()
        yield Running(process, control, int(found[2]), *https)
    finally:
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()


def _https(line: str) -> tuple[str, str]:
    found = re.match(r"sandbox: (https://127\.0\.0\.1:\d+), certificate (.+)", line)
    assert found, line
    return found[1], found[2]
