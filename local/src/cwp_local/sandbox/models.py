"""What the control endpoints take and give; the server and the Python client share these."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from cwp_local.sandbox.model_base import Model, known_table, problems
from cwp_local.sandbox.weather.model import NotJson, StatusFault, Weather
from cwp_shared.clock import UtcTime, to_seconds

__all__ = [
    "ChangesAsked",
    "ChangesPlayed",
    "CompanyAccess",
    "CompanySpec",
    "CompanyState",
    "HistoryEntry",
    "HistoryPage",
    "LogEntry",
    "LogPage",
    "Making",
    "NotJson",
    "StatusFault",
    "TableChanges",
    "TickAsked",
    "TickState",
    "Weather",
    "problems",
]

_MOST_TICKETS = 2_000_000
_MOST_CHANGES = 100_000
_MOST_DAYS = 100


#: A time in whole seconds, which is all that rows can say.
Second = Annotated[UtcTime, AfterValidator(to_seconds)]


class CompanySpec(Model):
    """What a company is made from: the same spec, with a `reference_time`, gives the same rows.

    `reference_time` is the newest time in the data, at least an hour past; if it is not given it
    is the last UTC midnight that is.
    """

    company: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    seed: int = 1
    tickets: int = Field(ge=0, le=_MOST_TICKETS)
    reference_time: Second | None = None


class CompanyAccess(Model):
    """All that a client needs to pull a company's data. Keys never show in a repr or a log."""

    company: str
    site: str
    public_key: SecretStr
    private_key: SecretStr
    client_id: SecretStr
    counts: Mapping[str, int]


class CompanyState(Model):
    """A company without its keys. `changes_played` counts the changes asked for so far."""

    company: str
    seed: int
    tickets: int
    reference_time: UtcTime
    changes_played: int
    counts: Mapping[str, int]


class ChangesAsked(Model):
    """How many rows to touch, spread over `tables` (all, if not given).

    The same `seed` on the same rows plays the same changes; without one, each time others.
    """

    update: int = Field(default=0, ge=0, le=_MOST_CHANGES)
    add: int = Field(default=0, ge=0, le=_MOST_CHANGES)
    delete: int = Field(default=0, ge=0, le=_MOST_CHANGES)
    seed: int | None = None
    tables: tuple[str, ...] | None = None

    @field_validator("tables")
    @classmethod
    def _tables_exist(cls, tables: tuple[str, ...] | None) -> tuple[str, ...] | None:
        return tables and tuple(known_table(name) for name in dict.fromkeys(tables))


class TableChanges(Model):
    """Ids of one table's rows that are not as they were; each id is in one list only."""

    updated: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()


class ChangesPlayed(Model):
    """Everything that changed, including what other rows repeat of a changed row.

    `at` is the second that the rows' lastUpdated says.
    """

    at: UtcTime
    tables: Mapping[str, TableChanges]


class TickAsked(Model):
    """A working day to be played: `days` is 1 for one, 0.1 for a tenth of its changes.

    At once; or after every `every_requests` pages that clients ask for, or every `seconds`,
    until it is stopped. The same `seed` on the same rows at the same time plays the same.
    """

    days: float = Field(default=1.0, gt=0, le=_MOST_DAYS)
    seed: int | None = None
    every_requests: int | None = Field(default=None, ge=1)
    seconds: float | None = Field(default=None, gt=0)

    @property
    def at_once(self) -> bool:
        """Whether it is played once, now."""
        return self.every_requests is None and self.seconds is None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.every_requests is not None and self.seconds is not None:
            raise ValueError("every_requests and seconds exclude each other")
        return self


class TickState(Model):
    """What is being played by itself (None if nothing), how often it was, and what changed.

    `changes` are all since the change `since` of the change log, when it began, whoever made
    them. `failed` says why it stopped, if it did so by itself.
    """

    running: TickAsked | None
    played: int
    failed: str | None = None
    since: int
    changes: ChangesPlayed


class HistoryEntry(Model):
    """A change of a row, from the change log. `seq` grows.

    `initial` is what a row was before its first change, and since when (1970, if it does not
    say); it comes just before that change. `time` is the server's when the change was made, and
    `body` the whole row from then on, None if it is deleted.
    """

    seq: int
    time: UtcTime
    kind: Literal["initial", "added", "updated", "deleted"]
    table: str
    id: int
    body: dict[str, Any] | None


class HistoryPage(Model):
    """Changes after `since`, oldest first; ask again with `last` until there are none."""

    entries: tuple[HistoryEntry, ...]
    last: int


class Making(Model):
    """A company that is being made: `done` of `of` parts of a step, `rows` made so far."""

    company: str
    tickets: int
    step: Literal["generate", "merge", "index"]
    done: int
    of: int
    rows: int


class LogEntry(Model):
    """A request that was answered. `seq` grows by one each.

    From `started` to `ended`, which is also `time`, it took `ms`, sending included. `at_once`
    counts the requests of its company that were under way when it started, itself included.
    `table` and `kind` are known of requests whose keys were right; `ends` tells whether the
    connection was broken on purpose, and `retry_after` what the answer's header said.
    """

    seq: int
    time: UtcTime
    company: str | None
    method: str
    path: str
    query: str
    status: int
    ms: float
    started: UtcTime
    ended: UtcTime
    at_once: int
    table: str | None = None
    kind: Literal["page", "count", "row", "write"] | None = None
    ends: Literal["whole", "reset", "truncated"] = "whole"
    retry_after: int | None = None


class LogPage(Model):
    """Requests after `since`, oldest first; ask again with `last`. Old ones are forgotten."""

    entries: tuple[LogEntry, ...]
    last: int
