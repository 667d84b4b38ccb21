"""Where the embedded cloud lives: one directory for all its state, three ports, one project root.

::

    .cwpipe/                  or $CWPIPE_HOME
        logs/                 one file per process, and the last deployment's
        run/                  pid files, what is deployed, whether a recovery is due
        emulator/state        what the emulator saves when it is stopped gracefully
        emulator/objects      S3, written as it happens: survives a crash
        emulator/aside        S3 of a crashed emulator, until the stacks are deployed again
        emulator/scratch      the emulator's temporary files
        sandbox/              the ConnectWise sandbox's companies
        warehouse.duckdb      the warehouse: survives everything
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Self

from cwp_local.cloud.errors import CloudError

#: Environment variable and default of each port.
PORT_VARIABLES = {
    "emulator": ("CWPIPE_EMULATOR_PORT", 4566),
    "sandbox": ("CWPIPE_SANDBOX_PORT", 4580),
    "redshift": ("CWPIPE_REDSHIFT_PORT", 4590),
}

_MARK_OF_ROOT = "serverless-compose.yml"
_HIGHEST_PORT = 65535


@dataclass(frozen=True)
class Ports:
    """The three ports, all on 127.0.0.1."""

    emulator: int
    sandbox: int
    redshift: int

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self:
        """Read the ports.

        Raises:
            CloudError: a value that is no port, or one port for two processes.
        """
        ports = {
            name: _port(variable, environ.get(variable) or str(default))
            for name, (variable, default) in PORT_VARIABLES.items()
        }
        if len(set(ports.values())) < len(ports):
            told = ", ".join(f"{PORT_VARIABLES[name][0]}={port}" for name, port in ports.items())
            raise CloudError(f"each process needs a port of its own, but {told}")
        return cls(**ports)


def _port(variable: str, text: str) -> int:
    if not text.isdigit() or not 0 < int(text) <= _HIGHEST_PORT:
        raise CloudError(f"{variable} is {text!r}; it must be a port from 1 to {_HIGHEST_PORT}")
    return int(text)


@dataclass(frozen=True)
class Home:
    """One embedded cloud. `root` is the project it deploys, `path` its own directory."""

    root: Path
    path: Path
    ports: Ports

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The cloud that CWPIPE_HOME and the port variables name; by default the project's own."""
        chosen = os.environ if environ is None else environ
        root = find_root(chosen)
        path = Path(chosen.get("CWPIPE_HOME") or root / ".cwpipe").expanduser().absolute()
        return cls(root=root, path=path, ports=Ports.from_environment(chosen))

    @property
    def logs(self) -> Path:
        """Logs, one file per process."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """Pid files and markers."""
        return self.path / "run"

    @property
    def emulator(self) -> Path:
        """Everything the emulator writes."""
        return self.path / "emulator"

    @property
    def warehouse(self) -> Path:
        """The warehouse file."""
        return self.path / "warehouse.duckdb"

    @property
    def emulator_url(self) -> str:
        """Where AWS answers."""
        return f"http://127.0.0.1:{self.ports.emulator}"

    @property
    def sandbox_url(self) -> str:
        """Where ConnectWise answers."""
        return f"http://127.0.0.1:{self.ports.sandbox}"

    @property
    def redshift_url(self) -> str:
        """Where the Redshift Data API answers."""
        return f"http://127.0.0.1:{self.ports.redshift}"

    def make(self) -> None:
        """Make the directories; only this user may look, because secrets are in the state."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)
        for directory in (self.logs, self.run, self.emulator, self.path / "sandbox"):
            directory.mkdir(exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold this cloud: of several commands that change it, one at a time.

        Raises:
            CloudError: another command holds it.
        """
        self.make()
        with (self.run / "lock").open("w") as lock:
            try:
                flock(lock, LOCK_EX | LOCK_NB)
            except BlockingIOError:
                raise CloudError(
                    f"another cwpipe command is starting or stopping the cloud in {self.path}; "
                    "wait for it to end"
                ) from None
            yield


def find_root(environ: Mapping[str, str]) -> Path:
    """The project's root: CWPIPE_ROOT, else above this file, else above the current directory.

    Raises:
        CloudError: none of them holds the project.
    """
    named = environ.get("CWPIPE_ROOT")
    if named:
        candidates = [Path(named).expanduser().absolute()]
    else:
        candidates = [*Path(__file__).resolve().parents, Path.cwd(), *Path.cwd().parents]
    for directory in candidates:
        if (directory / _MARK_OF_ROOT).is_file():
            return directory
    raise CloudError(
        f"the project is not found (no {_MARK_OF_ROOT} in {named or 'this or any directory above'})"
        "; run cwpipe inside the project or set CWPIPE_ROOT"
    )
