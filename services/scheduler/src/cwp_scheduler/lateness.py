"""What of a tenant is late: a pure function of its settings and standing, as `due.py`; and told.

What is blocked is left out: somebody was told of it, and it must not hide others that are late.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cwp_scheduler.due import sweep_interval
from cwp_scheduler.metric_detail import Detail, dimensions
from cwp_scheduler.standing import TenantStanding
from cwp_shared import metrics
from cwp_shared.freshness import is_late, is_sweep_late
from cwp_shared.tenants import TenantConfig


@dataclass(frozen=True)
class Lateness:
    """A tenant at a tick.

    `behind`: of each table that is not blocked and was ever synced, how many cadences ago it was
    complete. `tables`, `sweeps`: which are late.
    """

    tenant_id: str
    behind: Mapping[str, float]
    tables: tuple[str, ...]
    sweeps: tuple[str, ...]


def lateness(tenant: TenantConfig, standing: TenantStanding, now: datetime) -> Lateness:
    """What is late."""
    seen = {
        table: standing.of(table)
        for table in tenant.selected_tables()
        if not standing.is_blocked(table)
    }
    return Lateness(
        tenant_id=tenant.tenant_id,
        behind={
            table: max((now - known.watermark) / tenant.cadence(table), 0.0)
            for table, known in seen.items()
            if known.watermark
        },
        tables=tuple(
            table
            for table, known in seen.items()
            if is_late(tenant.cadence(table), known.watermark, known.started_at, now)
        ),
        sweeps=tuple(
            table
            for table, known in seen.items()
            if (interval := sweep_interval(table))
            and (since := known.reconciled_at or known.started_at)
            and is_sweep_late(interval, since, now)
        ),
    )


def tell(late: Lateness, detail: Detail) -> None:
    """Put it where CloudWatch counts: the stage's worst tenant is the maximum of all lines."""
    by_tenant = dimensions("tenant", late.tenant_id, "") if detail != "stage" else {}
    worst = max(late.behind, key=lambda table: late.behind[table], default=None)
    metrics.put(
        {
            metrics.LATE_TABLES: len(late.tables),
            metrics.LATE_SWEEPS: len(late.sweeps),
            metrics.CADENCES_BEHIND: round(late.behind[worst], 2) if worst else 0.0,
        },
        {
            "tenant_id": late.tenant_id,
            "table": worst,
            "late_tables": late.tables,
            "late_sweeps": late.sweeps,
        },
        by_tenant,
    )
    if detail == "table":
        for table, behind in late.behind.items():
            by = dimensions(detail, late.tenant_id, table)
            metrics.put({metrics.CADENCES_BEHIND: round(behind, 2)}, by=by)


def tell_unreadable(tenant_id: str, error: str) -> None:
    """A tenant whose settings are not valid is not synced: late, whatever its tables are."""
    metrics.put({metrics.LATE_TABLES: 1}, {"tenant_id": tenant_id, "error": error})
