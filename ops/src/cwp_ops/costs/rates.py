"""What one call, one row and one message take: config/cost-rates.toml, measured once.

They turn a stated workload into a month's use, and stand in where a cloud does not meter.
"""

import tomllib
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class FunctionRate(BaseModel):
    """A function: what a call takes, and what a thousand rows take on top."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    memory_mb: int = Field(ge=128)
    call_seconds: float = Field(ge=0)
    thousand_rows_seconds: float = Field(default=0.0, ge=0)

    def seconds(self, calls: float, rows: float = 0.0) -> float:
        """What so many calls with so many rows take together."""
        return calls * self.call_seconds + rows / 1000 * self.thousand_rows_seconds


class Rates(BaseModel):
    """All of them. `measured` tells how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measured: str
    #: By service and function: `fetcher fetch`.
    functions: dict[str, FunctionRate]
    #: Of one row, by kind of object.
    row_bytes: dict[str, float]
    #: Of one commit, by kind of object.
    commit_objects: dict[str, float]
    dynamodb_writes_a_message: float
    dynamodb_reads_a_message: float
    log_bytes_a_call: float
    #: Lambda's pollers of one queue, and how long one waits for a message.
    pollers: int
    poll_seconds: int

    @classmethod
    def read(cls, root: Path) -> Self:
        """The project's own."""
        text = (root / "config" / "cost-rates.toml").read_text("utf-8")
        return cls.model_validate(tomllib.loads(text))

    def empty_receives(self, queues: int, days: float) -> float:
        """Receives of idle queues that find nothing."""
        return queues * self.pollers * days * 86_400 / self.poll_seconds
