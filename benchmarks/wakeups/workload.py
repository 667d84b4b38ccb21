"""A day's commits of many tenants, as an MSP's work makes them; the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cwp_loader.table import TableRef

DAY: Final = datetime(2026, 3, 3, tzinfo=UTC)
SEED: Final = 7

#: How often the scheduler looks for changes in a table.
SYNC_EVERY: Final = timedelta(minutes=15)
#: From the start of a sync to the commit of what it found, in seconds.
TO_COMMIT: Final = (20.0, 120.0)
OFFICE_HOURS: Final = range(8, 18)
#: Hours behind UTC: the four zones of the contiguous United States.
ZONES: Final = (5, 6, 7, 8)


@dataclass(frozen=True)
class Kind:
    """Tables of one temper: the chance that a sync finds something, in office hours and outside."""

    name: str
    tables: int
    busy: float
    quiet: float


KINDS: Final = (
    # Tickets, notes, time entries, schedule entries, activities.
    Kind("hot", 5, 0.9, 0.15),
    # Companies, contacts, configurations, agreements, invoices, products, projects.
    Kind("warm", 7, 0.15, 0.02),
    # Boards, statuses, types, members, work roles, ...
    Kind("cold", 8, 0.01, 0.01),
)


@dataclass(frozen=True)
class Arrival:
    """The next commit of a table."""

    at: datetime
    table: TableRef


def arrivals(tenants: int, seed: int = SEED) -> list[Arrival]:
    """All commits of the day, in order of time."""
    chance = random.Random(seed)  # noqa: S311 - a workload, not a secret
    made = [
        arrival
        for number in range(tenants)
        for arrival in _of_tenant(f"tenant-{number:02d}", chance)
    ]
    return sorted(made, key=lambda arrival: (arrival.at, arrival.table))


def _of_tenant(tenant: str, chance: random.Random) -> Iterator[Arrival]:
    zone = timedelta(hours=chance.choice(ZONES))
    phase = timedelta(minutes=chance.choice((0, 5, 10)))
    for kind in KINDS:
        for number in range(kind.tables):
            table = TableRef(tenant, f"{kind.name}_{number}")
            at = DAY + phase
            while at < DAY + timedelta(days=1):
                busy = (at - zone).hour in OFFICE_HOURS
                if chance.random() < (kind.busy if busy else kind.quiet):
                    yield Arrival(at + timedelta(seconds=chance.uniform(*TO_COMMIT)), table)
                at += SYNC_EVERY
