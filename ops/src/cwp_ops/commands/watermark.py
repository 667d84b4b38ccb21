"""watermark show and set: how far each table of a tenant is complete."""

import json
from typing import Annotated

import typer
from rich.table import Table

from cwp_ops.commands.options import AsJson, Yes
from cwp_ops.commands.runs import TableName, TenantName, tables_of
from cwp_ops.context import operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.times import moment
from cwp_ops.watermarks import move_watermark
from cwp_shared.clock import iso_seconds, utc_now

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Watermarks: how far each table is complete.",
)

_SHOWN = ("watermark", "run_id", "open_run", "attempted_at", "reconciled_at", "open_sweep")


@app.command(epilog="Example: cwpipe watermark show acme --json")
def show(
    context: typer.Context,
    tenant: TenantName,
    table: TableName = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show up to when each table is complete, by which run, and when ids were swept."""
    operator = operator_of(context)
    standings = operator.stores.watermarks_of(tenant)
    rows = [
        {"table": name, **{column: standings.get(name, {}).get(column) for column in _SHOWN}}
        for name in tables_of(operator, tenant, table)
    ]
    if as_json:
        operator.out.print_json(json.dumps(rows, default=str))
        return
    shown = Table("table", "watermark", "by run", "open run", "last run", "swept", "open sweep")
    for row in rows:
        shown.add_row(*(str(value or "") for value in row.values()))
    operator.out.print(shown)


@app.command(
    "set", epilog="Example: cwpipe watermark set acme service_tickets 2026-03-01T00:00:00Z"
)
def set_(
    context: typer.Context,
    tenant: TenantName,
    table: Annotated[str, typer.Argument(help="The table.", metavar="TABLE")],
    to: Annotated[str, typer.Argument(help="A time with its zone, e.g. 2026-03-01T00:00:00Z.")],
    yes: Yes = False,  # noqa: FBT002 - typer's way
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Set up to when a table counts as complete. Back: rows are fetched again, which does no harm.

    Forward: rows that changed in between are not fetched until a full run
    (`cwpipe sync TENANT --full`). Asks first. Not while a run of the table is open.
    """
    operator = operator_of(context)
    (name,) = tables_of(operator, tenant, table)
    wanted = moment(to)
    if wanted > utc_now():
        raise OperatorError(f"{to} is in the future: what changes until then would be lost")
    before = operator.stores.watermarks_of(tenant).get(name, {}).get("watermark")
    forward = before is None or iso_seconds(wanted) > str(before)
    what = (
        f"rows that changed between {before or 'the beginning'} and {to} will NOT be fetched"
        if forward
        else f"rows that changed since {to} will be fetched again"
    )
    if not yes:
        question = f"Watermark of {tenant} {name}: {before} -> {to}; {what}. Go on?"
        typer.confirm(question, abort=True, err=True)
    move_watermark(operator.stores.watermarks, tenant, name, before, wanted)
    if as_json:
        told = {"table": name, "before": before, "watermark": iso_seconds(wanted)}
        operator.out.print_json(json.dumps(told))
    else:
        operator.out.print(f"the watermark of {tenant} {name} is {iso_seconds(wanted)}; {what}")
