"""`cwpipe` lines of the documentation: where they are, and how the command would read them."""

import re
import shlex
from collections.abc import Iterable, Iterator
from itertools import takewhile
from pathlib import Path

import typer.main

from cwp_ops.main import app
from tests.rendering import ROOT

BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(cwpipe [^`]*)`")

COMMAND = typer.main.get_command(app)


def documented(pages: Iterable[Path]) -> Iterator[tuple[str, str]]:
    """Page and command, from code blocks and from the text."""
    for page in pages:
        text = page.read_text()
        blocks = "\n".join(BLOCK.findall(text)).replace("\\\n", " ")
        prose = BLOCK.sub("", text)
        # What stands far to the right explains the line.
        lines = re.findall(r"^(?:\S*bin/)?(cwpipe .*?)(?: {2,}.*)?$", blocks, re.MULTILINE)
        for line in {*lines, *(" ".join(c.split()) for c in INLINE.findall(prose))}:
            yield page.relative_to(ROOT).as_posix(), line


def take(line: str) -> tuple[str, ...]:
    """Read a line as the command would, and stop before running it; which command it is.

    A command that is named without anything behind it is only looked up.
    """
    typed = takewhile(lambda word: word not in {"&&", "|", ">"}, shlex.split(line, comments=True))
    words = [word for word in typed if word not in {"cwpipe", "--help"}]
    command = COMMAND
    path: list[str] = []
    context = command.make_context("cwpipe", words) if words else None
    while context is not None and isinstance(command, typer.core.TyperGroup):
        rest = [*context._protected_args, *context.args]
        if not rest:
            break
        name, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command, path = found, [*path, str(name)]
        context = command.make_context(name, rest, parent=context) if rest else None
    return tuple(path)
