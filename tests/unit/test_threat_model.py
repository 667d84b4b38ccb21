"""What docs/threat-model.md names as held by a file or a test is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:tests|scripts|config)/[\w./-]+(?:::\w+)?)`", PAGE)))


def test_the_page_names_tests() -> None:
    assert sum("::" in name for name in NAMED) > 20


@pytest.mark.parametrize("name", NAMED)
def test_what_the_page_names_exists(name: str) -> None:
    path, _, test = name.partition("::")
    assert (ROOT / path).is_file()
    if test:
        assert f"def {test}(" in (ROOT / path).read_text()


def test_every_row_says_what_holds_it() -> None:
    sections = PAGE.split("\n## ")
    rows = [
        line
        for section in sections
        if "| held by |" in section
        for line in section.splitlines()
        if line.startswith("| ") and not line.startswith("| threat |")
    ]
    assert len(rows) > 20
    assert [row for row in rows if not re.search(r"`(tests|scripts)/", row.split("|")[-2])] == []
