"""What a tick has to see to: a pure function of a tenant's settings and standing.

Tenants are planned one by one, each from its own data alone: none can delay another.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cwp_scheduler.standing import TableStanding, TenantStanding
from cwp_shared.events import Mode
from cwp_shared.tables import source_tables
from cwp_shared.tenants import TenantConfig

#: A tick looks after a run that has been open for so long: longer than SQS can hold a message back
#: (15 minutes) plus the tries of a function that dies.
PATIENCE = timedelta(minutes=30)
#: How often a tick tries what is blocked.
TRY_EVERY = timedelta(hours=1)
#: How soon a sweep that failed is tried again.
SWEEP_AGAIN = timedelta(hours=1)
#: Sweeps that one tick opens for a tenant: rows go before deletes.
SWEEPS_PER_TICK = 4
#: Ticks do not come to the second: what is due so soon after this one is due now.
_JITTER = timedelta(seconds=30)

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Due:
    """A table that is due for a run, or has one open that should be looked after."""

    table: str
    mode: Mode


def due(tenant: TenantConfig, standing: TenantStanding, now: datetime) -> list[Due]:
    """What is due: first the tables that have waited longest, then sweeps."""
    if standing.blocked:
        return _try(tenant, standing, now)
    tables = sorted(tenant.selected_tables(), key=lambda table: _last(standing.of(table)))
    runs = [
        Due(t, _mode(t, standing.of(t), now))
        for t in tables
        if _wants_run(tenant, t, standing, now)
    ]
    sweeps = [Due(t, "reconcile") for t in tables if _wants_sweep(t, standing, now)]
    return runs + sweeps[:SWEEPS_PER_TICK]


def _try(tenant: TenantConfig, standing: TenantStanding, now: datetime) -> list[Due]:
    """One table of a blocked tenant, if none was tried for a while: the one tried longest ago."""
    tables = tenant.selected_tables()
    last = max((_last(standing.of(table)) for table in tables), default=now)
    if not _passed(last, TRY_EVERY, now):
        return []
    candidates = [t for t in tables if t not in standing.blocked_tables] or list(tables)
    return [Due(min(candidates, key=lambda t: _last(standing.of(t))), "incremental")]


def _wants_run(tenant: TenantConfig, table: str, standing: TenantStanding, now: datetime) -> bool:
    known = standing.of(table)
    if known.open_run:
        wait = PATIENCE
    elif table in standing.blocked_tables:
        wait = TRY_EVERY
    else:
        wait = tenant.cadence(table) - _JITTER
    return _passed(known.attempted_at, wait, now)


def _mode(table: str, known: TableStanding, now: datetime) -> Mode:
    """Full instead of a sweep, where rows may have changed that no incremental run asks for."""
    entry = source_tables().get(table)
    if entry is None or not entry.of_changed_parents or known.watermark is None:
        return "incremental"
    interval = sweep_interval(table)
    return "full" if interval and _passed(_last_sweep(known), interval, now) else "incremental"


def _wants_sweep(table: str, standing: TenantStanding, now: datetime) -> bool:
    """Whether ids should be swept."""
    known = standing.of(table)
    if known.open_sweep:
        return _passed(known.sweep_attempted_at, PATIENCE, now)
    entry, interval = source_tables().get(table), sweep_interval(table)
    if entry is None or entry.swept_by_full_runs or interval is None:
        return False
    if known.watermark is None or table in standing.blocked_tables:
        return False
    is_time = _passed(_last_sweep(known), interval, now)
    return is_time and _passed(known.sweep_attempted_at, SWEEP_AGAIN, now)


def sweep_interval(table: str) -> timedelta | None:
    """How often ids are swept; None: a table that is always read in full sweeps itself."""
    entry = source_tables().get(table)
    if entry is None or not entry.incremental or entry.reconcile_hours is None:
        return None
    return timedelta(hours=entry.reconcile_hours)


def _last_sweep(known: TableStanding) -> datetime | None:
    return known.reconciled_at or known.started_at


def _last(known: TableStanding) -> datetime:
    return known.attempted_at or _NEVER


def _passed(since: datetime | None, wait: timedelta, now: datetime) -> bool:
    return since is None or since == _NEVER or now - since >= wait
