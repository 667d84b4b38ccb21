"""Reading the page that a job asks for.

A page is whole or a beginning: when the API may not be asked any more, or breaks down, after some
of the page has come, then what has come is the page, and the next job goes on behind it. So every
job that got anything makes progress, however slowly the tenant's API may be asked.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from aws_lambda_powertools import Logger

from cwp_fetcher.bisection import BadRow
from cwp_fetcher.query import Collection, children_of, parents_of, rows_of
from cwp_fetcher.reader import SMALLEST_PAGE, Found, Reader, ids_of
from cwp_fetcher.rows import one_array
from cwp_shared.connectwise.failures import NotFound, ServerFault
from cwp_shared.errors import Retriable
from cwp_shared.events import PageJob
from cwp_shared.tables import LARGEST_PAGE, SourceTable

#: Parents whose children make a page. Fewer are listed only where there are no more.
PARENTS_A_PAGE: Final = SMALLEST_PAGE

logger = Logger()


@dataclass(frozen=True)
class Page:
    """A page to land. The fields are those of `PageFetched`, but for `bad`: rows to set aside."""

    body: bytes
    rows: int
    first_id: int | None
    last_id: int | None
    is_last: bool
    bad: tuple[BadRow, ...] = ()
    counted: int | None = None


def read_page(job: PageJob, table: SourceTable, reader: Reader) -> Page:
    """Ask for the job's page.

    Raises:
        Retriable: nothing of it came; PutOff says when, and how, to try again.
        JobFailed, Terminal: as `Visit.ask`.
    """
    return _nested_page(job, table, reader) if table.parent else _flat_page(job, table, reader)


@dataclass
class _Gathered:
    """What has come of a page so far."""

    bodies: list[bytes] = field(default_factory=list)
    rows: int = 0
    bad: list[BadRow] = field(default_factory=list)
    first_id: int | None = None
    last_id: int | None = None

    @property
    def taken(self) -> int:
        """Rows that came or were set aside."""
        return self.rows + len(self.bad)

    @property
    def body(self) -> bytes:
        """As received if it is one answer; else all rows in one array."""
        return self.bodies[0] if len(self.bodies) == 1 else one_array(self.bodies)

    def add(self, found: Found) -> None:
        """Take rows that came after all others."""
        if isinstance(found, BadRow):
            self.bad.append(found)
        else:
            self.bodies.append(found.body)
            self.rows += len(found.ids)
        if ids := ids_of(found):
            self.first_id = ids[0] if self.first_id is None else self.first_id
            self.last_id = ids[-1]

    def add_all(self, coming: Iterable[Found]) -> bool:
        """Take what comes; False if it broke off after some had come."""
        try:
            for found in coming:
                self.add(found)
        except Retriable as error:
            if not self.taken:
                raise
            logger.info("page broken off", taken=self.taken, reason=str(error))
            return False
        return True


def _page_size(job: PageJob, table: SourceTable) -> int:
    return job.page_size or (LARGEST_PAGE if job.mode == "reconcile" else table.page_size)


def _flat_page(job: PageJob, table: SourceTable, reader: Reader) -> Page:
    collection, size = rows_of(job, table), job.bad_within or _page_size(job, table)
    gathered = _Gathered()
    whole = gathered.add_all(reader.around_bad_rows(collection, job.after_id, size))
    is_last, counted = False, None
    if whole and gathered.taken < size:
        is_last, counted = _closing(job, collection, reader, gathered.taken)
    return Page(
        body=gathered.body,
        rows=gathered.rows,
        first_id=gathered.first_id,
        last_id=gathered.last_id,
        is_last=is_last,
        bad=tuple(gathered.bad),
        counted=counted,
    )


def _closing(
    job: PageJob, collection: Collection, reader: Reader, taken: int
) -> tuple[bool, int | None]:
    """Whether a short page ends the window, and what `/count` says of the window if it does.

    An empty page ends it. A short one does if there are no more rows than came; the service may
    give fewer than asked for, so that alone says nothing (connectwise-api.md 2.1).
    """
    try:
        counted = reader.count(collection, job.window_low_id, job.high_id)
    except Retriable as error:
        if taken:
            # The page is worth keeping; the next one, which is empty, asks again.
            return False, None
        if isinstance(error, ServerFault):
            return True, None
        raise
    if taken and counted != job.rows_before + taken:
        return False, None
    return True, counted


def _nested_page(job: PageJob, table: SourceTable, reader: Reader) -> Page:
    parents = reader.ids(parents_of(job, table), job.after_id, PARENTS_A_PAGE)
    gathered = _Gathered()
    done: list[int] = []
    for parent_id in parents:
        try:
            children = _children(job, table, reader, parent_id)
        except Retriable as error:
            if not done:
                raise
            logger.info("page broken off", parents=len(done), reason=str(error))
            break
        for found in children:
            gathered.add(found)
        done.append(parent_id)
    return Page(
        body=gathered.body,
        rows=gathered.rows,
        first_id=done[0] if done else None,
        last_id=done[-1] if done else None,
        is_last=len(done) == len(parents) < PARENTS_A_PAGE,
        bad=tuple(gathered.bad),
    )


def _children(job: PageJob, table: SourceTable, reader: Reader, parent_id: int) -> list[Found]:
    """All children of a parent, which has none if it was deleted since it was listed."""
    collection = children_of(job, table, parent_id)
    try:
        return list(reader.all_rows(collection, _page_size(job, table)))
    except NotFound:
        # Wrong keys and routes look like it too, but then the parents are not found either.
        parents = Collection(parents_of(job, table).path, (f"id = {parent_id}",))
        if reader.count(parents, None, None):
            raise
        return []
