"""One embedded cloud of its own for the end-to-end tests, IAM on, apart from anybody's demo."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import pytest

from cwp_local.cloud.ports import free_ports
from cwp_local.redshift.control import RedshiftControl
from cwp_local.sandbox.control import SandboxControl
from cwp_ops.cloud_clients import connect
from cwp_ops.logs import events

CWPIPE = Path(sys.executable).parent / "cwpipe"


@dataclass(frozen=True)
class Cloud:
    """The running cloud, through its doors: the command, AWS calls, the control endpoints."""

    environ: dict[str, str]
    sandbox: SandboxControl
    redshift: RedshiftControl
    home: Path

    def cwpipe(self, *arguments: str, expect: int = 0, **extra: str) -> str:
        """Run the command; its whole output."""
        done = subprocess.run(
            [CWPIPE, *arguments],
            env={**self.environ, **extra},
            capture_output=True,
            text=True,
            timeout=420,
            check=False,
        )
        output = done.stdout + done.stderr
        assert done.returncode == expect, f"cwpipe {' '.join(arguments)}:\n{output}"
        return output

    def add_tenant(self, name: str, tickets: int, seed: int, *tables: str) -> None:
        """A company of the sandbox with these source tables."""
        size = ("--tickets", str(tickets), "--seed", str(seed))
        self.cwpipe("tenants", "add", name, "--sandbox", *size, "--tables", ",".join(tables))

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows from the warehouse, as `cwpipe query --json` has them."""
        rows: list[dict[str, Any]] = json.loads(
            json.dumps(self._warehouse.query(sql).records(), default=str)
        )
        return rows

    @cached_property
    def _warehouse(self) -> Any:
        return connect("local", self.environ).warehouse

    def log_lines(self) -> list[str]:
        """What all functions logged."""
        logs, ever = self.aws("logs"), datetime.fromtimestamp(0, UTC)
        return [
            line
            for page in logs.get_paginator("describe_log_groups").paginate()
            for group in page["logGroups"]
            for _, line in events(logs, group["logGroupName"], ever)
        ]

    def aws(self, service: str) -> Any:
        """A client of the emulator, as its administrator."""
        return boto3.client(
            service,  # type: ignore[call-overload] # the name is a variable here
            endpoint_url=f"http://127.0.0.1:{self.environ['CWPIPE_EMULATOR_PORT']}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    home = tmp_path_factory.mktemp("cloud")
    emulator, sandbox, redshift = free_ports(3)
    environ = {
        **os.environ,
        "CWPIPE_HOME": str(home),
        "CWPIPE_EMULATOR_PORT": str(emulator),
        "CWPIPE_SANDBOX_PORT": str(sandbox),
        "CWPIPE_REDSHIFT_PORT": str(redshift),
        "COLUMNS": "200",
    }
    running = Cloud(
        environ,
        SandboxControl(f"http://127.0.0.1:{sandbox}"),
        RedshiftControl(f"http://127.0.0.1:{redshift}"),
        home,
    )
    try:
        running.cwpipe("up")
        yield running
    finally:
        running.cwpipe("down")
