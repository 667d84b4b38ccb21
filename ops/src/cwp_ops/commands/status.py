"""status: tenants, tables, last runs, watermarks, rows, and what failed and why."""

import json
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.dead_letters import grouped, letters
from cwp_ops.status import Status, TableStatus, TenantStatus
from cwp_ops.wiring import status_reader


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe status acme --json")(status)


def status(
    context: typer.Context,
    name: Annotated[str | None, typer.Argument(help="Only this tenant.")] = None,
    rows: Annotated[
        bool | None,
        typer.Option(help="Count rows in the warehouse; default: only on stage local."),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Show tenants, tables, last run, watermark, rows, and what failed and why."""
    operator = operator_of(context)
    ask_warehouse = operator.stage == "local" if rows is None else rows
    found = read(operator, name, ask_warehouse=ask_warehouse)
    if as_json:
        operator.out.print_json(json.dumps(found.as_json(), default=str))
    else:
        show(operator, found)


def read(operator: Operator, name: str | None, *, ask_warehouse: bool) -> Status:
    """The state of the stage, or of one tenant."""
    if name is not None:
        operator.book.get(name)
    items = [item for item in operator.book.items() if name in {None, item["tenant_id"]}]
    depths = operator.depths()
    found = letters(operator.peek, depths)
    return Status(
        stage=operator.stage,
        tenants=status_reader(operator, ask_warehouse=ask_warehouse).tenants(items),
        queues=tuple(depths),
        dead_letters=tuple(grouped(x for x in found if name in {None, x.tenant_id})),
    )


def show(operator: Operator, found: Status) -> None:
    """Print a state for people."""
    out = operator.out
    if not found.tenants:
        out.print("no tenants yet; add one with `cwpipe tenants add`")
    for tenant in found.tenants:
        out.print(_tenant_table(tenant))
        for text in _troubles(tenant):
            out.print(f"[red]{escape(text)}[/red]", soft_wrap=True)
    busy = [depth for depth in found.queues if not depth.is_empty]
    for depth in busy:
        out.print(
            f"{depth.queue.name}: {depth.waiting} waiting, {depth.in_flight} in work, "
            f"{depth.dead} dead"
        )
    if not busy:
        out.print("all queues and dead-letter queues are empty")
    for reason in found.dead_letters:
        out.print(
            f"[red]dead in {reason.queue}: {reason.count} x {reason.error_type}: "
            f"{escape(reason.reason)} (last {reason.newest})[/red]",
            soft_wrap=True,
        )


def _troubles(tenant: TenantStatus) -> list[str]:
    own = [f"{tenant.tenant_id}: {tenant.trouble}"] if tenant.trouble else []
    return own + [
        f"{tenant.tenant_id} {table.table}: {table.trouble}"
        for table in tenant.tables
        if table.trouble
    ]


def _tenant_table(tenant: TenantStatus) -> Table:
    state = "" if tenant.enabled else ", disabled"
    table = Table(title=f"{tenant.tenant_id} ({tenant.site}{state})", title_justify="left")
    for column in ("table", "last run", "at", "watermark"):
        table.add_column(column)
    for column in ("fetched", "current rows", "loaded commit"):
        table.add_column(column, justify="right")
    for one in tenant.tables:
        table.add_row(*_cells(one))
    return table


def _cells(one: TableStatus) -> tuple[str, ...]:
    colour = "red" if one.trouble else "white"
    return (
        one.table,
        f"[{colour}]{one.run}[/{colour}]",
        (one.run_at or "")[:19],
        one.watermark or "",
        _number(one.fetched_rows),
        _number(one.rows),
        f"{one.loaded_sequence}/{max(one.highest_sequence, one.loaded_sequence)}",
    )


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"
