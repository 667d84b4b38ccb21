"""checkov finds nothing in the stacks of the stages on AWS that is not explained.

It comes with dependencies that do not go with ours, so it lives in an environment of its own.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.rendering import ROOT, Template

CHECKOV = ROOT / ".build/checkov/bin/checkov"
CONFIG = Path(__file__).parent / "checkov" / "config.yml"


def findings(folder: Path) -> dict[str, Any]:
    """What checkov says of all templates in a folder."""
    if not CHECKOV.exists():
        pytest.fail("checkov is not installed: run `make scan`, or `make test`, which do it")
    done = subprocess.run(
        [CHECKOV, "--config-file", CONFIG, "--directory", folder, "--output", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def named(said: dict[str, Any]) -> list[str]:
    """Its findings, for a person."""
    return [
        f"{Path(found['file_path']).stem}: {found['resource']}: {found['check_id']} "
        f"{found['check_name']}"
        for found in said["results"]["failed_checks"]
    ]


def test_checkov_finds_nothing(templates: dict[tuple[str, str], Template], tmp_path: Path) -> None:
    on_aws = {f"{stack}-{stage}": t for (stack, stage), t in templates.items() if stage != "local"}
    for name, template in on_aws.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(template))
    # A bucket that anybody may read shows that it looks at what it is given.
    bad: Template = {"Resources": {"Open": {"Type": "AWS::S3::Bucket", "Properties": {}}}}
    (tmp_path / "open.json").write_text(json.dumps(bad))
    said = findings(tmp_path)
    assert said["summary"]["parsing_errors"] == 0
    found = named(said)
    ours = [finding for finding in found if not finding.startswith("open: ")]
    assert ours == []
    assert any("CKV_AWS_53" in finding for finding in found)
    seen = {Path(check["file_path"]).stem for check in said["results"].get("passed_checks", ())}
    assert not seen or set(on_aws) <= seen
