"""tenants set: what of a tenant is synced, how often, and how hard its API is asked."""

from typing import Annotated, Any

import typer

from cwp_ops.commands.options import AsJson
from cwp_ops.context import Operator, operator_of
from cwp_shared.tables import source_table
from cwp_shared.tenants import TenantConfig


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(
        "set",
        epilog="Examples: cwpipe tenants set acme --load-minutes 60 --load-now tickets,time_entries"
        "   cwpipe tenants set acme --cadence 30   cwpipe tenants set acme --load-minutes 0"
        "   cwpipe tenants set acme --tables service_tickets,time_entries",
    )(set_)


def set_(  # noqa: PLR0913, PLR0917 - the options of one command
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Which tenant.")],
    tables: Annotated[
        str | None,
        typer.Option(help="Source tables that are synced, comma-separated; '': the default set."),
    ] = None,
    cadence: Annotated[
        int | None,
        typer.Option(min=0, max=10_080, help="Minutes between syncs; 0: as each table says."),
    ] = None,
    load_minutes: Annotated[
        int | None,
        typer.Option(
            min=0, max=1440, help="Minutes between loads of the warehouse; 0: the stage's window."
        ),
    ] = None,
    load_now: Annotated[
        str | None,
        typer.Option(help="Canonical tables loaded as they come, comma-separated; '': none."),
    ] = None,
    requests_per_minute: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Requests that its API is sent at most.")
    ] = None,
    parallel_requests: Annotated[
        int | None, typer.Option(min=1, max=16, help="Requests at once.")
    ] = None,
    full_only: Annotated[
        str | None,
        typer.Option(
            help="Source tables read without the lastUpdated filter, comma-separated; '': none. "
            "`tenants check` says which."
        ),
    ] = None,
    as_json: AsJson = False,  # noqa: FBT002 - typer's way
) -> None:
    """Change a tenant's settings; what is not given stays. Takes effect with the next message.

    A window of its own costs wake-ups of the warehouse only if it is shorter than the stage's
    (docs/warehouse.md); --load-now does, for each commit of those tables.
    """
    operator = operator_of(context)
    given = {
        "cadence_minutes": cadence,
        "load_minutes": load_minutes,
        "requests_per_minute": requests_per_minute,
        "parallel_requests": parallel_requests,
    }
    # 0 stands for the default, which an item says by saying nothing.
    wanted: dict[str, Any] = {n: value or None for n, value in given.items() if value is not None}
    if tables is not None:
        wanted["tables"] = _sources(tables) or None
    if load_now is not None:
        wanted["load_now"] = _canonical(operator, load_now)
    if full_only is not None:
        wanted["full_only"] = _sources(full_only)
    if not wanted:
        raise typer.BadParameter("say what: --tables, --load-minutes, --load-now, --cadence, ...")
    tenant = operator.book.change(operator.book.get(name), wanted)
    if as_json:
        operator.answer(tenant.model_dump(mode="json"))
    else:
        operator.out.print(_told(tenant), soft_wrap=True)


def _named(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _sources(text: str) -> list[str]:
    return [name for name in _named(text) if source_table(name)]


def _canonical(operator: Operator, text: str) -> list[str]:
    named = _named(text)
    for name in named:
        operator.check_canonical(name)
    return named


def _told(tenant: TenantConfig) -> str:
    window = "the stage's window"
    if tenant.load_minutes:
        window = f"windows of {tenant.load_minutes} minutes"
    now = f", {', '.join(tenant.load_now)} at once" if tenant.load_now else ""
    cadence = f"every {tenant.cadence_minutes} minutes" if tenant.cadence_minutes else "by table"
    full = f"; read in full: {', '.join(tenant.full_only)}" if tenant.full_only else ""
    return (
        f"tenant {tenant.tenant_id}: {len(tenant.selected_tables())} tables, synced {cadence}, "
        f"loaded in {window}{now}, at most "
        f"{tenant.requests_per_minute} requests a minute, {tenant.parallel_requests} at once{full}"
    )
