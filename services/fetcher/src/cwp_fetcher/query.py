"""What is asked of a collection: the run's window of `lastUpdated`, the job's window of ids.

Keyset paging (connectwise-api.md sections 2.3 and 11): always page 1, ordered by id, after the
last id seen, so that rows that come, go or change during the walk shift nothing. Times are whole
seconds ending in Z; an offset would be a space to the server.
"""

from cwp_shared.clock import iso_seconds
from cwp_shared.events import PageJob
from cwp_shared.tables import SourceTable

Params = dict[str, str]


def survey_conditions(job: PageJob, table: SourceTable) -> list[str]:
    """The conditions of the whole run.

    A reconcile run proves which ids there are, so a row edited after `upper` must not drop out
    of it; and a table that is not incremental has no `lastUpdated` to ask for.
    """
    if not table.incremental or job.mode == "reconcile":
        return []
    upper = f"lastUpdated <= [{iso_seconds(job.upper)}]"
    return [upper] if job.lower is None else [f"lastUpdated >= [{iso_seconds(job.lower)}]", upper]


def page_params(job: PageJob, table: SourceTable) -> Params:
    """The query of one page."""
    ids = [f"id > {job.after_id}"]
    if job.high_id is not None:
        ids.append(f"id <= {job.high_id}")
    conditions = ids + survey_conditions(job, table)
    return _first_page("id asc", table.page_size) | with_conditions(conditions)


def edge_params(conditions: list[str], direction: str) -> Params:
    """The query of the lowest (`asc`) or the highest (`desc`) id alone."""
    return _first_page(f"id {direction}", 1) | with_conditions(conditions)


def with_conditions(conditions: list[str]) -> Params:
    """The parameter that carries `conditions`, or none."""
    return {"conditions": " and ".join(conditions)} if conditions else {}


def _first_page(order: str, size: int) -> Params:
    return {"orderBy": order, "page": "1", "pageSize": str(size)}
