"""Other people's consumers: added beside the running pipeline, which is not touched for it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from cwp_local.cloud.environment import for_deployment
from cwp_local.cloud.home import Home
from tests.e2e.conftest import Cloud
from tests.e2e.test_unattended import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "freshness"


def deploy(folder: Path, cloud: Cloud) -> None:
    done = subprocess.run(
        ["npx", "--no-install", "serverless", "deploy", "--stage", "local"],
        cwd=folder,
        env=for_deployment(Home.from_environment(cloud.environ), cloud.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_example_consumer_sees_a_load_and_takes_its_event_twice(cloud: Cloud) -> None:
    deploy(EXAMPLE, cloud)
    cloud.add_tenant("e2e-fresh", 30, 7, "company_companies")
    cloud.cwpipe("sync", "e2e-fresh")
    key = {"tenant_id": {"S": "e2e-fresh"}, "canonical_table": {"S": "companies"}}

    def freshness() -> Any:
        found = cloud.aws("dynamodb").get_item(TableName="ExampleFreshness-local", Key=key)
        return found.get("Item")

    item = wait_for(freshness)
    (held,) = cloud.query('select max(sequence) as sequence from "e2e-fresh".companies')
    assert item["sequence"]["N"] == str(held["sequence"])
