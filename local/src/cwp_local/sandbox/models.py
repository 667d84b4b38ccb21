"""What the control endpoints take and give; the server and the Python client share these."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)

from cwp_local.sandbox.tables import TABLES
from cwp_shared.clock import UtcTime, to_seconds

_MOST_TICKETS = 2_000_000
_MOST_CHANGES = 100_000


def _known_table(name: str) -> str:
    if name not in TABLES:
        raise ValueError(f"unknown table {name!r}; the sandbox has {', '.join(TABLES)}")
    return name


def problems(error: ValidationError) -> str:
    """What is wrong with a request, in one line."""
    return "; ".join(
        f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()
    )


#: A time in whole seconds, which is all that rows can say.
Second = Annotated[UtcTime, AfterValidator(to_seconds)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompanySpec(_Model):
    """What a company is made from: the same spec, with a `reference_time`, gives the same rows.

    `reference_time` is the newest time in the data, at least an hour past; if it is not given it
    is the last UTC midnight that is.
    """

    company: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    seed: int = 1
    tickets: int = Field(ge=0, le=_MOST_TICKETS)
    reference_time: Second | None = None


class CompanyAccess(_Model):
    """All that a client needs to pull a company's data. Keys never show in a repr or a log."""

    company: str
    site: str
    public_key: SecretStr
    private_key: SecretStr
    client_id: SecretStr
    counts: Mapping[str, int]


class CompanyState(_Model):
    """A company without its keys. `changes_played` counts the changes asked for so far."""

    company: str
    seed: int
    tickets: int
    reference_time: UtcTime
    changes_played: int
    counts: Mapping[str, int]


class ChangesAsked(_Model):
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
        return tables and tuple(_known_table(name) for name in dict.fromkeys(tables))


class TableChanges(_Model):
    """Ids of one table's rows that are not as they were; each id is in one list only."""

    updated: tuple[int, ...] = ()
    added: tuple[int, ...] = ()
    deleted: tuple[int, ...] = ()


class ChangesPlayed(_Model):
    """Everything that changed, including what other rows repeat of a changed row.

    `at` is the second that the rows' lastUpdated says.
    """

    at: UtcTime
    tables: Mapping[str, TableChanges]


class NotJson(_Model):
    """The next `times` pages of `table` (of any, if None) are HTML with status 200."""

    table: str | None = None
    times: int = Field(default=1, ge=1)

    _check = field_validator("table")(lambda name: name and _known_table(name))


class StatusFault(_Model):
    """The next `times` requests to `table` (to any, if None) are refused with `code`."""

    table: str | None = None
    code: int = Field(ge=400, le=599)
    times: int = Field(default=1, ge=1)
    retry_after: int | None = Field(default=None, ge=0)

    _check = field_validator("table")(lambda name: name and _known_table(name))


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict | BaseModel) else value


class Weather(_Model):
    """Faults that are about to happen; each may be one or a list. Empty: fair weather."""

    not_json: Annotated[tuple[NotJson, ...], BeforeValidator(_as_list)] = ()
    status: Annotated[tuple[StatusFault, ...], BeforeValidator(_as_list)] = ()


class LogEntry(_Model):
    """A request that was answered. `seq` grows by one each; `ms` excludes sending the body."""

    seq: int
    time: UtcTime
    company: str | None
    method: str
    path: str
    query: str
    status: int
    ms: float


class LogPage(_Model):
    """Requests after `since`, oldest first; ask again with `last`. Old ones are forgotten."""

    entries: tuple[LogEntry, ...]
    last: int
