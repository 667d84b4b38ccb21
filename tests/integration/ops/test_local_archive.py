"""The embedded cloud's archive is the one that the shared stack describes."""

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from cwp_local.cloud import archive
from cwp_ops.archive import Desk
from tests.aws_environment import isolate

TEMPLATE = Path(__file__).resolve().parents[3] / "shared" / "resources" / "bus.yml"


def described() -> Any:
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_multi_constructor("!", lambda *_: None)  # type: ignore[attr-defined]
    template = yaml.load(TEMPLATE.read_text(), loader)  # noqa: S506 - a SafeLoader
    return template["Resources"]["Archive"]["Properties"]


def test_it_is_made_once_and_as_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)
    with mock_aws():
        events: Any = boto3.client("events")
        bus = events.create_event_bus(Name="connectwise-local")["EventBusArn"]
        archive.ensure(events)
        archive.ensure(events)
        made = Desk(events, "local").archive()
        assert (made.bus_arn, made.retention_days) == (bus, described()["RetentionDays"])
        pattern = events.describe_archive(ArchiveName=made.name)["EventPattern"]
        assert json.loads(pattern) == described()["EventPattern"]
