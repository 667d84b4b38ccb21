"""The state of a stage in one picture: tenants, tables, runs, watermarks, loads, what failed."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cwp_ops.dead_letters import Reason
from cwp_ops.paging import Item
from cwp_ops.progress import blocked
from cwp_ops.queue_depths import Depth
from cwp_ops.standing_records import Records, read_records
from cwp_ops.stores import Stores
from cwp_shared.clock import Clock, utc_now
from cwp_shared.errors import Terminal
from cwp_shared.freshness import is_late
from cwp_shared.tenants import TenantConfig

#: Those of some tenants that have API keys.
WithKeys = Callable[[Collection[str]], Collection[str]]
#: Current rows in the warehouse by canonical table, for one tenant.
CountRows = Callable[[str], Mapping[str, int]]


@dataclass(frozen=True)
class TableStatus:
    """One table of one tenant. `rows`: current rows in the warehouse, None if not known."""

    table: str
    canonical_table: str | None
    run: str
    run_at: str | None
    watermark: str | None
    fetched_rows: int | None
    rows: int | None
    loaded_sequence: int
    highest_sequence: int
    trouble: str | None
    #: How often it is synced.
    cadence_minutes: int = 0


@dataclass(frozen=True)
class TenantStatus:
    """One tenant. `trouble`: why nothing of it can be synced."""

    tenant_id: str
    site: str
    enabled: bool
    tables: tuple[TableStatus, ...]
    trouble: str | None


@dataclass(frozen=True)
class Status:
    """A stage."""

    stage: str
    tenants: tuple[TenantStatus, ...]
    queues: tuple[Depth, ...]
    dead_letters: tuple[Reason, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing waits for a person."""
        troubled = any(t.trouble or any(x.trouble for x in t.tables) for t in self.tenants)
        return not troubled and not any(depth.dead for depth in self.queues)

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "stage": self.stage,
            "tenants": [asdict(tenant) for tenant in self.tenants],
            "queues": [
                {
                    "name": depth.queue.name,
                    "waiting": depth.waiting,
                    "in_flight": depth.in_flight,
                    "dead": depth.dead,
                }
                for depth in self.queues
            ],
            "dead_letters": [asdict(reason) for reason in self.dead_letters],
        }


@dataclass(frozen=True)
class Reader:
    """Reads tenants' states from a stage's stores."""

    stores: Stores
    canonical_tables: Mapping[str, tuple[str, ...]]
    with_keys: WithKeys
    count_rows: CountRows
    clock: Clock = utc_now

    def tenants(self, items: Iterable[Item]) -> tuple[TenantStatus, ...]:
        """The states of tenants given as TenantServices items."""
        read = [_config(item) for item in sorted(items, key=_name)]
        tables = {t.tenant_id: t.selected_tables() for t in read if isinstance(t, TenantConfig)}
        records = read_records(self.stores, tables, self.canonical_tables)
        with_keys = self.with_keys(tables)
        return tuple(
            self._tenant(one, records, has_keys=one.tenant_id in with_keys)
            if isinstance(one, TenantConfig)
            else one
            for one in read
        )

    def _tenant(self, tenant: TenantConfig, records: Records, *, has_keys: bool) -> TenantStatus:
        standings = records.standings.get(tenant.tenant_id, {})
        trouble = _trouble_of_block(standings)
        if not has_keys:
            trouble = f"no API keys; enter them with `cwpipe tenants keys {tenant.tenant_id}`"
        return TenantStatus(
            tenant_id=tenant.tenant_id,
            site=tenant.site,
            enabled=tenant.enabled,
            tables=tuple(self._tables(tenant, records, standings)),
            trouble=trouble,
        )

    def _tables(
        self, tenant: TenantConfig, records: Records, standings: Mapping[str, Item]
    ) -> Iterable[TableStatus]:
        rows = self.count_rows(tenant.tenant_id)
        for table in tenant.selected_tables():
            pair = (tenant.tenant_id, table)
            canonical = next(iter(self.canonical_tables.get(table, ())), None)
            status = table_status(
                table=table,
                canonical_table=canonical,
                run=records.runs.get(pair),
                watermark=standings.get(table, {}).get("watermark"),
                head=records.heads.get((tenant.tenant_id, canonical)) if canonical else None,
                rows=rows.get(canonical) if canonical else None,
            )
            trouble = (
                status.trouble
                or _trouble_of_sweep(records.sweeps.get(pair, {}))
                or _lateness(tenant, table, standings, self.clock())
            )
            yield replace(
                status,
                trouble=trouble,
                cadence_minutes=tenant.cadence(table) // timedelta(minutes=1),
            )


def _config(item: Item) -> TenantConfig | TenantStatus:
    """A tenant's settings; of an item that has none, all that can be said of it."""
    try:
        return TenantConfig.from_item(item)
    except Terminal as error:
        return TenantStatus(
            _name(item), str(item.get("site")), enabled=False, tables=(), trouble=str(error)
        )


def table_status(
    table: str,
    canonical_table: str | None,
    run: Item | None,
    watermark: str | None,
    head: Item | None,
    rows: int | None,
) -> TableStatus:
    """Put what is known about a table together."""
    run, head = run or {}, head or {}
    return TableStatus(
        table=table,
        canonical_table=canonical_table,
        run=f"{run.get('mode', '')} {str(run.get('status', 'never')).lower()}".strip(),
        run_at=run.get("ended_at") or run.get("opened_at"),
        watermark=watermark,
        fetched_rows=int(run["rows"]) if "rows" in run else None,
        rows=rows,
        loaded_sequence=int(head.get("loaded_sequence") or 0),
        highest_sequence=int(head.get("highest_sequence") or 0),
        trouble=_trouble(run, head),
    )


def _trouble(run: Item, head: Item) -> str | None:
    if run.get("status") == "FAILED":
        return f"last run failed: {run.get('reason_class')}: {run.get('reason')}"
    if reason := blocked(head):
        return f"loading is blocked: {reason}"
    if head.get("phase") == "waiting":
        return f"loading is tried again at {head.get('retry_at')}: {head.get('last_error')}"
    if passed_over := int(head.get("set_aside") or 0):
        return f"{passed_over} files could not be loaded and are missing: docs/runbooks/loading.md"
    return None


def _trouble_of_block(standings: Mapping[str, Item]) -> str | None:
    if block := standings.get("#blocked"):
        return f"blocked since {block['since']}: {block['reason_class']}: {block['reason']}"
    return None


def _trouble_of_sweep(sweep: Item) -> str | None:
    if sweep.get("status") != "FAILED":
        return None
    return f"last sweep for deletes failed: {sweep.get('reason_class')}: {sweep.get('reason')}"


def _lateness(
    tenant: TenantConfig, table: str, standings: Mapping[str, Item], now: datetime
) -> str | None:
    """As the scheduler counts it, and its alarm tells: nothing of what is blocked or disabled."""
    if not tenant.enabled or {"#blocked", f"#blocked#{table}"} & standings.keys():
        return None
    known = standings.get(table, {})
    every = tenant.cadence(table)
    watermark, started = known.get("watermark"), known.get("started_at")
    if not is_late(every, _moment(watermark), _moment(started), now):
        return None
    if watermark is None:
        return f"late: its first run was opened at {started}, and none has completed"
    return f"late: complete up to {watermark}, and due every {every} (docs/runbooks/freshness.md)"


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _name(item: Item) -> str:
    return str(item.get("tenant_id"))
