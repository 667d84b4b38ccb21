import json

import pytest
from scripts.audit import of_npm_audit, of_pip_audit, outcome

CLEAN = {"name": "six", "version": "1.0", "vulns": []}
BAD = {
    "name": "evil",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"], "aliases": [], "description": "x"}],
}
UNKNOWN = {"name": "six", "skip_reason": "Dependency not found on PyPI and could not be audited"}
NPM = {"metadata": {"dependencies": {"total": 300}}, "vulnerabilities": {}}
LEFT_PAD = {"name": "left-pad", "range": "<1.3", "severity": "high"}


def pypi(*dependencies: object) -> str:
    return json.dumps({"dependencies": dependencies, "fixes": []})


@pytest.mark.parametrize(
    ("python", "npm", "status", "words"),
    [
        (pypi(CLEAN), json.dumps(NPM), 0, "PyPI: 1 of 1 packages asked about, 0 advisories"),
        (pypi(CLEAN, BAD), json.dumps(NPM), 1, "evil 2.0: PYSEC-1, mended in 2.1"),
        (pypi(CLEAN), json.dumps(NPM | {"vulnerabilities": {"x": LEFT_PAD}}), 1, "<1.3: high"),
        # A mirror that knows the packages and no advisories must not pass for a clean bill.
        (pypi(UNKNOWN), json.dumps(NPM), 3, "NOT AUDITED: 1 packages, first Dependency not found"),
        (pypi(UNKNOWN, BAD), json.dumps(NPM), 1, "PYSEC-1"),
        ("", json.dumps(NPM), 3, "PyPI: NOT AUDITED: no route to host"),
        (pypi(CLEAN), '{"message": "405 Method Not Allowed"}', 3, "npm: NOT AUDITED: 405 Method"),
        (pypi(CLEAN), "", 3, "npm audit gave no answer"),
    ],
)
def test_what_databases_say_decides_and_silence_is_no_yes(
    python: str, npm: str, status: int, words: str
) -> None:
    reports = [of_pip_audit(python, "trace\nno route to host\n"), of_npm_audit(npm)]
    assert outcome(reports) == status
    assert words in "\n".join(line for report in reports for line in report.lines())
