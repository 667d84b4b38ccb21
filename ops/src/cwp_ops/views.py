"""Showing a sync: bars on a terminal, a line per change elsewhere (a log, a pipe)."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from cwp_ops.follow import Tracked

_COLOURS = {"done": "green", "failed": "red"}


class SyncView(AbstractContextManager["SyncView"]):
    """What `cwpipe sync` shows while it waits."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[rows]:>17}"),
            TextColumn("{task.fields[stage]}"),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[tuple[str, str], TaskID] = {}
        self._said: dict[tuple[str, str], str] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def show(self, tracked: Sequence[Tracked]) -> None:
        """Show where all tables are now."""
        for one in tracked:
            if self._console.is_terminal:
                self._move_bar(one)
            elif self._said.get(_key(one)) != one.progress.stage:
                self._said[_key(one)] = one.progress.stage
                self._console.print(_line(one), markup=False, soft_wrap=True)

    def _move_bar(self, one: Tracked) -> None:
        key = _key(one)
        if key not in self._tasks:
            name = f"{one.wanted.tenant_id} {one.wanted.table}"
            self._tasks[key] = self._bars.add_task(f"{name:<28}", total=1.0, rows="", stage="")
        self._bars.update(
            self._tasks[key],
            completed=one.progress.share,
            rows=rows_text(one),
            stage=_stage_text(one),
        )
        if one.is_over:
            self._bars.stop_task(self._tasks[key])


def rows_text(one: Tracked) -> str:
    """`12,000/20,000`, or as much as is known."""
    seen = one.progress
    if seen.stage in {"waiting", "surveying", "failed"}:
        return ""
    if seen.expected is None or seen.expected == seen.rows:
        return f"{seen.rows:,} rows"
    return f"{seen.rows:,}/{seen.expected:,}"


def _stage_text(one: Tracked) -> str:
    stage = one.progress.stage
    colour = _COLOURS.get(stage)
    return f"[{colour}]{stage:<9}[/{colour}]" if colour else f"{stage:<9}"


def _line(one: Tracked) -> str:
    words = [one.wanted.tenant_id, one.wanted.table, one.progress.stage, rows_text(one)]
    if one.progress.stage == "failed":
        words.append(one.progress.detail)
    return "  " + " ".join(filter(None, words))


def _key(one: Tracked) -> tuple[str, str]:
    return one.wanted.tenant_id, one.wanted.table
