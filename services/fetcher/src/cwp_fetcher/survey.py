"""How large a run is: count, lowest and highest id under its conditions."""

from collections.abc import Callable

import msgspec

from cwp_fetcher.failures import BadAnswer
from cwp_fetcher.query import Params, edge_params, survey_conditions, with_conditions
from cwp_fetcher.rows import read_ids
from cwp_shared.events import PageJob, TableSurveyed
from cwp_shared.tables import SourceTable

#: GET of a path of the tenant's API with a query; the body of a 200.
Ask = Callable[[str, Params], bytes]


class _Count(msgspec.Struct):
    count: int


def survey(job: PageJob, table: SourceTable, ask: Ask) -> TableSurveyed:
    """Ask for the run's size: one request when there is nothing, else three.

    Raises:
        BadAnswer: an answer that is no count, or rows counted but not shown.
    """
    conditions = survey_conditions(job, table)
    count = _count(ask(f"{table.path}/count", with_conditions(conditions)), job)
    lowest = highest = None
    if count:
        lowest, highest = (
            _edge(ask(table.path, edge_params(conditions, way)), job, count)
            for way in ("asc", "desc")
        )
    return TableSurveyed(
        tenant_id=job.tenant_id,
        run_id=job.run_id,
        table=job.table,
        count=count,
        lowest_id=lowest,
        highest_id=highest,
    )


def _count(body: bytes, job: PageJob) -> int:
    try:
        count = msgspec.json.decode(body, type=_Count).count
    except ValueError as error:
        raise BadAnswer(f"{_name(job)}: not a count: {error}", body) from None
    if count < 0:
        raise BadAnswer(f"{_name(job)}: a count of {count}", body)
    return count


def _edge(body: bytes, job: PageJob, count: int) -> int:
    ids = read_ids(body, _name(job))
    if not ids:
        raise BadAnswer(
            f"{_name(job)}: {count} rows are counted, none is shown; they left the run's window "
            "just now, or the API member's security role hides them",
            body,
        )
    return ids[0]


def _name(job: PageJob) -> str:
    return f"survey of {job.table} of tenant {job.tenant_id!r}"
