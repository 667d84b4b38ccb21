"""What a month uses, in the units that AWS charges for."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FunctionUse:
    """One function. `name`: `fetcher fetch`; `seconds`: of all its invocations together."""

    name: str
    memory_mb: int
    invocations: float
    seconds: float


@dataclass(frozen=True)
class Usage:
    """A month. `assumptions`: what was not measured, in words, and how it was put in its place."""

    functions: tuple[FunctionUse, ...] = ()
    #: Messages sent, by queue: `fetcher-jobs`.
    messages: Mapping[str, float] = field(default_factory=dict)
    #: Receives that found nothing: what waiting for messages costs.
    empty_receives: float = 0.0
    #: Events put on the bus, and files in S3 that are told of.
    events: float = 0.0
    #: Bytes at the end of the month, by kind: `raw`, `canonical`, ...
    stored_bytes: Mapping[str, float] = field(default_factory=dict)
    #: Objects made, by kind.
    objects: Mapping[str, float] = field(default_factory=dict)
    dynamodb_writes: float = 0.0
    dynamodb_reads: float = 0.0
    log_bytes: float = 0.0
    rpu_hours: float = 0.0
    warehouse_bytes: float = 0.0
    secrets: int = 0
    alarms: int = 0
    metrics: int = 0
    assumptions: tuple[str, ...] = ()
