"""A lake, a ledger and a bus in memory, which can die at any step; and raw files for them."""

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalCommitted, Event, RebuildRequested
from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import Mappings
from cwp_transformer.backends import Backends
from cwp_transformer.commits import Commit, commits_after
from cwp_transformer.lake import Part
from cwp_transformer.ledger import HistoryRef
from cwp_transformer.replay import history_rows
from cwp_transformer.transform import transform

BUCKET = "connectwise-lake"
TENANT = "acme"
HISTORY = HistoryRef(TENANT, "tickets")
#: The moment that tests count seconds from.
ZERO = datetime(2026, 1, 1, tzinfo=UTC)

TICKETS = Mapping.model_validate(
    {
        "table": "tickets",
        "source": "service_tickets",
        "version": 1,
        "key": ["ticket_id"],
        "updated_at": "_info/lastUpdated",
        "created_at": "_info/dateEntered",
        "columns": [
            {"name": "ticket_id", "type": "bigint", "from": "id"},
            {"name": "summary", "type": "varchar(20)", "from": "summary"},
            {"name": "status_name", "type": "varchar(20)", "from": "status/name"},
            {"name": "budget_hours", "type": "decimal(18,4)", "from": "budgetHours"},
            {"name": "is_closed", "type": "boolean", "from": "closedFlag"},
            {"name": "closed_at", "type": "timestamp", "from": "closedDate"},
            {"name": "custom_fields", "type": "super", "from": "customFields"},
            {
                "name": "updated_by",
                "type": "varchar(20)",
                "from": "_info/updatedBy",
                "history": "ignored",
            },
            {
                "name": "po_number",
                "type": "varchar(20)",
                "from": "poNumber",
                "history": "overwritten",
            },
        ],
    }
)
#: The same of a source that does not say when it changed a record (scd2.md R14).
TIMELESS = TICKETS.model_copy(update={"updated_at": None})


def cutting(size: int = 20, version: int = 1, **parts: Any) -> Mapping:
    """The tickets, with summaries and order numbers cut to `size` bytes."""
    meaning = TICKETS.model_dump(by_alias=True, exclude_none=True)
    for column in meaning["columns"]:
        if column["name"] in {"summary", "po_number"}:
            column.update({"type": f"varchar({size})", "too_long": "cut"})
        if column["name"] == "summary" and parts:
            del column["from"]
            column.update(parts)
    return Mapping.model_validate(meaning | {"version": version})


class Crash(BaseException):
    """The function dies here: no handler in it may catch this."""


#: Where a function may die: before and after each thing it asks of the world or does to it.
STEPS = tuple(
    f"{when} {deed}"
    for deed in (
        *("read", "list", "pointer", "done"),
        *("write", "create", "commit", "publish", "mark", "advance", "delete"),
    )
    for when in ("before", "after")
)


@dataclass(eq=False)
class Deed:
    """What somebody else does when a function has come to `step` so many times before."""

    step: str
    countdown: int
    act: Callable[[], object]


@dataclass
class Fate:
    """Decides where a function dies: at the `countdown`-th time it comes to `step`; None: never."""

    step: str | None = None
    countdown: int = 0
    #: Each is done once.
    meanwhile: list[Deed] = field(default_factory=list)
    #: A function reads several files at once.
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def around(self, deed: str) -> Iterator[None]:
        self._pass(f"before {deed}")
        yield
        self._pass(f"after {deed}")

    def _pass(self, step: str) -> None:
        for deed in self._due(step):
            deed.act()
        if self._dies(step):
            raise Crash

    def _due(self, step: str) -> list[Deed]:
        with self.lock:
            here = [deed for deed in self.meanwhile if deed.step == step]
            due = [deed for deed in here if deed.countdown == 0]
            for deed in here:
                deed.countdown -= 1
            self.meanwhile = [deed for deed in self.meanwhile if deed not in due]
        return due

    def _dies(self, step: str) -> bool:
        with self.lock:
            if step != self.step:
                return False
            self.countdown -= 1
            if self.countdown < 0:
                self.step = None
                return True
            return False


@dataclass
class FakeLake:
    fate: Fate
    objects: dict[str, bytes] = field(default_factory=dict)
    #: Called once, just before the next commit is put: what another worker does meanwhile.
    meanwhile: Callable[[], object] | None = None

    def read(self, key: str) -> bytes:
        with self.fate.around("read"):
            if key not in self.objects:
                raise Terminal(f"there is no object {key}")
            return self.objects[key]

    def read_all(self, keys: Sequence[str]) -> list[bytes]:
        return [self.read(key) for key in keys]

    def read_parts(self, parts: Sequence[Part]) -> list[bytes]:
        return [self.read(part.key)[part.start : part.stop] for part in parts]

    def write(self, key: str, body: bytes) -> None:
        with self._put(key, "write"):
            self.objects[key] = body

    def create(self, key: str, body: bytes) -> bool:
        with self._put(key, "create"):
            return self.objects.setdefault(key, body) is body

    def keys_after(self, prefix: str, after: str) -> list[str]:
        with self.fate.around("list"):
            # A copy first: another thread may put an object while this one looks.
            names = list(self.objects)
            return sorted(key for key in names if key.startswith(prefix) and key > after)

    def sizes(self, prefix: str) -> dict[str, int]:
        return {key: len(self.objects[key]) for key in self.keys_after(prefix, "")}

    def delete(self, keys: Sequence[str]) -> None:
        with self.fate.around("delete"):
            for key in keys:
                self.objects.pop(key, None)

    @contextmanager
    def _put(self, key: str, effect: str) -> Iterator[None]:
        is_commit = "/commits/" in key
        if is_commit and self.meanwhile:
            other, self.meanwhile = self.meanwhile, None
            other()
        with self.fate.around("commit" if is_commit else effect):
            yield


@dataclass
class FakeLedger:
    fate: Fate
    pointers: dict[HistoryRef, Commit] = field(default_factory=dict)
    files: dict[tuple[HistoryRef, str], int] = field(default_factory=dict)

    def announced(self, history: HistoryRef) -> int:
        with self.fate.around("pointer"):
            return self._announced(history)

    def _announced(self, history: HistoryRef) -> int:
        return self.pointers[history].revision if history in self.pointers else 0

    def done(self, history: HistoryRef, raw_keys: Sequence[str]) -> dict[str, int]:
        # DynamoDB refuses a question that asks for one item twice.
        assert len(set(raw_keys)) == len(raw_keys)
        with self.fate.around("done"):
            return {k: self.files[history, k] for k in raw_keys if (history, k) in self.files}

    def mark(
        self,
        history: HistoryRef,
        raw_keys: Iterable[str],
        revision: int,
        sequence: int,  # noqa: ARG002 - part of the protocol
    ) -> None:
        with self.fate.around("mark"):
            self.files |= {(history, raw_key): revision for raw_key in raw_keys}

    def advance(self, commit: Commit, believed: int) -> None:
        history = HistoryRef(commit.tenant_id, commit.canonical_table)
        with self.fate.around("advance"):
            known = self._announced(history)
            if known in {0, believed} or known < commit.revision:
                self.pointers[history] = commit

    def lose(self) -> None:
        self.pointers.clear()
        self.files.clear()


@dataclass
class FakeBus:
    fate: Fate
    events: list[Event] = field(default_factory=list)

    def publish(self, events: Iterable[Event]) -> None:
        with self.fate.around("publish"):
            self.events += events


class TickingClock:
    """A microsecond later every time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 6, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now


def at(seconds: float) -> str:
    """A source time, as the API writes it."""
    return (ZERO + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(seconds: float) -> datetime:
    """The same, as the history has it: UTC without a zone."""
    return (ZERO + timedelta(seconds=seconds)).replace(tzinfo=None)


def ticket(number: int | None, u: float | None, **fields: Any) -> dict[str, Any]:
    """A raw row: ticket `number` as of second `u`."""
    row = {"id": number, "_info__lastUpdated": None if u is None else at(u)}
    return row | {"summary": "printer", "status__name": "New", **fields}


def raw_body(
    rows: Sequence[dict[str, Any]],
    upper: float = 100_000,
    run_id: str = "run-1",
    places: Sequence[tuple[int, int, int]] | None = None,
    **metadata: str,
) -> bytes:
    """A raw file of one run; `places` are (window, page, row), by default one page in order.

    It says of itself that it is one of `TENANT`'s service_tickets, unless `metadata` say otherwise.
    """
    places = places or [(0, 0, n) for n in range(len(rows))]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pa.array([row.get(name) for row in rows]) for name in names}
    columns["_cwp_run_id"] = pa.array([run_id] * len(rows), pa.string())
    bound = [ZERO + timedelta(seconds=upper)] * len(rows)
    columns["_cwp_upper"] = pa.array(bound, pa.timestamp("us", tz="UTC"))
    for index, name in enumerate(("_cwp_window", "_cwp_page", "_cwp_row")):
        columns[name] = pa.array([place[index] for place in places], pa.int32())
    about = {"tenant_id": TENANT, "table": "service_tickets", "kind": "rows"} | metadata
    table = pa.table(columns).replace_schema_metadata(
        {f"cwp.{name}": value for name, value in about.items()}
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def absences_body(
    gone: Sequence[tuple[int, float]], upper: float = 100_000, run_id: str = "run-1"
) -> bytes:
    """A raw file that says which ids are gone, and since which second."""
    rows = [{"id": number} for number, _ in gone]
    body = raw_body(rows, upper=upper, run_id=run_id, kind="absences")
    table = pq.read_table(io.BytesIO(body))
    since = [ZERO + timedelta(seconds=t) for _, t in gone]
    table = table.append_column("_cwp_absent_at", pa.array(since, pa.timestamp("us", tz="UTC")))
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def object_created(key: str, bucket: str = BUCKET, size: int = 1000) -> str:
    return json.dumps(
        {
            "version": "0",
            "id": "1",
            "detail-type": "Object Created",
            "source": "aws.s3",
            "account": "000000000000",
            "detail": {
                "version": "0",
                "bucket": {"name": bucket},
                "object": {"key": key, "size": size, "etag": "4e68", "sequencer": "00"},
                "reason": "PutObject",
            },
        }
    )


def envelope(event: Event) -> str:
    """The event, as it comes from the bus."""
    detail = event.model_dump(mode="json")
    return json.dumps({"source": event.source, "detail-type": event.detail_type, "detail": detail})


class World:
    """A transformer with everything around it in memory."""

    def __init__(self, *mappings: Mapping) -> None:
        self.fate = Fate()
        self.lake, self.ledger = FakeLake(self.fate), FakeLedger(self.fate)
        self.bus, self.clock = FakeBus(self.fate), TickingClock()
        self.mappings = Mappings(mappings or (TICKETS,))
        self.files = 0

    @property
    def backends(self) -> Backends:
        return Backends(self.lake, self.ledger, self.bus, self.clock)

    def land(self, rows: Sequence[dict[str, Any]] | bytes, **options: Any) -> str:
        """Put a raw file into the lake; its key."""
        self.files += 1
        key = f"{TENANT}/raw/connectwise/service_tickets/20260101T{self.files:012d}Z.parquet"
        self.lake.objects[key] = rows if isinstance(rows, bytes) else raw_body(rows, **options)
        return key

    def send(self, *bodies: str) -> dict[str, Exception]:
        """One batch of messages; ids are their numbers."""
        messages = [(str(number), body) for number, body in enumerate(bodies)]
        return transform(messages, BUCKET, self.mappings, self.backends)

    def deliver(self, *raw_keys: str) -> dict[str, Exception]:
        return self.send(*map(object_created, raw_keys))

    def take(self, rows: Sequence[dict[str, Any]], **options: Any) -> Commit:
        """Land one file, deliver it; the newest commit."""
        failures = self.deliver(self.land(rows, **options))
        assert failures == {}
        return self.commits()[-1]

    def lose(self, *gone: tuple[int, float], **options: Any) -> Commit:
        """Land and deliver a file of absences, (id, since-second); the newest commit."""
        failures = self.deliver(self.land(absences_body(gone, **options)))
        assert failures == {}
        return self.commits()[-1]

    def rebuild(self, rebuild_id: str = "20260601T000000000000Z-1") -> dict[str, Exception]:
        """Ask for a rebuild of the tickets, and send what it sends itself."""
        request = RebuildRequested(
            tenant_id=TENANT, canonical_table=HISTORY.canonical_table, rebuild_id=rebuild_id
        )
        asked = len(self.bus.events)
        failures = self.send(envelope(request))
        while more := [e for e in self.bus.events[asked:] if isinstance(e, RebuildRequested)]:
            asked = len(self.bus.events)
            failures |= self.send(*map(envelope, more))
        return failures

    def commits(self) -> list[Commit]:
        # Who looks at the world from outside is subject to no fate.
        return commits_after(FakeLake(Fate(), self.lake.objects), *HISTORY, 0)

    def canonical_files(self) -> list[pa.Table]:
        """Of all commits, in order."""
        return [
            pq.read_table(io.BytesIO(self.lake.objects[commit.canonical.key]))
            for commit in self.commits()
            if commit.canonical
        ]

    def history(self) -> list[dict[str, Any]]:
        """The history that the canonical files give, by key and time."""
        if not (files := self.canonical_files()):
            return []
        rows: list[dict[str, Any]] = history_rows(files).to_pylist()
        return sorted(rows, key=lambda row: (row["ticket_id"], row["effective_from"]))

    def timeline(self, column: str = "summary") -> list[tuple[Any, Any, Any]]:
        """(value, from, to) of every version, in seconds."""
        return [
            (row[column], _seconds(row["effective_from"]), _seconds(row["effective_to"]))
            for row in self.history()
        ]

    def announced(self) -> list[int]:
        """Sequences, as they were published."""
        return [e.sequence for e in self.bus.events if isinstance(e, CanonicalCommitted)]

    def quarantine(self) -> list[dict[str, Any]]:
        """All rows set aside."""
        bodies = [b for key, b in sorted(self.lake.objects.items()) if "/quarantine/" in key]
        return [json.loads(line) for body in bodies for line in body.splitlines()]


def _seconds(value: datetime | None) -> float | None:
    return None if value is None else (value.replace(tzinfo=UTC) - ZERO).total_seconds()
