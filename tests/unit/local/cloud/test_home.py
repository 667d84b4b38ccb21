from pathlib import Path

import pytest

from cwp_local.cloud.errors import CloudError
from cwp_local.cloud.home import Home, Ports, find_root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "serverless-compose.yml").write_text("services: {}\n")
    return tmp_path


def test_the_default_home_is_inside_the_project(root: Path) -> None:
    home = Home.from_environment({"CWPIPE_ROOT": str(root)})
    assert home.path == root / ".cwpipe"
    assert home.ports == Ports(4566, 4580, 4590)
    assert home.redshift_url == "http://127.0.0.1:4590"


def test_home_and_ports_can_be_chosen(root: Path, tmp_path: Path) -> None:
    environ = {
        "CWPIPE_ROOT": str(root),
        "CWPIPE_HOME": str(tmp_path / "other"),
        "CWPIPE_EMULATOR_PORT": "5001",
    }
    home = Home.from_environment(environ)
    assert home.path == tmp_path / "other"
    assert home.emulator_url == "http://127.0.0.1:5001"


@pytest.mark.parametrize("text", ["0", "65536", "abc", "-1", "4566 "])
def test_a_value_that_is_no_port_is_named_with_its_variable(text: str) -> None:
    with pytest.raises(CloudError, match="CWPIPE_SANDBOX_PORT"):
        Ports.from_environment({"CWPIPE_SANDBOX_PORT": text})


def test_two_processes_cannot_share_a_port() -> None:
    with pytest.raises(CloudError, match="a port of its own"):
        Ports.from_environment({"CWPIPE_SANDBOX_PORT": "4566"})


def test_an_empty_variable_means_the_default() -> None:
    assert Ports.from_environment({"CWPIPE_SANDBOX_PORT": ""}).sandbox == 4580


def test_a_wrong_root_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="CWPIPE_ROOT"):
        find_root({"CWPIPE_ROOT": str(tmp_path)})


def test_only_one_command_at_a_time_holds_a_home(root: Path) -> None:
    home = Home.from_environment({"CWPIPE_ROOT": str(root)})
    with home.held(), pytest.raises(CloudError, match="another cwpipe command"), home.held():
        pass
    with home.held():
        pass


def test_a_home_is_private(root: Path) -> None:
    home = Home.from_environment({"CWPIPE_ROOT": str(root)})
    home.make()
    assert home.path.stat().st_mode & 0o077 == 0
