"""Asks the advisory databases about every locked package: `make audit`.

Needs PyPI's and npm's own services. A mirror usually serves packages without advisories; then this
says so instead of "nothing found", and ends with 3. With 1 it ends where there is an advisory.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

_ROOT: Final = Path(__file__).parents[1]
_UV: Final = _ROOT / ".tools/bin/uv"
_PIP_AUDIT: Final = "pip-audit==2.10.1"
_ADVISORIES, _NOT_ASKED = 1, 3


@dataclass(frozen=True)
class Report:
    """What a database said. `asked` of `packages` packages it knows; `advisories` are its lines."""

    database: str
    packages: int = 0
    asked: int = 0
    advisories: tuple[str, ...] = ()
    #: Why it was not asked, or not about all.
    fault: str = ""

    def lines(self) -> list[str]:
        """For a person."""
        head = f"{self.database}: {self.asked} of {self.packages} packages asked about, "
        found = f"{len(self.advisories)} advisories"
        fault = [f"{self.database}: NOT AUDITED: {self.fault}"] if self.fault else []
        return [head + found, *self.advisories, *fault]


def of_pip_audit(text: str, fault: str) -> Report:
    """What pip-audit's JSON says; `fault` is what it said on the side."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return Report("PyPI", fault=_last_line(fault) or "pip-audit gave no answer")
    known = [one for one in dependencies if "skip_reason" not in one]
    skipped = [one for one in dependencies if "skip_reason" in one]
    return Report(
        "PyPI",
        packages=len(dependencies),
        asked=len(known),
        advisories=tuple(
            f"  {one['name']} {one['version']}: {advisory['id']}, mended in "
            f"{', '.join(advisory['fix_versions']) or 'no version yet'}"
            for one in known
            for advisory in one["vulns"]
        ),
        fault=f"{len(skipped)} packages, first {skipped[0]['skip_reason']}" if skipped else "",
    )


def of_npm_audit(text: str) -> Report:
    """What npm's JSON says."""
    try:
        said: dict[str, Any] = json.loads(text)
        packages = int(said["metadata"]["dependencies"]["total"])
        found = said["vulnerabilities"].values()
    except (ValueError, KeyError, TypeError):
        return Report("npm", fault=_npm_fault(text))
    return Report(
        "npm",
        packages=packages,
        asked=packages,
        advisories=tuple(f"  {one['name']} {one['range']}: {one['severity']}" for one in found),
    )


def outcome(reports: list[Report]) -> int:
    """The exit status."""
    if any(report.advisories for report in reports):
        return _ADVISORIES
    return _NOT_ASKED if any(report.fault for report in reports) else 0


def _npm_fault(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return _last_line(text) or "npm audit gave no answer"


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2][:300]


def _ask_pypi() -> Report:
    with TemporaryDirectory() as scratch:
        locked = Path(scratch) / "requirements.txt"
        export = ["export", "--quiet", "--frozen", "--all-packages", "--no-emit-workspace"]
        _run([_UV, *export, "--no-hashes", "--output-file", locked])
        tool: list[str | Path] = [_UV, "tool", "run", "--quiet", "--from", _PIP_AUDIT, "pip-audit"]
        done = _run(
            [*tool, "--format", "json", "--progress-spinner", "off", "--no-deps", "--disable-pip",
             "--requirement", locked]
        )  # fmt: skip
        return of_pip_audit(done.stdout, done.stderr)


def _ask_npm() -> Report:
    return of_npm_audit(_run(["npm", "audit", "--json"]).stdout)


def _run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)


def main() -> int:
    """Ask both, tell what they said."""
    reports = [_ask_pypi(), _ask_npm()]
    for report in reports:
        print("\n".join(report.lines()))
    return outcome(reports)


if __name__ == "__main__":
    sys.exit(main())
