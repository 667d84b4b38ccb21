"""Faults on command: what can go wrong with a statement, and goes wrong here when asked to.

::

    Fail       the statement ends FAILED, in its last part or the one named; nothing of it stays
    Wait       the statement is begun so much later; those behind it go on
    LoseEvent  the statement ends, and nobody is told
    Refuse     the request is not taken
"""

import threading
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

#: What Redshift says to one of two transactions that would not give what they give one by one.
CONFLICT = (
    "1023\n  Detail: Serializable isolation violation on table - 100000, "
    "transactions forming the cycle are: 1000, 1001 (pid:1)"
)
_LONGEST_WAIT_S = 3600


class _Fault(BaseModel):
    """Meets the next `times` statements whose name begins with `name`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    times: int = Field(default=1, ge=1)


class Fail(_Fault):
    """`part` counts from 1; None is the last. `text` comes after `ERROR: `."""

    kind: Literal["fail"] = "fail"
    text: str = Field(default="out of memory", min_length=1)
    part: int | None = Field(default=None, ge=1)

    def place(self, parts: int) -> int:
        """Which of so many parts fails, from 0."""
        return min(self.part or parts, parts) - 1


class Wait(_Fault):
    """`seconds` pass before the statement is begun."""

    kind: Literal["wait"] = "wait"
    seconds: float = Field(gt=0, le=_LONGEST_WAIT_S)


class LoseEvent(_Fault):
    """As EventBridge may: its delivery is best effort."""

    kind: Literal["lose-event"] = "lose-event"


class Refuse(_Fault):
    """The answer of ExecuteStatement and BatchExecuteStatement is `error`; nothing runs."""

    kind: Literal["refuse"] = "refuse"
    error: Literal[
        "ActiveSessionsExceededException",
        "ActiveStatementsExceededException",
        "BatchExecuteStatementException",
        "DatabaseConnectionException",
        "ExecuteStatementException",
        "InternalServerException",
        "ThrottlingException",
    ] = "ActiveStatementsExceededException"


Fault = Annotated[Fail | Wait | LoseEvent | Refuse, Field(discriminator="kind")]
FAULT: TypeAdapter[Fault] = TypeAdapter(Fault)

F = TypeVar("F", Fail, Wait, LoseEvent, Refuse)


class Faults:
    """What is still to go wrong; asked by several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Let it happen after all that were asked for before it."""
        with self._lock:
            self._left.append(fault)

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        with self._lock:
            self._left.clear()

    def left(self) -> list[Fault]:
        """What has not happened yet, `times` counted down."""
        with self._lock:
            return list(self._left)

    def take(self, kind: type[F], name: str) -> F | None:
        """The fault of `kind` that meets a statement called `name` now, and so one less of it."""
        with self._lock:
            for place, fault in enumerate(self._left):
                if isinstance(fault, kind) and name.startswith(fault.name):
                    rest = fault.model_copy(update={"times": fault.times - 1})
                    self._left[place : place + 1] = [rest] if rest.times else []
                    return fault
        return None
