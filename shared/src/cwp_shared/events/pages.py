"""A page's way: job (SQS) -> fetched -> written. Bodies travel by pointer, never inline."""

from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, model_validator

from cwp_shared.clock import UtcTime
from cwp_shared.events.envelope import Event, Message
from cwp_shared.events.runs import Mode
from cwp_shared.names import RunId, TableId

#: Why a job could not be done, for people and for the run's outcome.
ReasonClass = Literal[
    "credentials",  # 401, or a collection that answers 404: keys, company or codebase are wrong
    "permission",  # 403: the API member's role may not read this table
    "configuration",  # no such tenant, host not allowed, secret missing
    "refused",  # the API does not take the request (400 and its kin): a field or condition is wrong
    "bad_page",  # an answer that is not a JSON array of rows with rising ids
    "exhausted",  # retried until the queue gave up
]


class PageJob(Message):
    """One request for the fetcher (SQS body, group = tenant).

    `survey` asks for count, lowest and highest id under the run's conditions. `page` asks for the
    rows with `after_id < id <= high_id`, at most `page_size`, lowest ids first; the fetcher itself
    sends the job of the next page until a page comes back empty. `window` and `page` number the
    job within its run, so a job made twice has the same id and lands on the same key.
    """

    kind: Literal["survey", "page"]
    run_id: RunId
    table: TableId
    mode: Mode
    lower: UtcTime | None
    upper: UtcTime
    window: int = 0
    page: int = 0
    after_id: int = 0
    #: None: no upper end (the last window stays open above).
    high_id: int | None = None

    @property
    def job_id(self) -> str:
        """`w003-p00012`; `survey` for the survey."""
        if self.kind == "survey":
            return "survey"
        return f"w{self.window:03d}-p{self.page:05d}"

    def next_page(self, last_id: int) -> Self:
        """The job that continues after `last_id` in the same window."""
        return self.model_copy(update={"page": self.page + 1, "after_id": last_id})


class TableSurveyed(Event):
    """How large a run is: the scheduler cuts it into id windows from this."""

    detail_type: ClassVar[str] = "TableSurveyed"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    count: int
    #: None when `count` is 0.
    lowest_id: int | None
    highest_id: int | None


class PageFetched(Event):
    """A page body lies in landing/, exactly as received. An empty page closes its window."""

    detail_type: ClassVar[str] = "PageFetched"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    mode: Mode
    upper: UtcTime
    job_id: str
    window: int
    page: int
    landing_key: str
    #: Of the body as received, before compression; hex.
    sha256: str
    rows: int
    #: None when `rows` is 0.
    first_id: int | None
    last_id: int | None
    #: True for the empty page that ends the window.
    is_last: bool

    @model_validator(mode="after")
    def _empty_means_last(self) -> Self:
        if (self.rows == 0) != self.is_last:
            raise ValueError("is_last must be true exactly when the page is empty")
        return self


class PageFailed(Event):
    """A job ended without its page; the run cannot complete."""

    detail_type: ClassVar[str] = "PageFailed"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    job_id: str
    reason_class: ReasonClass
    reason: str


class PageQuarantined(Event):
    """Something of a page was set aside; the run goes on without it."""

    detail_type: ClassVar[str] = "PageQuarantined"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    job_id: str
    reason_class: ReasonClass
    reason: str
    quarantine_key: str
    row_ids: tuple[int, ...] = ()


class JobReceipt(BaseModel):
    """One page that is now durable in raw/ (or was empty): what the scheduler counts."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: str
    window: int
    page: int
    rows: int
    #: None when `rows` is 0; a stalled window continues after it.
    last_id: int | None = None
    is_last: bool


class PagesWritten(Event):
    """These pages of one run are durable. `raw_key` is None when all of them were empty."""

    detail_type: ClassVar[str] = "PagesWritten"
    source: ClassVar[str] = "connectwise.writer"

    run_id: RunId
    table: TableId
    jobs: tuple[JobReceipt, ...]
    raw_key: str | None
    rows: int
