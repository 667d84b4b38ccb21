"""Hand-written stand-ins for the loader's collaborators, and builders of its inputs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from cwp_loader.collaborators import Collaborators
from cwp_loader.data_api import Outcome
from cwp_loader.head import Head
from cwp_loader.layout import Columns, Shape
from cwp_loader.messages import Because, StatementName
from cwp_loader.table import TableRef
from cwp_shared.events import CanonicalColumn, CanonicalCommitted, Event

TABLE = TableRef("acme", "tickets")
ROLE = "arn:aws:iam::000000000000:role/copy"
START = datetime(2026, 11, 23, 7, 40, tzinfo=UTC)


def columns(text: str) -> Columns:
    """`"op varchar(6), sk varchar(32)"` as columns."""
    pairs = (item.strip().split(" ", 1) for item in text.replace(",\n", ", ").split(", "))
    return tuple(CanonicalColumn(name=name, type=type_) for name, type_ in pairs)


COLUMNS = columns(
    "op varchar(6), sk varchar(32), tenant_id varchar(63), id bigint, effective_from timestamp, "
    "effective_to timestamp, is_current boolean, is_deleted boolean, source_updated_at timestamp, "
    "attr_hash varchar(32), recorded_at timestamp, run_id varchar(64), mapping_version integer, "
    "sequence bigint, load_notes varchar(4000), summary varchar(100), price decimal(18,2), "
    "tags super"
)
WAREHOUSE_COLUMNS = COLUMNS[1:]
SHAPE = Shape(WAREHOUSE_COLUMNS, ("id",))
#: One text is longer, and there are two columns more.
WIDER = (
    *(
        column.model_copy(update={"type": "varchar(300)"}) if column.name == "summary" else column
        for column in COLUMNS
    ),
    *columns("severity varchar(20), closed boolean"),
)
GROWN = (*COLUMNS, *WIDER[-2:])


def commit(sequence: int, *, rows: int = 3, file_columns: Columns = COLUMNS) -> CanonicalCommitted:
    """A commit of TABLE."""
    return CanonicalCommitted(
        tenant_id=TABLE.tenant_id,
        canonical_table=TABLE.canonical_table,
        sequence=sequence,
        key=f"acme/canonical/tickets/2026112{sequence:04d}T000000000000Z.parquet",
        size_bytes=1000 + sequence,
        rows=rows,
        opened=rows,
        closed=0,
        removed=0,
        mapping_version=1,
        columns=file_columns,
        key_columns=("id",),
        run_ids=("run-1",),
    )


@dataclass
class FakeClock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **amount: float) -> None:
        self.now += timedelta(**amount)


@dataclass
class FakeState:
    """LoadState in memory, as strict about revisions as DynamoDB."""

    stored: dict[TableRef, Head] = field(default_factory=dict)
    commits: dict[TableRef, dict[int, CanonicalCommitted]] = field(default_factory=dict)

    def add(self, commit: CanonicalCommitted) -> None:
        table = TableRef(commit.tenant_id, commit.canonical_table)
        self.commits.setdefault(table, {})[commit.sequence] = commit

    def raise_highest(self, table: TableRef, sequence: int) -> None:
        head = self.head(table)
        highest = max(sequence, head.highest_sequence)
        self.stored[table] = head.model_copy(update={"highest_sequence": highest})

    def set_due(self, table: TableRef, due: datetime) -> datetime:
        head = self.head(table)
        due = datetime.fromtimestamp(int(due.timestamp()), UTC)
        due = min(due, head.due_at or due)
        self.stored[table] = head.model_copy(update={"due_at": due})
        return due

    def head(self, table: TableRef) -> Head:
        new = Head(tenant_id=table.tenant_id, canonical_table=table.canonical_table)
        return self.stored.get(table, new)

    def heads(self) -> Iterator[Head]:
        return iter(list(self.stored.values()))

    def save(self, head: Head) -> Head | None:
        there = self.head(head.table)
        if there.revision != head.revision:
            return None
        saved = head.model_copy(update={"revision": head.revision + 1})
        due_at = there.due_at if head.due_at else None
        kept = {"highest_sequence": there.highest_sequence, "due_at": due_at}
        self.stored[head.table] = saved.model_copy(update=kept)
        return saved

    def pending(self, table: TableRef, first: int, limit: int) -> list[CanonicalCommitted]:
        there = self.commits.get(table, {})
        return [there[sequence] for sequence in sorted(there) if sequence >= first][:limit]

    def forget(self, table: TableRef, last: int) -> None:
        there = self.commits.get(table, {})
        for sequence in [sequence for sequence in there if sequence <= last]:
            del there[sequence]


@dataclass
class Submitted:
    name: StatementName
    sqls: list[str]
    token: str
    transaction: bool


@dataclass
class FakeStatements:
    """The Data API; tests say how statements end."""

    submitted: list[Submitted] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, Outcome | None] = field(default_factory=dict)
    results: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    refusal: Exception | None = None

    def submit(self, name: str, sqls: list[str], token: str, *, transaction: bool = True) -> str:
        if self.refusal:
            raise self.refusal
        if token not in self.ids:
            parsed = StatementName.parse(name)
            assert parsed, name
            self.submitted.append(Submitted(parsed, sqls, token, transaction))
            self.ids[token] = f"statement-{len(self.submitted)}"
        return self.ids[token]

    def describe(self, statement_id: str) -> Outcome | None:
        return self.outcomes.get(statement_id, Outcome("running"))

    def rows(self, part: str) -> list[tuple[Any, ...]] | None:
        return self.results.get(part)

    def finish(self, *, position: tuple[Any, ...] = (), has: Columns = ()) -> str:
        """The last statement ends well; `position` and `has` are what its reads say."""
        statement_id = f"statement-{len(self.submitted)}"
        parts = tuple(f"{statement_id}:{n}" for n in range(1, 6))
        self.outcomes[statement_id] = Outcome("finished", parts=parts)
        self.results[parts[-2]] = [position]
        self.results[parts[-1]] = [(c.name, c.type, c.name == "id") for c in has]
        return statement_id

    def forget(self) -> None:
        """Count from one again."""
        for memory in (self.submitted, self.ids, self.outcomes, self.results):
            memory.clear()

    def fail(self, error: str, failed_at: int | None = None) -> str:
        statement_id = f"statement-{len(self.submitted)}"
        self.outcomes[statement_id] = Outcome("failed", error, failed_at)
        return statement_id


@dataclass
class FakeManifests:
    written: dict[str, list[str]] = field(default_factory=dict)

    def write(self, table: TableRef, load_id: str, commits: Iterable[CanonicalCommitted]) -> str:
        url = f"s3://bucket/{table.tenant_id}/canonical/{table.canonical_table}/{load_id}.json"
        self.written[url] = [commit.key for commit in commits]
        return url


@dataclass
class FakeQuarantine:
    notes: dict[int, str] = field(default_factory=dict)

    def note(self, commit: CanonicalCommitted, reason: str) -> None:
        self.notes[commit.sequence] = reason


@dataclass
class FakeBus:
    events: list[Event] = field(default_factory=list)

    def publish(self, events: Iterable[Event]) -> None:
        self.events.extend(events)

    def of(self, kind: type[Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


@dataclass
class FakeWindows:
    """One length for all tables."""

    usual: timedelta = timedelta(0)

    def length(self, _: TableRef) -> timedelta:
        return self.usual


@dataclass
class FakeWakes:
    sent: list[tuple[TableRef, Because, timedelta]] = field(default_factory=list)
    reloads: list[int] = field(default_factory=list)

    def send(
        self,
        table: TableRef,
        because: Because,
        delay: timedelta = timedelta(0),
        *,
        reload_from: int | None = None,
    ) -> None:
        self.sent.append((table, because, delay))
        if reload_from:
            self.reloads.append(reload_from)


def numbered_ids() -> Iterator[str]:
    """Load ids `000...1`, `000...2`, ..."""
    return (f"{number:032x}" for number in count(1))


@dataclass
class Scene:
    """All fakes together, with `on` as the logic takes them."""

    state: FakeState = field(default_factory=FakeState)
    statements: FakeStatements = field(default_factory=FakeStatements)
    manifests: FakeManifests = field(default_factory=FakeManifests)
    quarantine: FakeQuarantine = field(default_factory=FakeQuarantine)
    bus: FakeBus = field(default_factory=FakeBus)
    wakes: FakeWakes = field(default_factory=FakeWakes)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        ids = numbered_ids()
        self.on = Collaborators(
            state=self.state,
            statements=self.statements,
            manifests=self.manifests,
            quarantine=self.quarantine,
            bus=self.bus,
            wakes=self.wakes,
            copy_role_arn=ROLE,
            clock=self.clock,
            new_id=lambda: next(ids),
        )

    @property
    def head(self) -> Head:
        return self.state.head(TABLE)

    @property
    def kinds(self) -> list[str]:
        """What was submitted so far."""
        return [statement.name.kind for statement in self.statements.submitted]

    def keep(self, commits: Sequence[CanonicalCommitted]) -> None:
        """As `gather` would, with a window that opens at once."""
        for each in commits:
            self.state.add(each)
            self.state.raise_highest(TABLE, each.sequence)
            self.state.set_due(TABLE, self.clock.now)
