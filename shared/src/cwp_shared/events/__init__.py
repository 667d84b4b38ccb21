"""The contracts that travel: one model per detail-type on the bus, and the page job on SQS.

Writers are exact, readers tolerant: a reader ignores fields it does not know and refuses a
version it does not know. Delivery is at least once and unordered everywhere; no model may need a
second message to be understood. JSON Schemas of all models are generated into `shared/schemas`,
golden samples in `tests/contract/samples` never change.
"""

from cwp_shared.events.absences import AbsencesHeld, AbsencesProven, AbsencesReleased
from cwp_shared.events.canonical import (
    CanonicalColumn,
    CanonicalCommitted,
    CommitsRequested,
    LoadFailed,
    RebuildRequested,
    TableLoaded,
    WarehouseLayout,
)
from cwp_shared.events.envelope import Event, Message, parse_envelope
from cwp_shared.events.pages import (
    JobReceipt,
    PageFailed,
    PageFetched,
    PageJob,
    PageQuarantined,
    PageRejected,
    PagesWritten,
    TableSurveyed,
)
from cwp_shared.events.reasons import ReasonClass
from cwp_shared.events.runs import (
    Mode,
    RunCancelRequested,
    RunCompleted,
    RunFailed,
    SourceBlocked,
    SourceRecovered,
    SyncRequested,
)

#: Every detail-type on the bus.
EVENTS: tuple[type[Event], ...] = (
    SyncRequested,
    RunCancelRequested,
    TableSurveyed,
    PageFetched,
    PageFailed,
    PageQuarantined,
    PageRejected,
    PagesWritten,
    RunCompleted,
    RunFailed,
    SourceBlocked,
    SourceRecovered,
    AbsencesProven,
    AbsencesHeld,
    AbsencesReleased,
    CanonicalCommitted,
    CommitsRequested,
    RebuildRequested,
    TableLoaded,
    LoadFailed,
)

__all__ = [
    "EVENTS",
    "AbsencesHeld",
    "AbsencesProven",
    "AbsencesReleased",
    "CanonicalColumn",
    "CanonicalCommitted",
    "CommitsRequested",
    "Event",
    "JobReceipt",
    "LoadFailed",
    "Message",
    "Mode",
    "PageFailed",
    "PageFetched",
    "PageJob",
    "PageQuarantined",
    "PageRejected",
    "PagesWritten",
    "ReasonClass",
    "RebuildRequested",
    "RunCancelRequested",
    "RunCompleted",
    "RunFailed",
    "SourceBlocked",
    "SourceRecovered",
    "SyncRequested",
    "TableLoaded",
    "TableSurveyed",
    "WarehouseLayout",
    "parse_envelope",
]
