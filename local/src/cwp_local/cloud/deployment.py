"""The six stacks in the emulator: whether they are there, and deploying them."""

import json
import subprocess
from collections.abc import Iterable, Mapping
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import Any

from cwp_local.cloud import environment, fingerprint, health, tools
from cwp_local.cloud.errors import CloudError
from cwp_local.cloud.home import Home

STAGE = "local"
STACKS = tuple(
    f"connectwise-{name}-{STAGE}"
    for name in ("shared", "scheduler", "fetcher", "writer", "transformer", "loader")
)
_LIMIT_S = 600
_DEPLOYED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"})


def needed(home: Home, cloudformation: Any) -> str | None:
    """Why the stacks must be deployed, in words; None if all is as it should be."""
    if missing := _missing(cloudformation):
        return f"not deployed: {', '.join(missing)}" if len(missing) < len(STACKS) else "new"
    if _noted(home) != _fingerprint(home):
        return "the sources have changed"
    return None


def forget(home: Home) -> None:
    """What was deployed is gone."""
    _note(home).unlink(missing_ok=True)


def deploy(home: Home, cloudformation: Any, environ: Mapping[str, str]) -> None:
    """Deploy all stacks and note their fingerprint. About a minute.

    Raises:
        CloudError: with the end of the deployment's log.
    """
    _clear_failed(cloudformation)
    deployed = _fingerprint(home)
    log = home.logs / "deploy.log"
    # Two clouds of one checkout share the packages that a deployment builds.
    with (home.root / "node_modules" / ".deploying").open("w") as lock, log.open("wb") as output:
        flock(lock, LOCK_EX)
        command = [str(tools.compose_command(home.root)), "deploy", "--stage", STAGE]
        code = _run(command, home.root, environment.for_deployment(home, environ), output)
    missing = _missing(cloudformation)
    if code or missing:
        what = f"these stacks are not there: {', '.join(missing)}" if missing else f"exit {code}"
        raise CloudError(f"the deployment failed ({what}).\n{health.last_lines(log, 30)}")
    _note(home).write_text(json.dumps({"fingerprint": deployed}), "utf-8")


def _run(command: list[str], root: Path, environ: Mapping[str, str], output: Any) -> int:
    try:
        ended = subprocess.run(  # noqa: S603 - the pinned tool of this project
            command,
            cwd=root,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CloudError(f"the deployment did not end within {_LIMIT_S} s") from None
    return ended.returncode


def _stacks(cloudformation: Any) -> dict[str, str]:
    pages = cloudformation.get_paginator("describe_stacks").paginate()
    return {stack["StackName"]: stack["StackStatus"] for page in pages for stack in page["Stacks"]}


def _missing(cloudformation: Any) -> list[str]:
    return missing_of(_stacks(cloudformation))


def missing_of(statuses: Mapping[str, str], wanted: Iterable[str] = STACKS) -> list[str]:
    """The stacks that are not there in a working state."""
    return [name for name in wanted if statuses.get(name) not in _DEPLOYED]


def _clear_failed(cloudformation: Any) -> None:
    """Delete what a first deployment rolled back: CloudFormation updates no such stack."""
    for name, status in _stacks(cloudformation).items():
        if name in STACKS and status in {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}:
            cloudformation.delete_stack(StackName=name)


def _fingerprint(home: Home) -> str:
    return fingerprint.of_sources(home.root, {"redshift": home.redshift_url})


def _note(home: Home) -> Path:
    return home.run / "deployed.json"


def _noted(home: Home) -> str | None:
    try:
        noted = json.loads(_note(home).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    fingerprint_noted = noted.get("fingerprint")
    return fingerprint_noted if isinstance(fingerprint_noted, str) else None
