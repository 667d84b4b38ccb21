"""A snapshot on one screen."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from cwp_ops.times import age_text
from cwp_ops.watch import Freshness, Snapshot, Step

#: Of lists that may be long, a screen shows so many lines.
_MOST_TENANTS = 15
_MOST_TROUBLES = 8


def screen(seen: Snapshot) -> RenderableType:
    """Flow and backlog, freshness by tenant, errors, cost drivers."""
    troubles = [f"{t.tenant_id}: {text}" for t in seen.tenants for text in t.troubles]
    return Group(
        f"[bold]connectwise-{seen.stage}[/bold] at {seen.at}",
        _flow(seen.steps),
        _tenants(seen.tenants),
        *_troubles([*seen.errors, *troubles]),
        _costs(seen),
    )


def _flow(steps: Sequence[Step]) -> Table:
    table = Table("queue", title="flow from API to warehouse", title_justify="left")
    for column in ("waiting", "in work", "dead", "calls, last hour", "seconds", "$"):
        table.add_column(column, justify="right")
    for step in steps:
        dead = f"[red]{step.dead}[/red]" if step.dead else "0"
        table.add_row(
            step.queue,
            f"{step.waiting:,}",
            f"{step.in_flight:,}",
            dead,
            f"{step.calls:,.0f}",
            f"{step.seconds:,.1f}",
            f"{step.dollars:,.4f}",
        )
    return table


def _tenants(tenants: Sequence[Freshness]) -> Table:
    table = Table("tenant", title="freshness", title_justify="left")
    for column in ("tables complete", "most behind", "watermark's age"):
        table.add_column(column)
    for column in ("overdue", "open runs", "commits to load", "troubles"):
        table.add_column(column, justify="right")
    worst_first = sorted(tenants, key=lambda one: -(one.overdue or 0.0))
    for one in worst_first[:_MOST_TENANTS]:
        table.add_row(*_cells(one))
    if more := tenants[_MOST_TENANTS:]:
        table.caption = f"and {len(more)} more tenants, less behind"
    return table


def _cells(one: Freshness) -> tuple[str, ...]:
    name = one.tenant_id if one.enabled else f"{one.tenant_id} (disabled)"
    overdue = "[green]no[/green]"
    if one.overdue is not None:
        overdue = f"[yellow]{age_text(int(one.overdue))}[/yellow]"
    return (
        name,
        f"{one.complete} of {one.tables}",
        one.behind_table or "",
        "" if one.behind is None else age_text(int(one.behind)),
        overdue if one.behind is not None else "",
        str(one.open_runs),
        f"{one.waiting_commits:,}",
        f"[red]{len(one.troubles)}[/red]" if one.troubles else "0",
    )


def _troubles(texts: Sequence[str]) -> list[str]:
    if not texts:
        return ["[green]no dead letters, no failed runs, no blocked loads[/green]"]
    told = [f"[red]{escape(text)}[/red]" for text in texts[:_MOST_TROUBLES]]
    more = len(texts) - len(told)
    return [*told, *([f"and {more} more: cwpipe status"] if more else [])]


def _costs(seen: Snapshot) -> str:
    return (
        f"cost drivers, last hour: warehouse awake {seen.warehouse_minutes:.1f} minutes "
        f"(${seen.warehouse_dollars:.2f}), functions "
        f"${seen.dollars - seen.warehouse_dollars:.4f}; a month: cwpipe costs"
    )
