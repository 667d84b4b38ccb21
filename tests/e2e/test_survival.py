"""The cloud stops amid a sync, gracefully or by a crash; the warehouse ends the same."""

import json
import os
import signal
import subprocess
import time
from typing import Any

import pytest

from tests.e2e.conftest import CWPIPE, Cloud
from tests.e2e.test_sync import (
    TABLES,
    add_tenants,
    assert_same,
    everything,
    wait_until_empty,
)

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

TENANT = "e2e-north"


@pytest.fixture(scope="module", autouse=True)
def _tenants(cloud: Cloud) -> None:
    add_tenants(cloud, [TENANT])


def interrupted_sync(cloud: Cloud, seconds: float) -> None:
    """Start a sync and leave it after a moment; it goes on in the cloud by itself."""
    syncing = subprocess.Popen(
        [CWPIPE, "sync", "--full", TENANT],
        env=cloud.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    syncing.kill()
    syncing.wait()


def versions(cloud: Cloud) -> dict[str, set[Any]]:
    """Every version of every table, by what identifies and delimits it."""
    return {
        table: {json.dumps(row, sort_keys=True) for row in rows}
        for table, rows in everything(cloud, TENANT).items()
    }


@pytest.mark.parametrize("seconds", [2.0, 5.0])
def test_graceful_stop_in_the_middle_of_a_sync(cloud: Cloud, seconds: float) -> None:
    cloud.sandbox.play(TENANT, update=30, add=5, seed=int(seconds * 10))
    interrupted_sync(cloud, seconds)
    cloud.cwpipe("down")
    said = cloud.cwpipe("up")
    assert "deploying" not in said
    cloud.cwpipe("sync", TENANT)
    assert_same(cloud, tenants=[TENANT])
    wait_until_empty(cloud)


def test_crash_of_the_emulator_in_the_middle_of_a_sync(cloud: Cloud) -> None:
    cloud.cwpipe("sync", TENANT)
    before = versions(cloud)
    cloud.sandbox.play(TENANT, update=30, add=5, seed=99)
    interrupted_sync(cloud, 3.0)
    running = json.loads((cloud.home / "run" / "emulator.pid").read_text())
    os.kill(running["pid"], signal.SIGKILL)
    said = cloud.cwpipe("up")
    assert "crashed" in said
    cloud.cwpipe("sync", TENANT)
    assert_same(cloud, tenants=[TENANT])
    after = versions(cloud)
    for table in TABLES[TENANT]:
        kept = {json.loads(row)["sk"] for row in before[table]}
        assert kept <= {json.loads(row)["sk"] for row in after[table]}, f"{table} lost versions"
    wait_until_empty(cloud)
