from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cwp_ops.dead_letters import DeadLetter
from cwp_ops.follow import Follower, Tracked, Wanted
from cwp_ops.stores import Stores
from cwp_shared.events import SyncRequested
from tests.unit.ops.fakes import FakeBus, FakeTable

NOW = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
PAIR = ("pk", "sk")
TICKETS = "acme#service_tickets"
CANONICAL = {"service_tickets": ("tickets",)}


@dataclass
class World:
    """A stage whose services do one step each time somebody waits."""

    steps: list[Callable[[], object]] = field(default_factory=list)
    letters: list[DeadLetter] = field(default_factory=list)
    seconds: float = 0.0
    runs: FakeTable = field(default_factory=lambda: FakeTable(PAIR))
    histories: FakeTable = field(default_factory=lambda: FakeTable(PAIR))
    loads: FakeTable = field(default_factory=lambda: FakeTable(PAIR))
    bus: FakeBus = field(default_factory=FakeBus)
    shown: list[str] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        if self.steps:
            self.steps.pop(0)()

    def show(self, tracked: Sequence[Tracked]) -> None:
        self.shown.append(tracked[0].progress.stage)

    def sync(self, mode: Any = "incremental", patience_s: float = 100) -> Tracked:
        stores = Stores(FakeTable(PAIR), FakeTable(PAIR), self.runs, self.histories, self.loads)
        follower = Follower(
            stores,
            self.bus,
            CANONICAL,
            letters=lambda: self.letters,
            clock=lambda: NOW,
            monotonic=lambda: self.seconds,
            sleep=self.sleep,
        )
        wanted = [Wanted("acme", "service_tickets", mode)]
        return follower.sync(wanted, self, patience_s=patience_s)[0]

    def open(self, run_id: str, opened_at: datetime = NOW, mode: str = "incremental") -> None:
        self.runs.put(
            {"pk": TICKETS, "sk": "OPEN", "run_id": run_id},
            {
                "pk": TICKETS,
                "sk": f"RUN#{run_id}",
                "run_id": run_id,
                "status": "OPEN",
                "mode": mode,
                "opened_at": opened_at.isoformat(),
                "windows": [{"after_id": 0}],
            },
        )

    def end(self, run_id: str, **changes: Any) -> None:
        self.runs.items.pop((TICKETS, "OPEN"), None)
        self.runs.items[TICKETS, f"RUN#{run_id}"].update(
            {"status": "COMPLETED", "rows": 3, "pages": 1, "raw_keys": ["k"], **changes}
        )

    def merge(self, sequence: int | None) -> None:
        self.histories.put({"pk": "acme#tickets", "sk": "FILE#k", "sequence": sequence})

    def load(self, sequence: int) -> None:
        self.loads.put({"pk": "acme#tickets", "sk": "HEAD", "loaded_sequence": sequence})


def test_a_sync_is_asked_for_once_and_followed_into_the_warehouse() -> None:
    world = World()
    world.steps = [
        lambda: world.open("r1"),
        lambda: world.end("r1"),
        lambda: world.merge(5),
        lambda: world.load(5),
    ]
    tracked = world.sync()
    assert tracked.progress.stage == "done"
    assert world.shown == ["waiting", "fetching", "merging", "loading", "done"]
    assert world.bus.published == [SyncRequested(tenant_id="acme", tables=("service_tickets",))]
    assert list(tracked.entered) == ["waiting", "fetching", "merging", "loading", "done"]


def test_an_old_completed_run_does_not_answer_a_new_request() -> None:
    world = World()
    world.open("r0", opened_at=NOW - timedelta(hours=1))
    world.end("r0", raw_keys=[])
    world.steps = [lambda: world.open("r1"), lambda: world.end("r1", raw_keys=[])]
    assert world.sync().run_id == "r1"


def test_a_run_that_was_open_before_is_followed_and_then_another_asked_for() -> None:
    world = World()
    world.open("r0", opened_at=NOW - timedelta(minutes=1))
    world.steps = [
        lambda: world.end("r0", raw_keys=[]),
        lambda: world.open("r1"),
        lambda: world.end("r1", raw_keys=[]),
    ]
    tracked = world.sync()
    assert (tracked.run_id, tracked.progress.stage) == ("r1", "done")
    assert len(world.bus.published) == 2


def test_an_incremental_run_is_no_answer_where_a_full_one_was_wanted() -> None:
    world = World()
    world.open("r0")
    world.steps = [
        lambda: world.end("r0", raw_keys=[]),
        lambda: world.open("r1", mode="full"),
        lambda: world.end("r1", raw_keys=[]),
    ]
    assert world.sync(mode="full").run_id == "r1"


def test_a_file_of_the_run_before_that_is_not_merged_yet_is_waited_for() -> None:
    world = World()
    world.open("r0", opened_at=NOW - timedelta(minutes=1))
    world.end("r0")
    world.steps = [
        lambda: world.open("r1"),
        lambda: world.end("r1", raw_keys=[]),
        lambda: world.merge(1),
        lambda: world.load(1),
    ]
    world.sync()
    assert world.shown == ["waiting", "fetching", "merging", "loading", "done"]


def test_a_failed_run_ends_it_with_its_reason() -> None:
    world = World()
    world.steps = [
        lambda: world.open("r1"),
        lambda: world.end("r1", status="FAILED", reason_class="permission", reason="403"),
    ]
    assert world.sync().progress.detail == "permission: 403"


def test_a_dead_letter_of_the_table_ends_it_with_its_reason() -> None:
    world = World()
    world.open("r1")
    world.letters = [letter(table="time_entries"), letter(), letter(tenant_id="other")]
    tracked = world.sync()
    assert tracked.progress.stage == "failed"
    assert tracked.progress.detail == "given up in queue connectwise-fetcher-jobs-local: no JSON"
    assert world.seconds < 10


def test_dead_letters_from_before_and_of_others_are_not_ours() -> None:
    world = World()
    world.open("r1")
    world.letters = [
        letter(failed_at=NOW - timedelta(hours=1)),
        letter(tenant_id="other"),
        letter(table="time_entries"),
    ]
    assert "nothing has moved for 20 s" in world.sync(patience_s=20).progress.detail


def test_a_file_that_was_given_up_before_we_asked_is_the_reason_why_it_is_not_merged() -> None:
    world = World()
    world.open("r1")
    world.end("r1")
    world.letters = [letter(failed_at=NOW - timedelta(hours=1))]
    assert "no JSON" in world.sync().progress.detail


def test_a_letter_about_the_canonical_table_counts() -> None:
    world = World()
    world.open("r1")
    world.letters = [letter(table="tickets")]
    assert "no JSON" in world.sync().progress.detail


def test_when_nothing_moves_the_scheduler_is_asked_again_and_then_it_is_given_up() -> None:
    world = World()
    world.open("r1")
    tracked = world.sync(patience_s=150)
    assert tracked.progress.stage == "failed"
    assert "while fetching" in tracked.progress.detail
    assert len(world.bus.published) == 3


def letter(
    tenant_id: str = "acme",
    table: str | None = "service_tickets",
    failed_at: datetime = NOW + timedelta(seconds=3),
) -> DeadLetter:
    return DeadLetter(
        queue="connectwise-fetcher-jobs-local",
        message_id="m",
        reason="no JSON",
        error_type="Terminal",
        failed_at=failed_at.isoformat(),
        tenant_id=tenant_id,
        table=table,
    )


def test_a_sweep_is_followed_by_its_own_lock_and_waits_for_no_file() -> None:
    world = World()

    def sweep(status: str) -> None:
        header = {"run_id": "s1", "status": status, "mode": "reconcile", "rows": 9, "pages": 1}
        world.runs.put(
            {"pk": TICKETS, "sk": "OPEN#SWEEP", "run_id": "s1"},
            {"pk": TICKETS, "sk": "SWEEP#s1", "opened_at": NOW.isoformat(), **header},
        )

    world.open("other")
    world.steps = [lambda: sweep("OPEN"), lambda: sweep("COMPLETED")]
    tracked = world.sync("reconcile")
    assert (tracked.run_id, tracked.progress.stage, tracked.progress.rows) == ("s1", "done", 9)
