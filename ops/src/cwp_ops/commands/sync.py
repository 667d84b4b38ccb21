"""sync: ask for tenants' data and follow it into the warehouse."""

import json
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.markup import escape

from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_ops.dead_letters import grouped
from cwp_ops.errors import OperatorError
from cwp_ops.follow import Tracked, Wanted
from cwp_ops.queue_depths import Depth
from cwp_ops.views import SyncView
from cwp_ops.wiring import follower
from cwp_shared.events import Mode
from cwp_shared.tables import source_table

PATIENCE_S = 240


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: cwpipe sync acme --table service_tickets")(sync)


def sync(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="Tenants.", metavar="NAME...")],
    table: Annotated[
        list[str] | None, typer.Option(help="Only this table; may be repeated.")
    ] = None,
    full: Annotated[  # noqa: FBT002 - typer's way
        bool, typer.Option("--full", help="Every row, not only those changed since the watermark.")
    ] = False,
    patience: Annotated[
        int, typer.Option(min=5, help="Give up when nothing has moved for so many seconds.")
    ] = PATIENCE_S,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Sync tenants now, and wait until the data is in the warehouse.

    Stopping the command does not stop the sync. Exit code 1 if a table failed.
    """
    operator = operator_of(context)
    mode: Mode = "full" if full else "incremental"
    wanted = [one for name in names for one in wanted_of(operator, name, table or (), mode)]
    tracked = follow(operator, wanted, patience, quiet=as_json)
    if as_json:
        operator.out.print_json(json.dumps([_told(one) for one in tracked]))
    is_well = not _failed(tracked) if as_json else report(operator, tracked)
    if not is_well:
        raise typer.Exit(1)


def wanted_of(operator: Operator, name: str, tables: Sequence[str], mode: Mode) -> list[Wanted]:
    """The tables to sync of one tenant.

    Raises:
        OperatorError: no such tenant, it is disabled, or it is not set up for a table.
    """
    tenant = operator.book.get(name)
    if not tenant.enabled:
        raise OperatorError(f"tenant {name} is disabled")
    set_up = tenant.selected_tables()
    for table in tables:
        source_table(table)
        if table not in set_up:
            raise OperatorError(f"tenant {name} is not set up for {table}; it has {set_up}")
    return [Wanted(name, table, mode) for table in tables or set_up]


def follow(
    operator: Operator, wanted: Sequence[Wanted], patience_s: float, *, quiet: bool = False
) -> list[Tracked]:
    """Ask for the tables and show their progress until all are done or failed.

    With `quiet` it is shown beside the answer, not in it.
    """
    with SyncView(operator.err if quiet else operator.out) as view:
        return follower(operator).sync(wanted, view, patience_s)


def report(operator: Operator, tracked: Sequence[Tracked]) -> bool:
    """Say how it ended; whether all is well."""
    failed = _failed(tracked)
    rows = sum(one.progress.rows for one in tracked)
    if not failed:
        operator.out.print(f"[green]synced[/green] {len(tracked)} tables, {rows:,} rows fetched")
        return True
    for one in failed:
        where, why = f"{one.wanted.tenant_id} {one.wanted.table}", escape(one.progress.detail)
        operator.err.print(f"[red]failed[/red] {where}: {why}", soft_wrap=True)
    _explain(operator)
    return False


def _failed(tracked: Sequence[Tracked]) -> list[Tracked]:
    return [one for one in tracked if one.progress.stage == "failed"]


def _told(one: Tracked) -> dict[str, Any]:
    """How one table ended, for `--json`."""
    progress = one.progress
    about = {"tenant_id": one.wanted.tenant_id, "table": one.wanted.table, "run_id": one.run_id}
    return {**about, "status": progress.stage, "rows": progress.rows, "detail": progress.detail}


def _explain(operator: Operator) -> None:
    """What the queues hold, for a person who now has to look."""
    depths = operator.depths()
    for depth in depths:
        if not depth.is_empty:
            operator.err.print(f"  {_depth_text(depth)}")
    for reason in grouped(operator.letters()):
        operator.err.print(f"  {reason.queue}, {reason.count} times: {escape(reason.reason)}")
    operator.err.print("  more: cwpipe status")


def _depth_text(depth: Depth) -> str:
    return (
        f"queue {depth.queue.name}: {depth.waiting} waiting, {depth.in_flight} in work, "
        f"{depth.dead} dead"
    )
