"""A fresh moto world for each test."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.aws_environment import isolate
from tests.integration.scheduler.world import World


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with mock_aws():
        yield World.make()
