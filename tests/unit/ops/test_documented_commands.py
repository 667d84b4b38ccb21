"""Every `cwpipe` line in the documentation is one that the command takes today."""

import re
import shlex
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import typer.main

from cwp_ops.main import app

ROOT = Path(__file__).resolve().parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(cwpipe [^`]*)`")

COMMAND = typer.main.get_command(app)


def commands() -> Iterator[tuple[str, str]]:
    """Page and command, from code blocks and from the text."""
    for page in PAGES:
        text = page.read_text()
        blocks = "\n".join(BLOCK.findall(text)).replace("\\\n", " ")
        prose = BLOCK.sub("", text)
        # What stands far to the right explains the line.
        lines = re.findall(r"^(?:\S*bin/)?(cwpipe .*?)(?: {2,}.*)?$", blocks, re.MULTILINE)
        for line in {*lines, *(" ".join(c.split()) for c in INLINE.findall(prose))}:
            yield page.relative_to(ROOT).as_posix(), line


def take(line: str) -> None:
    """Read a line as the command would, and stop before running it.

    A command that is named without anything behind it is only looked up.
    """
    typed = takewhile(lambda word: word not in {"&&", "|", ">"}, shlex.split(line, comments=True))
    words = [word for word in typed if word not in {"cwpipe", "--help"}]
    command = COMMAND
    context = command.make_context("cwpipe", words) if words else None
    while context is not None and isinstance(command, typer.core.TyperGroup):
        rest = [*context._protected_args, *context.args]
        if not rest:
            return
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
        if rest:
            context = command.make_context(name, rest, parent=context)
        else:
            return


CASES = sorted(set(commands()))


def test_pages_are_found() -> None:
    assert len(CASES) > 20
    assert any(page == "docs/runbooks/dead-letters.md" for page, _ in CASES)


@pytest.mark.parametrize(("page", "line"), CASES)
def test_documented_command_is_one(page: str, line: str) -> None:
    assert page
    take(line)


@pytest.mark.parametrize(
    "line", ["cwpipe frobnicate", "cwpipe dlq replay --wholesale", "cwpipe status a b"]
)
def test_a_command_that_is_none_would_be_found(line: str) -> None:
    with pytest.raises(Exception, match=r"No such|unexpected extra"):
        take(line)
