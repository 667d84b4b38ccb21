from pathlib import Path

import pytest

from cwp_local.cloud import tools
from cwp_local.cloud.errors import CloudError


def install(directory: Path, name: str, script: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_missing_node_is_named(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="install Node 20"):
        tools.check(tmp_path, {"PATH": str(tmp_path)})


def test_missing_deployment_tools_are_named(tmp_path: Path) -> None:
    install(tmp_path / "bin", "node", "echo v20.1.0")
    with pytest.raises(CloudError, match="npm ci"):
        tools.check(tmp_path, {"PATH": str(tmp_path / "bin")})


def test_all_there(tmp_path: Path) -> None:
    install(tmp_path / "bin", "node", "echo v22.0.0")
    install(tmp_path / "node_modules" / ".bin", "osls-compose", "true")
    tools.check(tmp_path, {"PATH": str(tmp_path / "bin")})


@pytest.mark.parametrize("text", ["v18.20.1", "v9.0.0", "", "20"])
def test_an_old_node_is_refused(text: str) -> None:
    with pytest.raises(CloudError, match="20 or newer"):
        tools.check_node_version(text)
