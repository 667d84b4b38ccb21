"""Weather: everything about a company's service that can be otherwise than fair.

Faults happen to requests, by count or by chance; switches hold until they are set back.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from cwp_local.sandbox.model_base import Model, known_table

_LONGEST_DELAY_S = 3600
_TEN_YEARS_S = 10 * 366 * 24 * 3600

T = TypeVar("T")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict | BaseModel | str) else value


#: One or a list of them.
Some = Annotated[tuple[T, ...], BeforeValidator(_as_list)]
KnownTable = Annotated[str, AfterValidator(known_table)]


class Fault(Model):
    """Meets requests to `table` (to any, if None).

    By count: the next `times`, by default one. By chance: each with `probability`, drawn from
    `seed`, until cleared or until it happened `times` times; probability 1 is always.
    """

    table: KnownTable | None = None
    times: int | None = Field(default=None, ge=1)
    probability: float | None = Field(default=None, gt=0, le=1)
    seed: int = 1

    @model_validator(mode="before")
    @classmethod
    def _once_unless_said(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("probability") is None:
            return {**given, "times": 1 if given.get("times") is None else given["times"]}
        return given


class NotJson(Fault):
    """A page that is HTML with status 200."""


class StatusFault(Fault):
    """A refusal with `code`.

    `body`: json has the documented shape, html is what a proxy in front sends, timeout says
    "timeout" as slow queries do. `retry_after` seconds go into the header; a 429 always has one.
    With `above_page_size`, only lists that ask for larger pages are met.
    """

    code: int = Field(ge=400, le=599)
    body: Literal["json", "html", "timeout"] = "json"
    retry_after: int | None = Field(default=None, ge=0)
    above_page_size: int | None = Field(default=None, ge=1)


class Slow(Fault):
    """The answer comes `seconds` late."""

    seconds: float = Field(gt=0, le=_LONGEST_DELAY_S)


class Reset(Fault):
    """The connection is reset (TCP RST) instead of an answer. What was asked for is done."""


class Truncated(Fault):
    """The connection ends after half of the body that Content-Length announced."""


class RateLimit(Model):
    """429 to whatever comes after `requests` requests within any `seconds`.

    Refused requests do not count. Retry-After is the time until the next would be let in, unless
    it is given.
    """

    requests: int = Field(ge=1)
    seconds: int = Field(default=60, ge=1)
    retry_after: int | None = Field(default=None, ge=0)
    body: Literal["json", "html"] = "json"


class TableRows(Model):
    """Some rows of a table, by id."""

    table: KnownTable
    ids: tuple[int, ...] = Field(min_length=1)


class Drift(Model):
    """A field that is not as the catalogue says: every row has `value`, or it has another type.

    Clients that ask by their Accept header for a version older than `since` do not see it.
    """

    table: KnownTable
    field: str = Field(min_length=1)
    value: Any = None
    retyped: Literal["string", "number", "list", "object"] | None = None
    since: str | None = Field(default=None, pattern=r"^\d{4}\.\d{1,2}$")

    @model_validator(mode="after")
    def _one_of_both(self) -> "Drift":
        if self.retyped and "value" in self.model_fields_set:
            raise ValueError("give value or retyped, not both")
        return self


class Weather(Model):
    """How a company's service behaves. Everything at its default: fair weather.

    Each fault may be one or a list; of those of one kind that could meet a request, the first
    does. The rate limit comes first, then `forbidden`, `status`, `not_json`.
    """

    rate_limit: RateLimit | None = None
    status: Some[StatusFault] = ()
    not_json: Some[NotJson] = ()
    slow: Some[Slow] = ()
    reset: Some[Reset] = ()
    truncated: Some[Truncated] = ()

    #: A page that has one of these rows is a 500, and so is the row by its id.
    poisoned: Some[TableRows] = ()
    #: Rows that the API member's security role does not see: in no list, no count, not by id.
    hidden: Some[TableRows] = ()
    #: Tables that the role may not read: 403.
    forbidden: Some[KnownTable] = ()
    #: Tables whose list rows come without `_info`, as they do where rights are missing.
    without_info: Some[KnownTable] = ()

    #: The status for wrong or missing keys: cloud services were seen to say 404.
    wrong_keys: Literal[401, 404] = 401
    #: The status for a missing or unknown clientId: 400 in the cloud, 403 on premises.
    wrong_client_id: Literal[400, 403] = 400
    #: What companyinfo and system/info say; on premises the codebase is v4_6_release.
    hosting: Literal["cloud", "on_premises"] = "cloud"

    #: The product version, which also names the codebase: 2025.16 is served at /v2025_16.
    version: str = Field(default="2025.1", pattern=r"^\d{4}\.\d{1,2}$")
    #: What the path of any other codebase gives: the gateway's text, or an API's 404.
    old_codebase: Literal[400, 404] = 400
    #: Whether /v4_6_release leads to the current version.
    router: bool = True

    #: A pageSize above 1,000 is cut to it, or refused with a 400.
    oversize: Literal["cap", "refuse"] = "cap"
    #: Absent fields as null, rather than left out.
    explicit_nulls: bool = False
    #: new: rowNum, userDefinedFieldRecId and podId on each, and `value: null` where there is none.
    custom_fields: Literal["old", "new"] = "old"
    drift: Some[Drift] = ()

    #: How far the server's clock is ahead (negative: behind): Date header and lastUpdated.
    skew_seconds: int = Field(default=0, ge=-_TEN_YEARS_S, le=_TEN_YEARS_S)
    #: The time zone bug: times with a zone in conditions mean so many hours later than they say.
    filter_shift_hours: float = Field(default=0.0, ge=-24, le=24)

    def changed(self, given: Mapping[str, Any]) -> "Weather":
        """This weather with the given fields in place of its own; None sets one back.

        Raises:
            ValidationError: a field that is none, or a value that it cannot have.
        """
        merged = {**self.model_dump(exclude_unset=True), **given}
        kept = {name: value for name, value in merged.items() if value is not None}
        return Weather.model_validate(kept)
