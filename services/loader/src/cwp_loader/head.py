"""Where one table stands: the item HEAD of LoadState, and how it may change.

::

    unknown -> preparing -> idle -> loading -> idle -> ...
                             idle -> preparing           the table needs a column, or wider ones
               preparing, loading -> waiting             failed: again at retry_at, by preparing
               preparing, loading -> blocked             failed too often: again at a new commit
               preparing, loading -> unknown             nobody knows how it ended

`unknown`: only the warehouse knows. `preparing`, `loading`: a statement is in flight, `work` says
which. `idle`: `loaded_sequence` and `columns` are what the warehouse said last. `waiting`: the last
statement failed, `retry_at` is when to go on. `blocked`: it failed too often, or cannot succeed; a
new commit or an operator starts it again. Whatever failed, the way back is through `preparing`.

`due_at` is when the window opens for which new commits wait (`windows.py`); none while a statement
is in flight, and the end of a load takes along what came meanwhile. A lost one is a load too early.

HEAD is a cache. The ledger in the warehouse is the truth about what is loaded, so HEAD may be lost
or wrong; and every change of it is conditional on `revision`, so two workers never both win.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from cwp_loader.layout import Columns, Shape
from cwp_loader.messages import Kind
from cwp_loader.table import TableRef
from cwp_shared.clock import UtcTime
from cwp_shared.names import CanonicalTable, TenantId

Phase = Literal["unknown", "preparing", "idle", "loading", "waiting", "blocked"]

#: How long a worker has from its claim to the recorded statement id. Longer than any invocation
#: (60 s): the function's timeout in serverless.yml must stay below it.
CLAIM: Final = timedelta(seconds=90)
#: How long only the statement's own event is waited for, before a sweep asks how it is. An event
#: may be lost, and a warehouse that was stopped has forgotten its statements; asking costs nothing.
WATCH: Final = timedelta(seconds=45)
#: The Data API knows a ClientToken for 8 hours; a claim older than this is not submitted again.
TOKEN_LIFE: Final = timedelta(hours=6)

MAX_ATTEMPTS: Final = 5
#: So often a file must have failed alone before another is tried in its place.
ATTEMPTS_BEFORE_PROBE: Final = 2
_FIRST_DELAY: Final = timedelta(seconds=15)
#: The warehouse took nothing (throttled, too many statements): no failure, only not now.
BUSY_DELAY: Final = timedelta(seconds=30)
#: Commits overtake each other for seconds; a gap that stays longer is asked for, ever more rarely.
GAP_PATIENCE: Final = timedelta(minutes=1)
_GAP_MOST_DOUBLINGS: Final = 6
#: Asked so often in vain, 7 minutes, a gap is a failure that somebody is told of.
GAP_IS_FAILURE: Final = 3

_LONGEST_ERROR: Final = 2000
#: Of so many loads the statement is remembered.
MOST_PAST: Final = 20


class Work(BaseModel):
    """A statement in flight, or claimed and about to be."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Kind
    load_id: str
    #: The commits it is for; none for `prepare`. Of `rewind`, the first only.
    first: int = 0
    last: int = 0
    rows: int = 0
    started_at: UtcTime
    #: Until then nobody but the worker who claimed, and the statement's event, acts on it.
    lease_until: UtcTime
    #: None between the claim and the Data API's answer.
    statement_id: str | None = None


class PastLoad(BaseModel):
    """A load that committed: for people, who look up what Redshift says of its statement."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    load_id: str
    statement_id: str


class Position(BaseModel):
    """What the ledger says about a table."""

    model_config = ConfigDict(frozen=True)

    sequence: int
    all_rows: int
    #: Rows of the loads that HEAD did not know of.
    new_rows: int
    loaded_at: UtcTime | None
    #: Files that the ledger passed over.
    set_aside: int = 0


class Head(BaseModel):
    """One table. `gather` writes `highest_sequence` and sets `due_at`; the rest is `settle`'s."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tenant_id: TenantId
    canonical_table: CanonicalTable
    revision: int = 0
    highest_sequence: int = 0
    due_at: UtcTime | None = None

    phase: Phase = "unknown"
    loaded_sequence: int = 0
    rows_loaded: int = 0
    loaded_at: UtcTime | None = None
    set_aside: int = 0
    columns: Columns = ()
    key_columns: tuple[str, ...] = ()
    work: Work | None = None
    #: The newest loads, oldest first; the Data API forgets a statement after a day.
    past: tuple[PastLoad, ...] = ()

    attempts: int = 0
    retry_at: UtcTime | None = None
    last_error: str | None = None
    last_error_at: UtcTime | None = None
    gap_since: UtcTime | None = None
    gap_asked: int = 0

    #: While commits up to `suspects_until` are in doubt (`suspicion.py`), at most so many a load.
    most_commits: int | None = None
    suspects_until: int = 0
    #: A sequence: another file was read without fault while this one failed.
    proven: int = 0

    @property
    def table(self) -> TableRef:
        """Whose head this is."""
        return TableRef(self.tenant_id, self.canonical_table)

    @property
    def shape(self) -> Shape:
        """What the table looked like when the warehouse was asked last."""
        return Shape(self.columns, self.key_columns)

    @property
    def gap_patience(self) -> timedelta:
        """How long after `gap_since` the missing commit is asked for."""
        return GAP_PATIENCE * (1 << min(self.gap_asked, _GAP_MOST_DOUBLINGS))

    @property
    def is_known(self) -> bool:
        """Whether this table was ever heard of."""
        return self.revision > 0 or self.highest_sequence > 0

    @property
    def is_behind(self) -> bool:
        """Whether there are commits that the warehouse has not."""
        return self.highest_sequence > self.loaded_sequence

    @property
    def is_last_attempt(self) -> bool:
        """Whether one more failure blocks the table."""
        return self.attempts + 1 >= MAX_ATTEMPTS

    @property
    def wants_probe(self) -> bool:
        """Whether another file should be tried before the next one to load."""
        suspect = self.loaded_sequence + 1
        failed_alone = suspect <= self.suspects_until and self.most_commits == 1
        often = self.attempts >= ATTEMPTS_BEFORE_PROBE
        return failed_alone and often and self.proven != suspect

    @property
    def is_held_up(self) -> bool:
        """Whether loading has stopped until somebody does something."""
        return self.phase == "blocked" or self.gap_asked >= GAP_IS_FAILURE

    def at_most(self, usual: int) -> int:
        """How many commits the next load takes at most."""
        if self.most_commits and self.loaded_sequence < self.suspects_until:
            return self.most_commits
        return usual

    def is_due(self, now: datetime) -> bool:
        """Whether a sweep should wake this table: it should have moved, or could."""
        if self.work:
            return now >= self.work.lease_until
        has_reason = self.is_behind or self.due_at or self.phase == "waiting"
        return bool(has_reason) and self.may_start(now)

    def may_start(self, now: datetime) -> bool:
        """Whether a new statement may be claimed unasked, nothing being in flight."""
        if self.retry_at:
            return now >= self.retry_at
        if self.phase == "blocked" and not self.due_at:
            return False
        return self.due_at is None or now >= self.due_at

    def claimed(self, work: Work) -> "Head":
        """`work` is about to be submitted."""
        # Out of `blocked` there is one try for each new commit, not five.
        attempts = min(self.attempts, MAX_ATTEMPTS - 1)
        return self._with(
            phase="loading" if work.kind in {"load", "probe"} else "preparing",
            work=work,
            attempts=attempts,
            retry_at=None,
            due_at=None,
        )

    def leased(self, until: datetime) -> "Head":
        """The claim is renewed."""
        return self._with_work(lease_until=until)

    def submitted(self, statement_id: str, until: datetime) -> "Head":
        """The Data API has it, or still has it."""
        return self._with_work(statement_id=statement_id, lease_until=until)

    def prepared(self, position: Position, shape: Shape) -> "Head":
        """The warehouse said where it stands."""
        moved = position.sequence != self.loaded_sequence
        return self._with(
            phase="idle",
            work=None,
            loaded_sequence=position.sequence,
            rows_loaded=position.all_rows,
            loaded_at=position.loaded_at,
            set_aside=position.set_aside,
            columns=shape.columns,
            key_columns=shape.key,
            **(_NO_TROUBLE if moved else {}),
        )

    def loaded(self, work: Work, statement_id: str, now: datetime) -> "Head":
        """The load committed."""
        done = PastLoad(load_id=work.load_id, statement_id=statement_id)
        return self._with(
            past=(*self.past, done)[-MOST_PAST:],
            phase="idle",
            work=None,
            loaded_sequence=work.last,
            rows_loaded=self.rows_loaded + work.rows,
            loaded_at=now,
            **_NO_TROUBLE,
        )

    def forgotten(self) -> "Head":
        """Nobody can say how the statement ended, but the warehouse: look there."""
        return self._with(phase="unknown", work=None, retry_at=None)

    def failed(self, reason: str, now: datetime) -> "Head":
        """The statement failed; it is tried again later, a few times."""
        if self.is_last_attempt:
            return self.refused(reason, now)
        return self._with(
            phase="waiting",
            work=None,
            attempts=self.attempts + 1,
            retry_at=now + _FIRST_DELAY * (1 << 2 * self.attempts),
            **_trouble(reason, now),
        )

    def refused(self, reason: str, now: datetime) -> "Head":
        """Trying again cannot help, or did not: only a new commit or an operator goes on."""
        return self._with(
            phase="blocked",
            work=None,
            attempts=MAX_ATTEMPTS,
            retry_at=None,
            **_trouble(reason, now),
        )

    def doubted(self) -> "Head":
        """An operator wants a new start: what was known is not believed."""
        return self._with(phase="unknown", attempts=0, retry_at=None, suspects_until=0, proven=0)

    def narrowed(self, work: Work, reason: str, now: datetime) -> "Head":
        """A load of several commits was rolled back: half of them are tried next."""
        return self._with(
            phase="idle",
            work=None,
            most_commits=(work.last - work.first + 1) // 2,
            suspects_until=max(self.suspects_until, work.last),
            **_trouble(reason, now),
        )

    def doubting(self, work: Work) -> "Head":
        """One commit failed alone; it is to stay alone."""
        until = max(self.suspects_until, work.last)
        return self._with(most_commits=1, suspects_until=until)

    def proved(self) -> "Head":
        """A probe went well: the fault is in the next commit's file, or over."""
        return self._with(phase="idle", work=None, proven=self.loaded_sequence + 1)

    def condemning(self, reason: str, now: datetime) -> "Head":
        """The next commit is about to be set aside; those behind it are not in doubt."""
        return self._with(suspects_until=0, **_trouble(reason, now))

    def postponed(self, reason: str, now: datetime) -> "Head":
        """The warehouse was too busy to take it; nothing ran, so what was known still holds."""
        preparing = self.work is None or self.work.kind == "prepare"
        return self._with(
            phase="unknown" if preparing else "idle",
            work=None,
            retry_at=now + BUSY_DELAY,
            **_trouble(reason, now),
        )

    def rested(self) -> "Head":
        """There is nothing to load after all."""
        return self._with(due_at=None)

    def gap_noticed(self, now: datetime) -> "Head":
        """The next commit is not here, a later one is."""
        return self._with(gap_since=now)

    def gap_reported(self, now: datetime) -> "Head":
        """The next commit was asked for."""
        asked = self.gap_asked + 1
        reason = (
            f"commit {self.loaded_sequence + 1} has not arrived, though commit "
            f"{self.highest_sequence} has; asked for it {asked} times"
        )
        return self._with(gap_since=now, gap_asked=asked, **_trouble(reason, now))

    def _with(self, **changes: object) -> "Head":
        return self.model_copy(update=changes)

    def _with_work(self, **changes: object) -> "Head":
        if self.work is None:
            raise ValueError(f"{self.table} has no statement in flight")
        return self._with(work=self.work.model_copy(update=changes))


_NO_TROUBLE: Final[dict[str, object]] = {
    "attempts": 0,
    "retry_at": None,
    "last_error": None,
    "last_error_at": None,
    "gap_since": None,
    "gap_asked": 0,
}


def _trouble(reason: str, now: datetime) -> dict[str, object]:
    return {"last_error": reason[:_LONGEST_ERROR], "last_error_at": now}
