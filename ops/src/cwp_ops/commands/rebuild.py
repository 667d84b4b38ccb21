"""rebuild: a table's history anew from its raw files."""

from typing import Annotated

import typer

from cwp_ops.commands.options import AsJson
from cwp_ops.context import operator_of
from cwp_ops.wiring import rebuilder

PATIENCE_S = 3600


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe rebuild acme tickets")(rebuild)


def rebuild(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Tenant.", metavar="TENANT")],
    table: Annotated[str, typer.Argument(help="Canonical table.", metavar="TABLE")],
    patience: Annotated[
        int, typer.Option(min=2, help="Stop waiting after so many seconds; the rebuild goes on.")
    ] = PATIENCE_S,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Make a table's history anew from its raw files, under the mapping that is deployed.

    Use it after a change of its file in mappings/ that is to show in the past, too. Readers see
    the old history or the new one. What does not change is not loaded again. Syncs may go on.
    """
    operator = operator_of(context)
    operator.book.get(name)
    operator.check_canonical(table)
    operator.say(f"making {name}.{table} anew from its raw files")
    commit = rebuilder(operator).rebuild(name, table, patience)
    file, aside = commit["canonical"], commit["tally"]["quarantined"]
    if as_json:
        operator.answer(
            {"sequence": commit["sequence"], "canonical": file, "quarantined_rows": aside}
        )
    elif file:
        operator.out.print(
            f"[green]rebuilt[/green] as commit {commit['sequence']}: {file['opened']:,} versions "
            f"new, {file['replaced']:,} changed in place, {file['closed']:,} with other bounds, "
            f"{file['removed']:,} gone; the loader is told"
        )
    else:
        operator.out.print("[green]rebuilt[/green]: the history was what its raw files say")
    if aside:
        operator.say(
            f"{aside:,} rows do not fit the mapping and are set aside; "
            f"`cwpipe quarantine list {name}` says why"
        )
