"""The ids of a page, and whether they are a page: rising, inside the window, not too many."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import msgspec

from cwp_fetcher.failures import BadAnswer
from cwp_shared.events import PageJob
from cwp_shared.page_body import lenient_json


class _Row(msgspec.Struct):
    id: int


_ROWS = msgspec.json.Decoder(list[_Row])


@dataclass(frozen=True)
class Ids:
    """How many rows a page has, and where its ids begin and end (None when it is empty)."""

    rows: int
    first: int | None
    last: int | None


def read_ids(body: bytes, what: str) -> list[int]:
    """The `id` of every row, in the body's order.

    Raises:
        BadAnswer: no JSON array of objects that each have an integer id.
    """
    try:
        # Skipped values are not decoded: bytes that no reader could take would pass unseen.
        body.decode("utf-8")
        return [row.id for row in _ROWS.decode(body)]
    except (ValueError, RecursionError) as strict:
        return _read_leniently(body, what, str(strict))


def check_page(body: bytes, job: PageJob, page_size: int) -> Ids:
    """The page's extent, if it answers the job.

    Raises:
        BadAnswer: no page at all, or ids that do not rise strictly, lie outside the job's window,
            or are too many.
    """
    what = f"{job.table} {job.job_id} of tenant {job.tenant_id!r}"
    ids = read_ids(body, what)
    if fault := _fault(ids, job, page_size):
        raise BadAnswer(f"{what}: {fault}", body)
    return Ids(len(ids), ids[0], ids[-1]) if ids else Ids(0, None, None)


def _read_leniently(body: bytes, what: str, fault: str) -> list[int]:
    try:
        rows: Any = lenient_json(body)
        ids = msgspec.convert(rows, list[_Row])
    except ValueError:
        raise BadAnswer(f"{what}: not a page of rows with ids: {fault}", body) from None
    return [row.id for row in ids]


def _fault(ids: list[int], job: PageJob, page_size: int) -> str | None:
    if len(ids) > page_size:
        return f"{len(ids)} rows where {page_size} were asked for"
    for before, after in pairwise(ids):
        if after <= before:
            return f"ids do not rise: {after} comes after {before}"
    if ids and ids[0] <= job.after_id:
        return f"id {ids[0]} is not above {job.after_id}"
    if ids and job.high_id is not None and ids[-1] > job.high_id:
        return f"id {ids[-1]} is above {job.high_id}"
    return None
