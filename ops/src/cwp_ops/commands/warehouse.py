"""warehouse: faults."""

import typer

from cwp_ops.commands import warehouse_fault

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The warehouse: is all there and allowed, and what the local one does wrong on command.",
)
app.add_typer(warehouse_fault.app, name="fault")
