"""A working day: what happens in a company of its size, spread over the day's seconds.

How much happens is said once, in the table of rates. What happens, and to which rows, follows
from the seed and the rows.

Invariant: no change says a second that a client was already served at, or that is past the
company's newest change, unless the clock leaves no other. So a client that has asked for all
changes up to a second has seen them all, as with a live service.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from random import Random

from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.draws import some_count
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.happenings import Happenings
from cwp_local.sandbox.models import ChangesPlayed
from cwp_local.sandbox.store import Store, Writing
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    COMPANIES,
    CONFIGURATIONS,
    CONTACTS,
    EXPENSES,
    INVOICES,
    MEMBERS,
    NOTES,
    PRODUCTS,
    PROJECT_TICKETS,
    SCHEDULE_ENTRIES,
    SITES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    TIME_SHEETS,
    Table,
)
from cwp_local.sandbox.world.generate import World
from cwp_shared.clock import Clock, to_seconds


@dataclass(frozen=True)
class Rates:
    """How much happens on one working day, each as a share of a table's rows.

    What comes along with it is not counted: a ticket that gets a time entry is changed as well.
    """

    add: float = 0.0
    change: float = 0.0
    close: float = 0.0
    change_board: float = 0.0
    change_company: float = 0.0
    merge: float = 0.0
    convert: float = 0.0
    delete: float = 0.0


#: A service desk writes three years of tickets in some 750 working days, hence about 0.15 % new
#: a day, and as many closed; each is touched some seven times in its life.
RATES = {
    TICKETS: Rates(
        add=0.0015,
        change=0.006,
        close=0.0014,
        change_board=0.0002,
        change_company=0.00005,
        merge=0.00005,
        convert=0.00002,
        delete=0.00002,
    ),
    PROJECT_TICKETS: Rates(
        add=0.001,
        change=0.008,
        close=0.001,
        change_board=0.0001,
        convert=0.0002,
        delete=0.00005,
    ),
    NOTES: Rates(add=0.0015, change=0.0002, delete=0.00005),
    TIME_ENTRIES: Rates(add=0.0015, change=0.002, delete=0.00005),
    SCHEDULE_ENTRIES: Rates(add=0.0015, change=0.002),
    ACTIVITIES: Rates(add=0.0015, change=0.005, delete=0.0001),
    EXPENSES: Rates(add=0.0015, change=0.002, delete=0.0001),
    PRODUCTS: Rates(add=0.001, change=0.003, delete=0.0001),
    TIME_SHEETS: Rates(add=0.002, change=0.01),
    COMPANIES: Rates(add=0.0003, change=0.004, delete=0.00002),
    CONTACTS: Rates(add=0.0005, change=0.003, delete=0.0002),
    SITES: Rates(add=0.0003, change=0.001),
    CONFIGURATIONS: Rates(add=0.0008, change=0.006, delete=0.0002),
    MEMBERS: Rates(add=0.0005, change=0.005),
    INVOICES: Rates(add=0.0002, change=0.002, delete=0.00002),
}
_OTHERS = Rates(add=0.0005, change=0.003, delete=0.00005)
_SETUP = Rates(change=0.001)
#: On the last day of a month, the month is billed.
_BILLED_AT_MONTHS_END = 0.03

#: At most this many seconds of a day have changes.
_MOST_MOMENTS = 480


@dataclass(frozen=True)
class Planned:
    """One thing that will happen to some row of a table: a name of `Rates` and `Happenings`."""

    what: str
    table: Table


def play_day(
    store: Store,
    world: World,
    clock: Clock,
    since: Callable[[], datetime],
    *,
    days: float = 1.0,
    seed: int | None = None,
) -> ChangesPlayed:
    """Play a day, a part of one, or several; answers with the ids of all rows that changed.

    Each second's changes are a transaction of their own, so that others can write in between.

    Args:
        store: the company's rows.
        world: what they were made from.
        clock: the company's clock.
        since: changes are spread over the seconds after this one, which may move meanwhile.
        days: 1 for a day, 0.1 for a tenth of its changes.
        seed: the same seed on the same rows at the same time plays the same day; None: each time
            another, the same for companies of the same seed and past.
    """
    with store.writing() as writing:
        played, before = writing.note("days_played") or 0, writing.last_change()
        named = f"{world.seed}:{played}" if seed is None else str(seed)
        rng = Random(f"day:{named}")  # noqa: S311 - made-up data
        plan = _plan(writing, rng, days, clock())
        writing.set_note("days_played", played + 1)
    for at, planned in _moments(plan, since, clock()):
        with store.writing() as writing:
            edit = Edit(writing, at, by=world.members()[0].login)
            happenings = Happenings(world, edit, rng)
            for one in planned:
                getattr(happenings, one.what)(one.table)
    return ChangesPlayed(at=to_seconds(clock()), tables=store.changed_since(before))


def rates_on(table: Table, at: datetime) -> Rates:
    """The rates of a table on the day of `at`."""
    rates = RATES.get(table, _SETUP if table.setup else _OTHERS)
    last_of_month = (at + timedelta(days=1)).month != at.month
    if table is INVOICES and last_of_month:
        return replace(rates, add=_BILLED_AT_MONTHS_END)
    return rates


def _plan(writing: Writing, rng: Random, days: float, at: datetime) -> list[Planned]:
    """All that will happen, in order."""
    plan = []
    for table in TABLES.values():
        rows = writing.count(table, EVERY_ROW)
        for what, rate in asdict(rates_on(table, at)).items():
            if what != "delete" or "DELETE" in table.methods:
                plan += [Planned(what, table)] * some_count(rng, rows * rate * days)
    rng.shuffle(plan)
    return plan


def _moments(
    plan: Sequence[Planned], since: Callable[[], datetime], now: datetime
) -> Iterator[tuple[datetime, Sequence[Planned]]]:
    """Seconds up to `now`, and what happens at each."""
    began, now = to_seconds(since()), to_seconds(now)
    seconds = int((now - began).total_seconds())
    count = max(1, min(len(plan), seconds, _MOST_MOMENTS))
    for number in range(count):
        at = began + timedelta(seconds=seconds * (number + 1) // count)
        earliest = to_seconds(since()) + timedelta(seconds=1)
        first, last = len(plan) * number // count, len(plan) * (number + 1) // count
        yield min(max(at, earliest), max(at, now)), plan[first:last]
