"""A full batch fits into one invocation: Lambda takes 6 MB, and cuts batches short beyond that."""

import json
from pathlib import Path

import pytest
import yaml

from tests.unit.writer.fakes import UPPER, envelope, page

CONFIG = Path(__file__).parents[3] / "config"
LIMIT = 6 * 1024 * 1024
#: What SQS and EventBridge put around an event, generously.
AROUND = "x" * 2500


@pytest.mark.parametrize("stage", ["local", "dev", "prod"])
def test_the_largest_messages_fit(stage: str) -> None:
    names = {"tenant_id": "t" * 63, "run_id": "r" * 64, "table": "t" * 63}
    numbers = {"first_id": 2**62, "last_id": 2**63, "counted": 2**62, "server_time": UPPER}
    largest, _ = page([{"id": 1}], 999, 99999, **names, **numbers, api_version="v" * 20)
    record = json.dumps({"body": envelope(largest), "around": AROUND})
    batch = yaml.safe_load((CONFIG / f"{stage}.yml").read_text())["pages"]["batch"]
    assert batch * len(record) < LIMIT / 2
