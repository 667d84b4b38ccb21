"""What Redshift Serverless charges for: the time it is awake, at least a minute at a time.

`awake` counts it for statements that ran. `expected_day` reckons it for tenants of a usual temper
without running anything; `make bench-wakeups`, which sends a day's commits through the loader,
shares the temper (`KINDS`) and the counting with it, and checks it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor, prod
from typing import Final

AT_LEAST: Final = timedelta(seconds=60)
#: The size of a workgroup that the shared stack makes (config/<stage>.yml).
RPUS: Final = 8

OFFICE_HOURS: Final = range(8, 18)
#: Hours behind UTC: the four zones of the contiguous United States.
ZONES: Final = (5, 6, 7, 8)

_QUARTER: Final = 15
_DAY: Final = 24 * 60
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """Tables of one temper: the chance that a quarter of an hour changes something, by hours."""

    name: str
    tables: int
    busy: float
    quiet: float

    def chance(self, hour_utc: float, zone: int, minutes: float) -> float:
        """The chance that something changes within so many minutes around an hour of the day."""
        is_busy = floor(hour_utc - zone) % 24 in OFFICE_HOURS
        quarter = self.busy if is_busy else self.quiet
        return float(1 - (1 - quarter) ** (minutes / _QUARTER))


KINDS: Final = (
    # Tickets, notes, time entries, schedule entries, activities.
    Kind("hot", 5, 0.9, 0.15),
    # Companies, contacts, configurations, agreements, invoices, products, projects.
    Kind("warm", 7, 0.15, 0.02),
    # Boards, statuses, types, members, work roles, ...
    Kind("cold", 8, 0.01, 0.01),
)


@dataclass(frozen=True)
class Loads:
    """How loads are assumed to go: seconds of one, and how many run at once."""

    seconds: float = 4.0
    at_once: int = 10


@dataclass(frozen=True)
class Day:
    """What a day takes: commits made, loads run, windows with any, minutes charged."""

    commits: float
    loads: float
    wake_ups: float
    minutes_charged: float


def awake(statements: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """The time charged for statements, given as start and end.

    What begins while another runs, or in a minute that is paid already, is charged from its end on.
    """
    total, paid_until, busy_until = timedelta(0), _LONG_AGO, _LONG_AGO
    for start, end in sorted(statements):
        goes_on = start <= busy_until or start < paid_until
        until = end if goes_on else max(end, start + AT_LEAST)
        total += max(until - max(start, paid_until), timedelta(0))
        paid_until, busy_until = max(until, paid_until), max(end, busy_until)
    return total


def expected_day(
    tenants: int,
    tables: Mapping[Kind, float],
    sync_minutes: Mapping[str, int],
    window_minutes: int,
    loads: Loads,
) -> Day:
    """A day of tenants, by chances alone.

    Args:
        tenants: how many, spread evenly over the zones.
        tables: of each kind, how many a tenant has.
        sync_minutes: by the kinds' names, how often changes are looked for.
        window_minutes: the length of the load window.
        loads: how loads go.
    """
    windows = range(0, _DAY, window_minutes)
    found = [
        _window(start / 60, tenants, tables, sync_minutes, window_minutes, loads)
        for start in windows
    ]
    return Day(
        commits=sum(one.commits for one in found),
        loads=sum(one.loads for one in found),
        wake_ups=sum(one.wake_ups for one in found),
        minutes_charged=sum(one.minutes_charged for one in found),
    )


def _window(
    hour: float,
    tenants: int,
    tables: Mapping[Kind, float],
    sync_minutes: Mapping[str, int],
    window: int,
    loads: Loads,
) -> Day:
    commits, changed, nothing = 0.0, 0.0, []
    for kind, count in tables.items():
        every = sync_minutes[kind.name]
        for zone in ZONES:
            there = count * tenants / len(ZONES)
            commits += there * kind.chance(hour, zone, every) * window / every
            chance = kind.chance(hour, zone, max(every, window)) * min(1, window / every)
            changed += there * chance
            nothing.append((1 - chance) ** there)
    woken = 1 - prod(nothing)
    seconds = max(AT_LEAST.total_seconds(), changed * loads.seconds / loads.at_once)
    return Day(commits, changed, woken, woken * seconds / 60)
