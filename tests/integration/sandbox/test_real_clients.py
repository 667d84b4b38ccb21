"""Clients that others wrote for the live service read the sandbox, and get what it holds."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess
from cwp_shared.tables import source_tables
from tests.integration.sandbox.processes import running

CLIENTS = Path(__file__).parent / "real_clients"
#: Table id by path, of all collections that a client can walk without knowing a parent.
TOP_LEVEL = {table.path: name for name, table in source_tables().items() if not table.parent}


def walk(client: str, access: CompanyAccess, site: str, **environ: str) -> dict[str, Any]:
    told = {
        "site": site,
        "company": access.company,
        "public_key": access.public_key.get_secret_value(),
        "private_key": access.private_key.get_secret_value(),
        "client_id": access.client_id.get_secret_value(),
        "paths": list(TOP_LEVEL),
    }
    done = subprocess.run(
        [sys.executable, CLIENTS / f"walk_{client}.py"],
        input=json.dumps(told),
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    walked: dict[str, Any] = json.loads(done.stdout)
    return walked


CLIENT_NAMES = ["connectpyse", "connectpyse_manage"]


@pytest.mark.parametrize("client", CLIENT_NAMES)
def test_a_client_pages_through_every_collection(
    client: str, access: CompanyAccess, control: SandboxControl
) -> None:
    counts = control.company(access.company).counts
    walked = walk(client, access, access.site)
    for path, table in TOP_LEVEL.items():
        rows = walked[path]["rows"]
        assert walked[path]["count"] == counts[table] > 0, path
        assert len({row["id"] for row in rows}) == len(rows) == counts[table], path
        for row in (rows[0], rows[-1]):
            assert row == control.row(access.company, table, row["id"]), path


@pytest.mark.parametrize("client", CLIENT_NAMES)
def test_a_client_gets_the_same_over_https(client: str, tmp_path: Path) -> None:
    with running(tmp_path, tls=True) as server:
        access = server.control.make_company("Acme", seed=4, tickets=200)
        counts = server.control.company("Acme").counts
        walked = walk(client, access, server.https, REQUESTS_CA_BUNDLE=server.certificate)
    assert {path: walked[path]["count"] for path in TOP_LEVEL} == {
        path: counts[table] for path, table in TOP_LEVEL.items()
    }
