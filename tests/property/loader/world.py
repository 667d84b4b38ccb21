"""A loader with a real little warehouse behind it, and all the ways in which a day can go wrong."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import duckdb

from cwp_loader import commits, settle
from cwp_loader.collaborators import Collaborators
from cwp_loader.data_api import Outcome
from cwp_loader.head import Head
from cwp_loader.messages import Because, StatementEnded, StatementName, Wake
from cwp_loader.table import TableRef
from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalCommitted, Event, TableLoaded
from tests.property.loader.warehouse import BatchFailed, Lake, Warehouse
from tests.unit.loader.fakes import (
    ROLE,
    TABLE,
    FakeBus,
    FakeClock,
    FakeQuarantine,
    FakeState,
    FakeWindows,
    numbered_ids,
)


class Crash(Exception):
    """The worker died here."""


@dataclass
class Chaos:
    """What happens at the n-th call to a collaborator: the worker dies just before or after it, or
    another worker comes between.
    """

    at_call: int = -1
    mode: str = ""
    intruder: Callable[[], None] = lambda: None
    calls: int = 0

    def arm(self, fault: tuple[int, str] | None) -> None:
        self.calls = 0
        self.at_call, self.mode = fault or (-1, "")

    def around(self, call: Callable[[], Any]) -> Any:
        struck = self.calls == self.at_call
        self.calls += 1
        if struck and self.mode == "before":
            raise Crash
        if struck and self.mode == "intruder":
            self.at_call = -1
            self.intruder()
        answer = call()
        if struck and self.mode == "after":
            raise Crash
        return answer


class Shaky:
    """A collaborator whose calls may be struck by chaos."""

    def __init__(self, real: Any, chaos: Chaos) -> None:
        self._real = real
        self._chaos = chaos

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._real, name)
        return lambda *args, **kwargs: self._chaos.around(lambda: method(*args, **kwargs))


@dataclass
class Api:
    """The Data API over the warehouse: a batch runs when the test says so."""

    warehouse: Warehouse
    running: list[tuple[str, StatementName, list[str], bool]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    results: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    ended: list[StatementEnded] = field(default_factory=list)
    count: int = 0

    def submit(self, name: str, sqls: list[str], token: str, *, transaction: bool = True) -> str:
        if token not in self.ids:
            self.count += 1
            parsed = StatementName.parse(name)
            assert parsed
            self.ids[token] = f"statement-{self.count}"
            self.running.append((self.ids[token], parsed, sqls, transaction))
        return self.ids[token]

    def describe(self, statement_id: str) -> Outcome | None:
        if any(statement_id == running[0] for running in self.running):
            return Outcome("running")
        return self.outcomes.get(statement_id)

    def rows(self, part: str) -> list[tuple[Any, ...]] | None:
        return self.results.get(part)

    def run(self, number: int, *, fails: bool = False) -> None:
        """One of the running statements ends."""
        if not self.running:
            return
        statement_id, name, sqls, transaction = self.running.pop(number % len(self.running))
        sqls = [*sqls, "SELECT 1 / 0"] if fails else sqls
        run = self.warehouse.run if transaction else self.warehouse.run_each
        try:
            answers = run(sqls)
        except BatchFailed as error:
            self.outcomes[statement_id] = Outcome("failed", str(error), error.place)
        else:
            parts = tuple(f"{statement_id}:{n}" for n, _ in enumerate(answers, 1))
            self.outcomes[statement_id] = Outcome("finished", parts=parts)
            self.results |= zip(parts, answers, strict=True)
        self.ended.append(StatementEnded(statement_id=statement_id, name=name))

    def restart(self) -> None:
        """It forgets all, and what was running is rolled back."""
        for memory in (self.running, self.ids, self.outcomes, self.results):
            memory.clear()


@dataclass
class LakeManifests:
    lake: Lake

    def write(self, _: TableRef, load_id: str, commits: Iterable[CanonicalCommitted]) -> str:
        url = f"s3://bucket/{load_id}"
        self.lake.manifests[url] = [commit.key for commit in commits]
        return url


@dataclass
class Queue:
    """The statements queue, as far as wakes go; delivery is the test's business."""

    wakes: list[Wake] = field(default_factory=list)

    def send(
        self,
        table: TableRef,
        because: Because,
        delay: timedelta = timedelta(0),
        *,
        reload_from: int | None = None,
    ) -> None:
        assert delay >= timedelta(0)
        self.wakes.append(Wake(**table._asdict(), because=because, reload_from=reload_from))


class TruthfulBus(FakeBus):
    """Nothing may be said that the ledger does not say."""

    def __init__(self, warehouse: Warehouse) -> None:
        super().__init__()
        self._warehouse = warehouse

    def publish(self, events: Iterable[Event]) -> None:
        events = list(events)
        for event in events:
            if isinstance(event, TableLoaded):
                assert event.sequence <= ledger_sequence(self._warehouse)
        super().publish(events)


def ledger(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The ledger's rows of TABLE, in order; none before it is made."""
    try:
        return warehouse.query(
            f'SELECT * FROM "{TABLE.tenant_id}".load_ledger ORDER BY last_sequence'
        )
    except duckdb.CatalogException:
        return []


def ledger_sequence(warehouse: Warehouse) -> int:
    return max((row["last_sequence"] for row in ledger(warehouse)), default=0)


class World:
    """Commits on one side, a warehouse on the other, the loader between them."""

    def __init__(self, announced: list[CanonicalCommitted], lake: Lake) -> None:
        self.announced = announced
        self.lake = lake
        self.warehouse = Warehouse(lake)
        self.api = Api(self.warehouse)
        self.state = FakeState()
        self.bus = TruthfulBus(self.warehouse)
        self.queue = Queue()
        self.clock = FakeClock()
        self.windows = FakeWindows(timedelta(minutes=3))
        self.chaos = Chaos(intruder=lambda: settle.wake(self.on, TABLE, "commit"))
        ids = numbered_ids()
        self.on = Collaborators(
            state=Shaky(self.state, self.chaos),
            statements=Shaky(self.api, self.chaos),
            manifests=Shaky(LakeManifests(lake), self.chaos),
            quarantine=Shaky(FakeQuarantine(), self.chaos),
            bus=Shaky(self.bus, self.chaos),
            wakes=Shaky(self.queue, self.chaos),
            copy_role_arn=ROLE,
            clock=self.clock,
            new_id=lambda: next(ids),
        )

    @property
    def head(self) -> Head:
        return self.state.head(TABLE)

    def do(self, action: str, number: int, fault: tuple[int, str] | None = None) -> None:
        """One thing happens, perhaps with a fault in the middle of it."""
        self.chaos.arm(fault)
        self.go(action, number)
        self.chaos.arm(None)

    def go(self, action: str, number: int = 0) -> None:
        """One thing happens; a fault may strike if one is armed."""
        with suppress(Crash):
            getattr(self, action)(number)

    def a_good_day(self) -> None:
        """All commits arrive, and every message is delivered at once and once."""
        for number in range(len(self.announced)):
            self.go("commit_arrives", number)
        self.clock.advance(minutes=3)
        for _ in range(8):
            while self.queue.wakes:
                self.go("wake_arrives", 0)
                self.queue.wakes.pop(0)
            self.go("statement_ends")
            self.go("event_arrives", -1)

    # What can happen; `number` chooses among several.

    def commit_arrives(self, number: int) -> None:
        commit = self.announced[number % len(self.announced)]
        envelope = {"detail-type": commit.detail_type, "detail": commit.model_dump(mode="json")}
        keeping = commits.Keeping(self.on.state, self.on.wakes, self.windows, self.clock)
        failures = commits.gather(keeping, {"m": json.dumps(envelope)})
        assert all(isinstance(error, Crash) for error in failures.values()), failures

    def statement_ends(self, number: int) -> None:
        self.api.run(number)

    def statement_fails(self, number: int) -> None:
        self.api.run(number, fails=True)

    def event_arrives(self, number: int) -> None:
        """Any event there ever was: late, twice, or never."""
        if self.api.ended:
            settle.ended(self.on, self.api.ended[number % len(self.api.ended)])

    def wake_arrives(self, number: int) -> None:
        if self.queue.wakes:
            self._deliver(self.queue.wakes[number % len(self.queue.wakes)])

    def wake_is_lost(self, number: int) -> None:
        if self.queue.wakes:
            self.queue.wakes.pop(number % len(self.queue.wakes))

    def sweep(self, _: int) -> None:
        settle.sweep(self.on)

    def time_passes(self, number: int) -> None:
        self.clock.advance(minutes=number)

    def state_is_lost(self, _: int) -> None:
        self.state.stored.clear()
        self.state.commits.clear()

    def api_restarts(self, _: int) -> None:
        self.api.restart()

    def operator_reloads(self, number: int) -> None:
        """Somebody has everything loaded again from some commit on."""
        with suppress(Terminal):
            settle.reload(self.on, TABLE, number % len(self.announced) + 1)

    def mend(self) -> None:
        """The files are good now, and what was set aside is loaded again, with all after it."""
        self.lake.broken.clear()
        while bad := [row for row in ledger(self.warehouse) if row["problem"]]:
            settle.reload(self.on, TABLE, bad[0]["last_sequence"])
            self.heal()

    def heal(self) -> None:
        """Nothing fails any more but broken files; all is delivered, as SQS would in the end."""
        for _ in range(60):
            if self._is_done():
                return
            self._a_quiet_while()
        raise AssertionError(f"the loader is stuck: {self.head!r}")

    def _is_done(self) -> bool:
        head = self.head
        done = head.phase == "idle" and head.loaded_sequence == len(self.announced)
        done = done and head.due_at is None
        return done and not (self.api.running or self.api.ended or self.queue.wakes)

    def _a_quiet_while(self) -> None:
        for number in range(len(self.announced)):
            self.do("commit_arrives", number)
        while self.api.running:
            self.do("statement_ends", 0)
        for number in range(len(self.api.ended)):
            self.do("event_arrives", number)
        self.api.ended.clear()
        self.do("sweep", 0)
        wakes = [*self.queue.wakes]
        self.queue.wakes.clear()
        for wake in wakes:
            self._deliver(wake)
        if self.head.phase == "blocked":
            settle.wake(self.on, TABLE, "operator")
        self.clock.advance(minutes=20)

    def _deliver(self, wake: Wake) -> None:
        if wake.reload_from:
            settle.reload(self.on, wake.table, wake.reload_from)
        else:
            settle.wake(self.on, wake.table, wake.because)
