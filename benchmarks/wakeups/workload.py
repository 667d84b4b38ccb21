"""A day's commits of many tenants, as an MSP's work makes them; the same for the same seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from cwp_loader.table import TableRef
from cwp_ops.costs.waking import KINDS, ZONES

DAY: Final = datetime(2026, 3, 3, tzinfo=UTC)
SEED: Final = 7

#: How often the scheduler looks for changes in a table.
SYNC_EVERY: Final = timedelta(minutes=15)
#: From the start of a sync to the commit of what it found, in seconds.
TO_COMMIT: Final = (20.0, 120.0)


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
    zone = chance.choice(ZONES)
    quarter = SYNC_EVERY / timedelta(minutes=1)
    phase = timedelta(minutes=chance.choice((0, 5, 10)))
    for kind in KINDS:
        for number in range(kind.tables):
            table = TableRef(tenant, f"{kind.name}_{number}")
            at = DAY + phase
            while at < DAY + timedelta(days=1):
                if chance.random() < kind.chance(at.hour + at.minute / 60, zone, quarter):
                    yield Arrival(at + timedelta(seconds=chance.uniform(*TO_COMMIT)), table)
                at += SYNC_EVERY
