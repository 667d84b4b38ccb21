"""What the demo prints."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from cwp_ops.demo_checks import TableCount
from cwp_ops.follow import Tracked
from cwp_ops.queue_depths import Depth
from cwp_ops.timeline import Version

_LONGEST_VALUE = 60


def counts_table(before: Sequence[TableCount], after: Sequence[TableCount]) -> Table:
    """Rows per tenant and table, and what the second sync opened and closed."""
    table = Table(title="Rows, and what the second sync did to the histories", title_justify="left")
    for name in ("tenant", "table"):
        table.add_column(name)
    for name in ("sandbox", "warehouse, current", "all versions", "opened", "closed"):
        table.add_column(name, justify="right")
    earlier = {(one.tenant_id, one.canonical_table): one for one in before}
    for one in after:
        then = earlier[one.tenant_id, one.canonical_table]
        colour = "green" if one.is_right else "red"
        table.add_row(
            one.tenant_id,
            one.canonical_table,
            f"{one.sandbox:,}",
            f"[{colour}]{one.current:,}[/{colour}]",
            f"{one.versions:,}",
            f"{one.versions - then.versions:,}",
            f"{one.closed - then.closed:,}",
        )
    return table


def timeline_lines(title: str, versions: Sequence[Version]) -> list[str]:
    """One record's history, a few lines a version."""
    lines = [f"[bold]{escape(title)}[/bold]"]
    for version in versions:
        until = version.effective_to or "now"
        deleted = ", then deleted" if version.is_deleted else ""
        lines.append(f"  {version.effective_from}  until {until}{deleted}")
        if not version.changes:
            lines.append("      as it was first seen")
        for column, old, new in version.changes:
            lines.append(f"      {column}: {_value(old)} -> {_value(new)}")
    return lines


def stage_seconds(tracked: Tracked) -> dict[str, float]:
    """How long a table took to extract, to enter its history, and to load; to about a second."""
    entered: Mapping[Any, float] = tracked.entered
    done = entered.get("done", entered.get("failed", 0.0))
    loading = entered.get("loading", done)
    merging = entered.get("merging", loading)
    return {
        "extract": merging,
        "history": loading - merging,
        "load": done - loading,
        "total": done,
    }


def stages_table(title: str, tracked: Sequence[Tracked]) -> Table:
    """What each stage took, per tenant and table."""
    table = Table(title=title, title_justify="left")
    for name in ("tenant", "table"):
        table.add_column(name)
    for name in ("rows fetched", "pages", "extract s", "history s", "load s", "total s"):
        table.add_column(name, justify="right")
    for one in tracked:
        seconds = stage_seconds(one)
        table.add_row(
            one.wanted.tenant_id,
            one.wanted.table,
            f"{one.progress.rows:,}",
            f"{one.progress.pages:,}",
            *(f"{value:.0f}" for value in seconds.values()),
        )
    return table


def steps_table(steps: Sequence[tuple[str, float]]) -> Table:
    """What the demo's steps took."""
    table = Table(title="Time", title_justify="left")
    table.add_column("step")
    table.add_column("seconds", justify="right")
    for name, seconds in steps:
        table.add_row(name, f"{seconds:.1f}")
    table.add_row("[bold]all[/bold]", f"[bold]{sum(s for _, s in steps):.1f}[/bold]")
    return table


def queues_line(depths: Sequence[Depth]) -> str:
    """All queues in one line."""
    dead = sum(depth.dead for depth in depths)
    held = sum(depth.waiting + depth.in_flight for depth in depths)
    return f"{len(depths)} queues hold {held} messages, {len(depths)} dead-letter queues {dead}"


def _value(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    short = text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."
    return escape(short)
