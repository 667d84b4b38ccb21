"""The loader's own functions, `gather` and `settle`, through a day that takes a minute.

Queue, state and warehouse are in memory, and the clock jumps from event to event. What decides when
a table is loaded is the loader itself; only how long the warehouse takes is assumed.
"""

import heapq
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from benchmarks.wakeups.workload import DAY, Arrival
from cwp_loader import settle
from cwp_loader.collaborators import Collaborators
from cwp_loader.commits import Keeping, gather
from cwp_loader.data_api import Outcome
from cwp_loader.head import Head
from cwp_loader.layout import Columns, warehouse_columns
from cwp_loader.messages import Because, StatementEnded, StatementName
from cwp_loader.sql import CLOSED_COLUMNS
from cwp_loader.table import TableRef
from cwp_shared.events import CanonicalColumn, CanonicalCommitted, Event, TableLoaded

_SWEEP_EVERY: Final = timedelta(minutes=5)
#: What a queue adds to a wake.
_DELIVERY: Final = timedelta(seconds=1)
_COLUMNS: Final[Columns] = tuple(
    CanonicalColumn(name=name, type="bigint") for name in ("op", "sk", *CLOSED_COLUMNS)
)


@dataclass(frozen=True)
class Warehouse:
    """What is assumed of it."""

    #: Of one load, from its start to its end.
    load_seconds: float
    #: Loads that run at once; more wait in its queue.
    at_once: int


@dataclass
class Taken:
    """What a day took."""

    #: Start and end of every statement.
    statements: list[tuple[datetime, datetime]] = field(default_factory=list)
    #: From a commit's arrival until it was loaded.
    delays: list[timedelta] = field(default_factory=list)


class Day:
    """One simulated day; every collaborator of the loader is this object."""

    def __init__(self, warehouse: Warehouse, window: timedelta) -> None:
        self._warehouse = warehouse
        self._window = window
        self._now = DAY
        self._order = count()
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._heads: dict[TableRef, Head] = {}
        self._pending: dict[TableRef, dict[int, CanonicalCommitted]] = {}
        self._arrived: dict[tuple[TableRef, int], datetime] = {}
        self._free_at = [DAY] * warehouse.at_once
        self._ended: dict[str, datetime] = {}
        self.taken = Taken()
        self._keeping = Keeping(self, self, self, self.clock)
        self._on = Collaborators(
            state=self,
            statements=self,
            manifests=self,
            quarantine=self,
            bus=self,
            wakes=self,
            copy_role_arn="arn:aws:iam::000000000000:role/copy",
            clock=self.clock,
            new_id=lambda: f"{next(self._order):032x}",
        )

    def run(self, arrivals: Iterable[Arrival]) -> Taken:
        """Until all is loaded."""
        for arrival in arrivals:
            self._at(arrival.at, lambda table=arrival.table: self._commit(table))  # type: ignore[misc]  # bound early
        for number in range(int(timedelta(days=1, hours=2) / _SWEEP_EVERY)):
            self._at(DAY + number * _SWEEP_EVERY, lambda: _ignore(settle.sweep(self._on)))
        while self._agenda:
            self._now, _, happens = heapq.heappop(self._agenda)
            happens()
        waiting = sum(map(len, self._pending.values()))
        if waiting:
            raise AssertionError(f"{waiting} commits were not loaded")
        return self.taken

    def clock(self) -> datetime:
        """Now."""
        return self._now

    def length(self, _: TableRef) -> timedelta:
        """All tables have the same window."""
        return self._window

    # The queue.

    def send(
        self,
        table: TableRef,
        because: Because,
        delay: timedelta = timedelta(0),
        *,
        reload_from: int | None = None,
    ) -> None:
        """A wake, delivered a moment after its delay."""
        if reload_from is None:
            self._at(self._now + delay + _DELIVERY, lambda: settle.wake(self._on, table, because))

    # The state.

    def add(self, commit: CanonicalCommitted) -> None:
        """Keep a commit."""
        table = TableRef(commit.tenant_id, commit.canonical_table)
        self._pending.setdefault(table, {})[commit.sequence] = commit

    def raise_highest(self, table: TableRef, sequence: int) -> None:
        """Commits come in order here."""
        self._heads[table] = self.head(table).model_copy(update={"highest_sequence": sequence})

    def set_due(self, table: TableRef, due: datetime) -> datetime:
        """The earlier of the two."""
        head = self.head(table)
        due = min(due, head.due_at or due)
        self._heads[table] = head.model_copy(update={"due_at": due})
        return due

    def head(self, table: TableRef) -> Head:
        """A table that is not new: it has been made and loaded on other days."""
        usual = Head(
            tenant_id=table.tenant_id,
            canonical_table=table.canonical_table,
            phase="idle",
            columns=warehouse_columns(_COLUMNS),
        )
        return self._heads.get(table, usual)

    def heads(self) -> Iterator[Head]:
        """All tables that were heard of."""
        return iter(list(self._heads.values()))

    def save(self, head: Head) -> Head:
        """One thing happens after the other here: every save succeeds."""
        there = self.head(head.table)
        kept = {
            "highest_sequence": there.highest_sequence,
            "due_at": there.due_at if head.due_at else None,
        }
        self._heads[head.table] = head.model_copy(update=kept)
        return head

    def pending(self, table: TableRef, first: int, limit: int) -> list[CanonicalCommitted]:
        """In order."""
        there = self._pending.get(table, {})
        return [there[sequence] for sequence in sorted(there) if sequence >= first][:limit]

    def forget(self, table: TableRef, last: int) -> None:
        """They are loaded."""
        there = self._pending.get(table, {})
        for sequence in [sequence for sequence in there if sequence <= last]:
            del there[sequence]

    # The warehouse.

    def submit(self, name: str, _: list[str], token: str, *, transaction: bool = True) -> str:
        """It runs when one of the places is free, and its event comes at its end."""
        if not transaction:
            raise AssertionError("no table changes its shape on this day")
        start = max(self._now, heapq.heappop(self._free_at))
        end = start + timedelta(seconds=self._warehouse.load_seconds)
        heapq.heappush(self._free_at, end)
        self.taken.statements.append((start, end))
        parsed = StatementName.parse(name)
        if parsed is None:
            raise AssertionError(f"{name} is no name of a statement")
        self._ended[token] = end
        event = StatementEnded(statement_id=token, name=parsed)
        self._at(end, lambda: settle.ended(self._on, event))
        return token

    def describe(self, statement_id: str) -> Outcome:
        """Nothing fails on this day."""
        return Outcome("running" if self._now < self._ended[statement_id] else "finished")

    def rows(self, _: str) -> None:
        """No statement of this day has any."""

    def write(self, _: TableRef, load_id: str, __: Iterable[CanonicalCommitted]) -> str:
        """A manifest."""
        return f"s3://lake/{load_id}.json"

    def note(self, commit: CanonicalCommitted, reason: str) -> None:
        """Nothing is set aside."""
        raise AssertionError(f"commit {commit.sequence}: {reason}")

    # The bus.

    def publish(self, events: Iterable[Event]) -> None:
        """A load is over: how long its commits waited."""
        for event in events:
            if not isinstance(event, TableLoaded):
                raise TypeError(f"unexpected on this day: {event!r}")
            table = TableRef(event.tenant_id, event.canonical_table)
            for sequence in range(self.head(table).loaded_sequence + 1, event.sequence + 1):
                self.taken.delays.append(self._now - self._arrived[table, sequence])

    def _commit(self, table: TableRef) -> None:
        sequence = self.head(table).highest_sequence + 1
        self._arrived[table, sequence] = self._now
        commit = _commit_of(table, sequence)
        envelope = {"detail-type": commit.detail_type, "detail": commit.model_dump(mode="json")}
        failures = gather(self._keeping, {"message": json.dumps(envelope)})
        if failures:
            raise AssertionError(failures)

    def _at(self, moment: datetime, happens: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (moment, next(self._order), happens))


def _ignore(_: Any) -> None:
    """What a function answered is of no interest."""


def _commit_of(table: TableRef, sequence: int) -> CanonicalCommitted:
    return CanonicalCommitted(
        tenant_id=table.tenant_id,
        canonical_table=table.canonical_table,
        sequence=sequence,
        key=f"{table.tenant_id}/canonical/{table.canonical_table}/{sequence:06d}.parquet",
        size_bytes=1,
        rows=1,
        opened=1,
        closed=0,
        removed=0,
        mapping_version=1,
        columns=_COLUMNS,
        key_columns=(),
        run_ids=("run-1",),
    )
