"""A page's way: job (SQS) -> fetched -> written. Bodies travel by pointer, never inline."""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from cwp_shared.clock import UtcTime
from cwp_shared.events.envelope import Event, Message
from cwp_shared.events.reasons import ReasonClass
from cwp_shared.events.runs import Mode
from cwp_shared.names import JobId, RunId, TableId

#: Of a window in its run, of a page in its window; raw files have it as int32.
Place = Annotated[int, Field(ge=0, lt=2**31)]


class PageJob(Message):
    """One piece of work for the fetcher (SQS body, group = tenant).

    `survey` asks for count, lowest and highest id under the run's conditions. `page` asks for the
    rows with `after_id < id <= high_id`, at most `page_size`, lowest ids first; the fetcher itself
    sends the job of the next page until the window is closed. `window` and `page` number the job
    within its run, so a job made twice has the same id and lands on the same key.

    Of a nested table, ids of windows, `after_id` and `high_id` are ids of the parents; a page holds
    all children of a few of them.
    """

    kind: Literal["survey", "page"]
    run_id: RunId
    table: TableId
    mode: Mode
    lower: UtcTime | None
    upper: UtcTime
    window: Place = 0
    page: Place = 0
    after_id: int = 0
    #: None: no upper end (the last window stays open above).
    high_id: int | None = None
    #: Where the window begins, as `after_id` of its page 0; None: this is page 0. `/count` of the
    #: window needs it, so whoever resumes a window in its middle gives it, and `rows_before`.
    low_id: int | None = None
    #: Rows that the pages before this one brought, those set aside included.
    rows_before: int = 0
    #: None: what the table's entry says; smaller after the API timed out on that.
    page_size: int | None = None
    #: So many rows after `after_id` hold one that the API cannot give; only they are asked for.
    bad_within: int | None = None
    #: False: the tenant's API takes no conditions on `lastUpdated` of this table.
    by_time: bool = True
    #: Its run was picked up: whoever had this page before may be gone, so the chain goes on even if
    #: the page has landed.
    resumed: bool = False
    #: How often the job was put off for the tenant's rate limit or circuit: no fault of its own.
    waits: int = 0

    @property
    def job_id(self) -> str:
        """`w003-p00012`; `survey` for the survey."""
        if self.kind == "survey":
            return "survey"
        return f"w{self.window:03d}-p{self.page:05d}"

    @property
    def window_low_id(self) -> int:
        """The window's ids are above this one."""
        return self.after_id if self.low_id is None else self.low_id

    def next_page(self, last_id: int, rows: int) -> Self:
        """The job that continues after `last_id` in the same window; this page brought `rows`.

        It is not `resumed`: whoever lands a page sees to the next one.
        """
        return self.model_copy(
            update={
                "page": self.page + 1,
                "after_id": last_id,
                "low_id": self.window_low_id,
                "rows_before": self.rows_before + rows,
                "bad_within": None,
                "resumed": False,
                "waits": 0,
            }
        )


class TableSurveyed(Event):
    """How large a run is: the scheduler cuts it into id windows from this.

    Of a nested table, count and ids are the parents'.
    """

    detail_type: ClassVar[str] = "TableSurveyed"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    count: int
    #: None when `count` is 0.
    lowest_id: int | None
    highest_id: int | None
    #: What the API's own clock said (its Date header).
    server_time: UtcTime | None = None


class PageFetched(Event):
    """A page lies in landing/, its rows byte for byte as received, but for what is sensitive.

    The page that `is_last` closes its window: it is empty, or `/count` under the window's
    conditions agrees with the rows the window has brought.
    """

    detail_type: ClassVar[str] = "PageFetched"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    mode: Mode
    upper: UtcTime
    job_id: JobId
    window: Place
    page: Place
    landing_key: str
    #: Of the body as it landed, before compression; hex.
    sha256: str
    rows: int
    first_id: int | None
    #: What the window continues after: the id of the last row, set aside or not; of a nested table,
    #: of the last parent. None when there was none.
    last_id: int | None
    #: True for the page that ends the window.
    is_last: bool
    #: Rows of this page that were set aside (PageQuarantined), not in `rows`.
    quarantined: int = 0
    #: Only with `is_last`: what `/count` says of the whole window; None: not asked (nested tables).
    counted: int | None = None
    #: What the API's own clock said when the page was asked for.
    server_time: UtcTime | None = None
    #: The model version asked for in `Accept`: what the rows' fields mean.
    api_version: str | None = None

    @model_validator(mode="after")
    def _goes_on_after_something(self) -> Self:
        if not self.is_last and self.last_id is None:
            raise ValueError("a page that is not the last needs last_id, to go on after")
        return self


class PageFailed(Event):
    """A job ended without its page; the run cannot complete."""

    detail_type: ClassVar[str] = "PageFailed"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    job_id: JobId
    reason_class: ReasonClass
    reason: str


class PageQuarantined(Event):
    """Something of a page was set aside; the run goes on without it."""

    detail_type: ClassVar[str] = "PageQuarantined"
    source: ClassVar[str] = "connectwise.fetcher"

    run_id: RunId
    table: TableId
    job_id: JobId
    reason_class: ReasonClass
    reason: str
    quarantine_key: str
    row_ids: tuple[int, ...] = ()


class PageRejected(Event):
    """The writer cannot read what landed for a job; the run cannot complete."""

    detail_type: ClassVar[str] = "PageRejected"
    source: ClassVar[str] = "connectwise.writer"

    run_id: RunId
    table: TableId
    job_id: JobId
    reason: str


class JobReceipt(BaseModel):
    """One page that is now durable in raw/ (or was empty): what the scheduler counts.

    The fields are those of `PageFetched`.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    job_id: JobId
    window: Place
    page: Place
    rows: int
    last_id: int | None = None
    is_last: bool
    quarantined: int = 0
    counted: int | None = None
    server_time: UtcTime | None = None


class PagesWritten(Event):
    """These pages of one run are durable. `raw_key` is None when all of them were empty.

    The pages of a reconcile run are ids only; `raw_key` is then a file under sweeps/
    (`keys.sweep`).
    """

    detail_type: ClassVar[str] = "PagesWritten"
    source: ClassVar[str] = "connectwise.writer"

    run_id: RunId
    table: TableId
    jobs: tuple[JobReceipt, ...]
    raw_key: str | None
    rows: int
