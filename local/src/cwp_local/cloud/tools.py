"""What must be installed before anything can be deployed: Node and the deployment tools."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cwp_local.cloud.errors import CloudError

OLDEST_NODE = 20


def check(root: Path, environ: Mapping[str, str]) -> None:
    """Node and the pinned deployment tools are there.

    Raises:
        CloudError: saying what is missing and how to get it.
    """
    node = shutil.which("node", path=environ.get("PATH"))
    if not node:
        raise CloudError(
            f"Node is not installed (no `node` on PATH); install Node {OLDEST_NODE} or newer, "
            "deploying needs it"
        )
    check_node_version(_version(node))
    if not compose_command(root).is_file():
        raise CloudError(
            f"the deployment tools are not installed in {root / 'node_modules'}; run `npm ci` in "
            f"{root} (`make setup` does it)"
        )


def check_node_version(text: str) -> None:
    """`v20.11.0` is new enough.

    Raises:
        CloudError: too old, or no version at all.
    """
    found = re.match(r"v(\d+)\.", text)
    if not found or int(found[1]) < OLDEST_NODE:
        raise CloudError(
            f"Node is {text or 'of an unknown version'}; deploying needs {OLDEST_NODE} or newer"
        )


def compose_command(root: Path) -> Path:
    """The pinned osls-compose."""
    return root / "node_modules" / ".bin" / "osls-compose"


def _version(node: str) -> str:
    try:
        asked = subprocess.run(  # noqa: S603 - the node found on PATH
            [node, "--version"], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout.strip()
