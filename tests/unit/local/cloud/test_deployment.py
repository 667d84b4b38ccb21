from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from cwp_local.cloud import deployment, tools
from cwp_local.cloud.errors import CloudError
from cwp_local.cloud.home import Home, Ports

ALL = dict.fromkeys(deployment.STACKS, "UPDATE_COMPLETE")


@dataclass
class FakeCloudFormation:
    stacks: Mapping[str, str]
    deleted: list[str] = field(default_factory=list)

    def get_paginator(self, name: str) -> "FakeCloudFormation":
        assert name == "describe_stacks"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        for name, status in self.stacks.items():
            yield {"Stacks": [{"StackName": name, "StackStatus": status}]}

    def delete_stack(self, StackName: str) -> None:  # noqa: N803 - boto3's name
        self.deleted.append(StackName)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(root=tmp_path, path=tmp_path / "home", ports=Ports(1, 2, 3))
    home.make()
    (tmp_path / "mappings").mkdir()
    (tmp_path / "node_modules" / ".bin").mkdir(parents=True)
    return home


def compose(home: Home, script: str) -> None:
    command = tools.compose_command(home.root)
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)


def test_six_stacks_make_the_pipeline() -> None:
    assert len(deployment.STACKS) == 6
    assert deployment.STACKS[0] == "connectwise-shared-local"


def test_a_stack_that_was_rolled_back_is_not_there() -> None:
    stacks = {**ALL, "connectwise-loader-local": "ROLLBACK_COMPLETE"}
    assert deployment.missing_of(stacks) == ["connectwise-loader-local"]


def test_nothing_to_do_only_if_these_sources_were_deployed(home: Home) -> None:
    compose(home, "echo deployed")
    cloud = FakeCloudFormation(ALL)
    assert deployment.needed(home, cloud) == "the sources have changed"
    deployment.deploy(home, cloud, {"PATH": "/usr/bin:/bin"})
    assert deployment.needed(home, cloud) is None
    (home.root / "mappings" / "new.json").write_text("{}")
    assert deployment.needed(home, cloud) == "the sources have changed"


def test_missing_stacks_need_a_deployment_whatever_was_noted(home: Home) -> None:
    compose(home, "echo deployed")
    deployment.deploy(home, FakeCloudFormation(ALL), {"PATH": "/usr/bin:/bin"})
    assert deployment.needed(home, FakeCloudFormation({})) == "new"
    some = dict(list(ALL.items())[1:])
    assert deployment.needed(home, FakeCloudFormation(some)) == (
        "not deployed: connectwise-shared-local"
    )


def test_a_failed_deployment_shows_the_end_of_its_log(home: Home) -> None:
    compose(home, "echo the role is missing; exit 3")
    with pytest.raises(CloudError, match=r"(?s)failed \(exit 3\).*the role is missing"):
        deployment.deploy(home, FakeCloudFormation(ALL), {"PATH": "/usr/bin:/bin"})
    assert deployment.needed(home, FakeCloudFormation(ALL)) == "the sources have changed"


def test_success_that_left_no_stacks_is_no_success(home: Home) -> None:
    compose(home, "echo fine")
    with pytest.raises(CloudError, match="connectwise-shared-local"):
        deployment.deploy(home, FakeCloudFormation({}), {"PATH": "/usr/bin:/bin"})


def test_a_stack_that_cannot_be_updated_is_deleted_first(home: Home) -> None:
    compose(home, "echo fine")
    cloud = FakeCloudFormation({**ALL, "connectwise-writer-local": "ROLLBACK_COMPLETE"})
    with pytest.raises(CloudError):
        deployment.deploy(home, cloud, {"PATH": "/usr/bin:/bin"})
    assert cloud.deleted == ["connectwise-writer-local"]


def test_the_tools_run_with_the_emulator_as_their_cloud(home: Home) -> None:
    compose(home, "echo endpoint $AWS_ENDPOINT_URL profile [$AWS_PROFILE] at $PWD: $@")
    deployment.deploy(home, FakeCloudFormation(ALL), {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "x"})
    said = (home.logs / "deploy.log").read_text()
    assert "endpoint http://127.0.0.1:1 profile []" in said
    assert f"at {home.root}: deploy --stage local" in said
