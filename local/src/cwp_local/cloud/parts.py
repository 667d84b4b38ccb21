"""The three processes of the embedded cloud, as data."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cwp_local.cloud.environment import REGION, clean
from cwp_local.cloud.home import PORT_VARIABLES, Home

#: In the environment of each part and of all that it starts: whose process it is.
MARK = "CWPIPE_PART"


@dataclass(frozen=True)
class Part:
    """One process: how it is started and how it says that it is well."""

    name: str
    stands_for: str
    port: int
    health_path: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    pid_file: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def health_url(self) -> str:
        """Answers 200 when the process is ready."""
        return self.url + self.health_path

    @property
    def port_variable(self) -> str:
        """The environment variable that moves it to another port."""
        return PORT_VARIABLES[self.name][0]


def parts(home: Home, environ: Mapping[str, str]) -> tuple[Part, ...]:
    """All parts, in the order of starting: what functions call is there before the functions."""
    return _sandbox(home, environ), _redshift(home, environ), emulator(home, environ)


def emulator(home: Home, environ: Mapping[str, str]) -> Part:
    """AWS: ministack, with IAM enforced and its state on disk."""
    scratch = home.emulator / "scratch"
    settings = {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(home.ports.emulator),
        "MINISTACK_REGION": REGION,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(home.emulator / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(home.emulator / "objects"),
        # Its pid file and the unpacked functions; two emulators must not share them.
        "TMPDIR": str(scratch),
        # Two listeners that would take fixed ports for services that nobody here uses.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
    return _part(
        home,
        "emulator",
        "AWS",
        "/_ministack/health",
        (sys.executable, "-m", "cwp_local.cloud.emulator"),
        {**clean(environ), **settings},
    )


def _sandbox(home: Home, environ: Mapping[str, str]) -> Part:
    command = (sys.executable, "-m", "cwp_local.sandbox", "--port", str(home.ports.sandbox))
    return _part(
        home,
        "sandbox",
        "ConnectWise",
        "/_sandbox/health",
        (*command, "--data-dir", str(home.path / "sandbox")),
        clean(environ),
    )


def _redshift(home: Home, environ: Mapping[str, str]) -> Part:
    command = (sys.executable, "-m", "cwp_local.redshift", "--port", str(home.ports.redshift))
    options = ("--warehouse", str(home.warehouse), "--emulator", home.emulator_url)
    return _part(
        home,
        "redshift",
        "Redshift Data API",
        "/_redshift/health",
        (*command, *options),
        clean(environ),
    )


def _part(
    home: Home,
    name: str,
    stands_for: str,
    health_path: str,
    command: tuple[str, ...],
    environment: Mapping[str, str],
) -> Part:
    return Part(
        name=name,
        stands_for=stands_for,
        port=getattr(home.ports, name),
        health_path=health_path,
        command=command,
        environment={**environment, MARK: f"{name} of {home.path}"},
        log=home.logs / f"{name}.log",
        pid_file=home.run / f"{name}.pid",
    )
