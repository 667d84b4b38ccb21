"""Amid a sync the cloud stops, gracefully or by a crash, or a service is deployed anew; the
warehouse ends the same.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cwp_local.cloud.environment import for_deployment
from cwp_local.cloud.home import Home
from cwp_local.sandbox.models import TableChanges
from cwp_local.sandbox.weather.model import Slow, StatusFault
from tests.e2e.conftest import CWPIPE, Cloud
from tests.e2e.test_sync import (
    MAPPINGS,
    TABLES,
    add_tenants,
    assert_same,
    assert_versions,
    everything,
    wait_until_empty,
)
from tests.rendering import ROOT

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

TENANT = "e2e-north"
#: All five services pass. Each takes up to a minute, so those stay whose functions are longest at
#: work and have most to make anew.
REDEPLOYED = ("fetcher", "transformer")


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


@pytest.fixture(scope="module")
def deployer(cloud: Cloud) -> dict[str, str]:
    """Keys of a user who has the rights that docs/deploying.md gives, and no other."""
    iam = cloud.aws("iam")
    iam.create_user(UserName="deployer")
    for policy in (ROOT / "docs" / "iam").glob("deploy-*.json"):
        made = iam.create_policy(PolicyName=policy.stem, PolicyDocument=policy.read_text())
        iam.attach_user_policy(UserName="deployer", PolicyArn=made["Policy"]["Arn"])
    s3 = cloud.aws("s3")
    for bucket in s3.list_buckets(Prefix="connectwise-")["Buckets"]:
        if "-serverless" in bucket["Name"]:
            # osls has these buckets refuse plain HTTP, which is all that the emulator speaks.
            s3.delete_bucket_policy(Bucket=bucket["Name"])
    key = iam.create_access_key(UserName="deployer")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def redeploy(cloud: Cloud, service: str, user: dict[str, str]) -> None:
    """Deploy one service alone, in its folder, although nothing in it has changed."""
    done = subprocess.run(
        ["npx", "--no-install", "serverless", "deploy", "--stage", "local", "--force"],
        cwd=ROOT / "services" / service,
        env=for_deployment(Home.from_environment(cloud.environ), cloud.environ) | user,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{service}:\n{done.stdout}{done.stderr}"


@contextmanager
def impatient(cloud: Cloud) -> Iterator[None]:
    """What a function dies with comes back after 15 seconds, not after minutes."""
    sqs = cloud.aws("sqs")
    usual = {}
    for url in sqs.list_queues(QueueNamePrefix="connectwise-")["QueueUrls"]:
        asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
        usual[url] = asked["Attributes"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "15"})
    yield
    for url, attributes in usual.items():
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_services_are_deployed_anew_in_the_middle_of_a_sync(
    cloud: Cloud, deployer: dict[str, str]
) -> None:
    """One alone, then the next, in one sync.

    Functions at work at that moment die with it here; AWS lets them end what they do.
    """
    cloud.cwpipe("sync", TENANT)
    known = everything(cloud, TENANT)
    changes = cloud.sandbox.play(TENANT, update=30, add=5, seed=7)
    # Pages come slowly, and those of tickets not at all: the sync cannot end before we let it.
    cloud.sandbox.set_weather(
        TENANT,
        status=StatusFault(code=429, retry_after=1, probability=1, table="service_tickets"),
        slow=Slow(seconds=2, probability=1),
    )
    with impatient(cloud):
        syncing = subprocess.Popen([CWPIPE, "sync", "--full", TENANT], env=cloud.environ)
        for service in REDEPLOYED:
            redeploy(cloud, service, deployer)
            assert syncing.poll() is None, service
        cloud.sandbox.set_weather(TENANT)
        assert syncing.wait() == 0
        wait_until_empty(cloud)
    assert_same(cloud, tenants=[TENANT])
    for table in TABLES[TENANT]:
        changed = changes.tables.get(MAPPINGS[table]["source"], TableChanges())
        assert_versions(cloud, TENANT, table, {row["sk"] for row in known[table]}, changed)
