"""Renders every stack for every stage with the real packager; no credentials, no network calls."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
STAGES = ("local", "dev", "prod")

Template = dict[str, Any]


def stacks() -> dict[str, Path]:
    """Stack name to folder, from the compose file."""
    compose = yaml.safe_load((ROOT / "serverless-compose.yml").read_text())
    return {name: ROOT / entry["path"] for name, entry in compose["services"].items()}


def render(folder: Path, stage: str, target: Path) -> Template:
    done = subprocess.run(
        ["npx", "--no-install", "serverless", "package", "--stage", stage, "--package", target],
        cwd=folder,
        env={**os.environ, "AWS_REGION": "us-east-1", "SLS_TELEMETRY_DISABLED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{folder.name} for {stage}:\n{done.stdout}\n{done.stderr}"
    template: Template = json.loads(
        (target / "cloudformation-template-update-stack.json").read_text()
    )
    return template


def render_all_stages(name: str, folder: Path, scratch: Path) -> dict[tuple[str, str], Template]:
    """The stages of one stack in turn: they share its zip."""
    return {(name, stage): render(folder, stage, scratch / f"{name}-{stage}") for stage in STAGES}
