"""runs, cancel, resume, watermark: what the scheduler has under way, and steering it."""

import json
import time
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.errors import OperatorError
from cwp_ops.runs import RunBook, RunView
from cwp_shared.events import Mode, RunCancelRequested, SyncRequested
from cwp_shared.tables import source_table

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Runs: what was pulled, and how it ended.",
)

_COLOURS = {"completed": "green", "failed": "red", "open": "yellow"}
_CANCEL_PATIENCE_S = 30

TenantName = Annotated[str, typer.Argument(help="The tenant.", metavar="TENANT")]
TableName = Annotated[str | None, typer.Option("--table", help="Only this table.")]


def register(root: typer.Typer) -> None:
    """Add the commands beside `runs`."""
    root.command(epilog="Example: cwpipe cancel acme 20260301T120000000000Z-1a2b3c4d")(cancel)
    root.command(epilog="Example: cwpipe resume acme --table service_tickets")(resume)


@app.command("list", epilog="Example: cwpipe runs list acme --table service_tickets")
def list_(
    context: typer.Context,
    tenant: TenantName,
    table: TableName = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many, newest first.")] = 20,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show a tenant's runs, newest first: open, completed, failed, with pages, rows and reasons."""
    operator = operator_of(context)
    tables = tables_of(operator, tenant, table)
    found = RunBook(operator.stores).newest(tenant, tables, count)
    if as_json:
        operator.out.print_json(json.dumps([run.as_json() for run in found]))
        return
    shown = Table("run", "table", "mode", "status", "opened", "pages", "rows", "reason")
    for run in found:
        shown.add_row(*_cells(run))
    operator.out.print(shown)


@app.command(epilog="Example: cwpipe runs show acme 20260301T120000000000Z-1a2b3c4d")
def show(
    context: typer.Context,
    tenant: TenantName,
    run_id: Annotated[str, typer.Argument(help="As `cwpipe runs list` names it.", metavar="RUN")],
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show one run: its window, its pages and rows, its files, and why it failed."""
    operator = operator_of(context)
    run = RunBook(operator.stores).named(tenant, tables_of(operator, tenant, None), run_id)
    if as_json:
        operator.out.print_json(json.dumps(run.as_json()))
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in run.as_json().items():
        if value not in {None, ()}:
            text = "\n".join(value) if isinstance(value, tuple) else str(value)
            grid.add_row(name.replace("_", " "), escape(text))
    operator.out.print(grid)


def cancel(
    context: typer.Context,
    tenant: TenantName,
    run_id: Annotated[str, typer.Argument(help="An open run.", metavar="RUN")],
    reason: Annotated[
        str, typer.Option(help="Why; kept with the run.")
    ] = "cancelled by an operator",
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """End an open run as failed, so that its table is free for another.

    The watermark stays. Pages of it that arrive later are kept and do no harm.
    """
    operator = operator_of(context)
    book, tables = RunBook(operator.stores), tables_of(operator, tenant, None)
    run = book.named(tenant, tables, run_id)
    if run.status != "open":
        raise OperatorError(f"run {run_id} is {run.status} already")
    order = RunCancelRequested(tenant_id=tenant, run_id=run_id, table=run.table, reason=reason)
    operator.cloud.bus.publish([order])
    ended = _wait_until_ended(book, run)
    if as_json:
        operator.out.print_json(json.dumps(ended.as_json()))
    else:
        operator.out.print(f"run {run_id} of {ended.table} is {ended.status}: {ended.reason_class}")


def resume(
    context: typer.Context,
    tenant: TenantName,
    table: TableName = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Send the jobs that open runs lost again now, instead of waiting until they count as stalled.

    Safe though nothing was lost: a page that is fetched twice is one page.
    """
    operator = operator_of(context)
    found = RunBook(operator.stores).open(tenant, tables_of(operator, tenant, table))
    tables: dict[Mode, list[str]] = {}
    for run in found:
        mode: Mode = "reconcile" if run.mode == "reconcile" else "incremental"
        tables.setdefault(mode, []).append(run.table)
    operator.cloud.bus.publish(
        SyncRequested(tenant_id=tenant, mode=mode, tables=tuple(names), resume=True)
        for mode, names in tables.items()
    )
    if as_json:
        operator.out.print_json(json.dumps([run.as_json() for run in found]))
    elif not found:
        operator.out.print(f"no run of {tenant} is open")
    for run in found if not as_json else ():
        operator.out.print(f"jobs of {run.table}, run {run.run_id}, are sent again")


def tables_of(operator: Operator, tenant_id: str, table: str | None) -> tuple[str, ...]:
    """The tables that are meant: one, or all that the tenant is set up for or was before.

    Raises:
        OperatorError: no such tenant.
        Terminal: no such table.
    """
    config = operator.book.get(tenant_id)
    if table:
        source_table(table)
        return (table,)
    known = (name for name in operator.stores.watermarks_of(tenant_id) if name[0] != "#")
    return tuple(dict.fromkeys([*config.selected_tables(), *known]))


def _wait_until_ended(book: RunBook, run: RunView) -> RunView:
    end = time.monotonic() + _CANCEL_PATIENCE_S
    while time.monotonic() < end:
        now = book.named(run.tenant_id, [run.table], run.run_id)
        if now.status != "open":
            return now
        time.sleep(0.5)
    raise OperatorError(
        f"run {run.run_id} is still open after {_CANCEL_PATIENCE_S} s; the order is under way, see "
        f"`cwpipe runs show {run.tenant_id} {run.run_id}` and `cwpipe dlq list scheduler-progress`"
    )


def _cells(run: RunView) -> tuple[str, ...]:
    colour = _COLOURS.get(run.status, "white")
    expected = f"/{run.expected_rows:,}" if run.expected_rows is not None else ""
    why = f"{run.reason_class}: {run.reason}" if run.reason else ""
    return (
        run.run_id,
        run.table,
        run.mode,
        f"[{colour}]{run.status}[/{colour}]",
        run.opened_at[:19],
        str(run.pages),
        f"{run.rows:,}{expected}",
        escape(why),
    )
