"""A run: one tenant, one table, one frozen window of `lastUpdated`."""

from typing import ClassVar, Literal

from pydantic import Field

from cwp_shared.clock import UtcTime
from cwp_shared.events.envelope import Event
from cwp_shared.events.reasons import ReasonClass
from cwp_shared.names import RunId, TableId

#: full: every row; incremental: rows changed since the watermark; reconcile: ids, to prove deletes.
Mode = Literal["incremental", "full", "reconcile"]


class SyncRequested(Event):
    """Somebody wants a tenant synced now. `tables` None means all that the tenant is set up for.

    With `resume` no run is opened: of the open ones the jobs that are missing are sent again now,
    however short ago that was.
    """

    detail_type: ClassVar[str] = "SyncRequested"
    source: ClassVar[str] = "connectwise.operator"

    tables: tuple[str, ...] | None = None
    mode: Mode = "incremental"
    resume: bool = False


class RunCancelRequested(Event):
    """An operator ends an open run: it fails as `cancelled`, and its table is free for the next.

    What is still under way of it does no harm: pages that arrive later are kept and count for
    nothing. Of a run that has ended nothing changes.
    """

    detail_type: ClassVar[str] = "RunCancelRequested"
    source: ClassVar[str] = "connectwise.operator"

    run_id: RunId
    table: TableId
    reason: str = Field(min_length=1, max_length=500)


class RunCompleted(Event):
    """Every page of the run is in raw/. The watermark stands at `upper`, or before it.

    Before it stands where the server's clock was behind ours; a reconcile run does not move it.
    """

    detail_type: ClassVar[str] = "RunCompleted"
    source: ClassVar[str] = "connectwise.scheduler"

    run_id: RunId
    table: TableId
    mode: Mode
    #: Rows with `lastUpdated` in [lower, upper]; None: from the beginning.
    lower: UtcTime | None
    upper: UtcTime
    pages: int
    rows: int
    raw_keys: tuple[str, ...]
    #: Rows set aside with their reason (PageQuarantined).
    quarantined: int = 0
    #: What `/count` said under the run's conditions; None: it was not asked.
    counted: int | None = None
    #: Rows that `/count` knows of and that are neither landed nor set aside; below 0: rows that
    #: left the window while it was read. None as `counted`.
    missing: int | None = None


class RunFailed(Event):
    """The run ended without moving the watermark; the next one starts where this one stood."""

    detail_type: ClassVar[str] = "RunFailed"
    source: ClassVar[str] = "connectwise.scheduler"

    run_id: RunId
    table: TableId
    mode: Mode
    reason_class: str
    reason: str


class SourceBlocked(Event):
    """A tenant's API, or one table of it, refuses us until a person changes something.

    Said once, when it begins: ticks leave the table or tenant alone but for an occasional try,
    SyncRequested always tries.
    """

    detail_type: ClassVar[str] = "SourceBlocked"
    source: ClassVar[str] = "connectwise.scheduler"

    #: None: the whole tenant (credentials, configuration).
    table: TableId | None
    reason_class: ReasonClass
    reason: str


class SourceRecovered(Event):
    """What SourceBlocked named answers again."""

    detail_type: ClassVar[str] = "SourceRecovered"
    source: ClassVar[str] = "connectwise.scheduler"

    table: TableId | None
