"""logs: what a function said."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape

from cwp_ops import logs as reading
from cwp_ops import names
from cwp_ops.commands.options import AsJson
from cwp_ops.context import operator_of
from cwp_ops.times import age

_COLOURS = {"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe logs fetcher-fetch --errors --since 6h")(logs)


def logs(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    function: Annotated[str, typer.Argument(help=f"One of {', '.join(names.FUNCTIONS)}.")],
    find: Annotated[
        list[str] | None,
        typer.Option(help="Only lines with this text in them; repeated: with any of them."),
    ] = None,
    errors: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--errors", help="Only errors, and how invocations died.")
    ] = False,
    since: Annotated[str, typer.Option(help="How far back: 30m, 6h, 2d.")] = "1h",
    most: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 200,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show what a function said lately: its log lines, and what it counted and whose that is."""
    operator = operator_of(context)
    group = names.log_group(function, operator.stage)
    terms = (*(find or ()), *(reading.ERRORS if errors else ()))
    client = operator.cloud.client("logs")
    found, why_none = [], f"nothing of that in {group}"
    try:
        found = reading.find(client, group, terms, datetime.now(UTC) - age(since), most)
    except reading.NeverRan as none_yet:
        why_none = str(none_yet)
    if not found:
        operator.say(why_none)
    if as_json:
        operator.out.print_json(json.dumps([line.as_json() for line in found]))
        return
    for line in found:
        colour = _COLOURS.get(line.level, "white")
        text = " ".join(filter(None, (line.level, line.message, reading.told(line.about.items()))))
        operator.out.print(f"{line.at} [{colour}]{escape(text)}[/{colour}]", soft_wrap=True)
