"""Runs as an operator sees them: which there are, what became of them, and ending or resuming one.

SyncRuns is the scheduler's. What changes a run is asked for by an event.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cwp_ops.errors import OperatorError
from cwp_ops.paging import Item
from cwp_ops.stores import Stores


@dataclass(frozen=True)
class RunView:
    """One run. Pages and rows of an open one are those that are durable so far."""

    run_id: str
    tenant_id: str
    table: str
    mode: str
    status: str
    opened_at: str
    ended_at: str | None
    lower: str | None
    upper: str | None
    pages: int
    rows: int
    expected_rows: int | None
    quarantined: int
    missing: int | None
    picked_up: int
    reason_class: str | None
    reason: str | None
    raw_keys: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


@dataclass(frozen=True)
class RunBook:
    """Reads runs."""

    stores: Stores

    def newest(self, tenant_id: str, tables: Iterable[str], count: int) -> list[RunView]:
        """The newest runs of tables, of either kind, newest first."""
        items = [
            item
            for table in tables
            for sweep in (False, True)
            for item in self.stores.newest_runs(tenant_id, table, count, sweep=sweep)
        ]
        items.sort(key=lambda item: str(item["opened_at"]), reverse=True)
        return [self._view(item) for item in items[:count]]

    def open(self, tenant_id: str, tables: Iterable[str]) -> list[RunView]:
        """The open runs of tables, of either kind."""
        found = [
            self.stores.open_run(tenant_id, table, sweep=sweep)
            for table in tables
            for sweep in (False, True)
        ]
        return [self._view(item) for item in found if item]

    def named(self, tenant_id: str, tables: Iterable[str], run_id: str) -> RunView:
        """One run.

        Raises:
            OperatorError: the tenant has none of that id (ended ones are forgotten after 30 days).
        """
        for table in tables:
            if item := self.stores.run(tenant_id, table, run_id):
                return self._view(item)
        raise OperatorError(
            f"tenant {tenant_id} has no run {run_id!r}; see `cwpipe runs list {tenant_id}`"
        )

    def _view(self, item: Item) -> RunView:
        receipts = self.stores.receipts(item["run_id"]) if item["status"] == "OPEN" else []
        return run_view(item, receipts)


def run_view(item: Mapping[str, Any], receipts: list[Item]) -> RunView:
    """A header of SyncRuns, and the pages of it if it is still open."""
    told = {name: _text(item, name) for name in ("ended_at", "lower", "upper")}
    why = {name: _text(item, name) for name in ("reason_class", "reason")}
    return RunView(
        run_id=str(item["run_id"]),
        tenant_id=str(item["tenant_id"]),
        table=str(item["table"]),
        mode=str(item["mode"]),
        status=str(item["status"]).lower(),
        opened_at=str(item["opened_at"]),
        **told,
        **why,
        pages=int(item.get("pages", len(receipts))),
        rows=int(item.get("rows", sum(int(receipt["rows"]) for receipt in receipts))),
        expected_rows=_number(item, "expected_rows"),
        quarantined=int(item.get("quarantined", 0)),
        missing=_number(item, "missing"),
        picked_up=int(item.get("picked_up", 0)),
        raw_keys=tuple(str(key) for key in item.get("raw_keys", ())),
    )


def _text(item: Mapping[str, Any], name: str) -> str | None:
    return str(item[name]) if item.get(name) is not None else None


def _number(item: Mapping[str, Any], name: str) -> int | None:
    return int(item[name]) if item.get(name) is not None else None
