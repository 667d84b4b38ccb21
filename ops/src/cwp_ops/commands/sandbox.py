"""sandbox change, counts: the made-up ConnectWise companies of this machine."""

import json
from typing import Annotated

import typer
from rich.table import Table

from cwp_ops.context import operator_of
from cwp_ops.sandbox_side import change as change_company
from cwp_ops.sandbox_side import counts as count_company

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The local ConnectWise sandbox's companies.",
)

_COMPANY = "Company of the sandbox; tenants added with --sandbox have their own name."


@app.command(epilog="Example: cwpipe sandbox change demo --update 100 --add 10")
def change(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=_COMPANY)],
    update: Annotated[int, typer.Option(min=0, help="Rows to change.")] = 0,
    add: Annotated[int, typer.Option(min=0, help="Rows to add.")] = 0,
    delete: Annotated[int, typer.Option(min=0, help="Rows to delete.")] = 0,
) -> None:
    """Change, add and delete rows of a company, spread over its tables."""
    operator = operator_of(context)
    if not update + add + delete:
        raise typer.BadParameter("give at least one of --update, --add, --delete")
    played = change_company(operator.home, name, update=update, add=add, delete=delete)
    table = Table("table", "changed", "added", "deleted")
    for table_id, rows in played.tables.items():
        numbers = (len(rows.updated), len(rows.added), len(rows.deleted))
        table.add_row(table_id, *map(str, numbers))
    operator.out.print(table)


@app.command(epilog="Example: cwpipe sandbox counts demo --json")
def counts(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help=_COMPANY)],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,  # noqa: FBT002 - typer's way
) -> None:
    """Rows of a company, per table."""
    operator = operator_of(context)
    found = count_company(operator.home, name)
    if as_json:
        operator.out.print_json(json.dumps(dict(found)))
        return
    table = Table("table", "rows")
    for table_id, rows in found.items():
        table.add_row(table_id, f"{rows:,}")
    operator.out.print(table)
