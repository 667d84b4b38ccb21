"""What is asked of a collection: the run's window of `lastUpdated`, and a window of ids.

Keyset paging (connectwise-api.md sections 2.3 and 11): always page 1, ordered by id, after the
last id seen, so that rows that come, go or change during the walk shift nothing. Times are whole
seconds ending in Z; an offset would be a space to the server.
"""

from dataclasses import dataclass

from cwp_shared.clock import iso_seconds
from cwp_shared.events import PageJob
from cwp_shared.tables import SourceTable, source_table

Params = dict[str, str]


@dataclass(frozen=True)
class Collection:
    """The rows of a path that fulfil `conditions` and have ids up to `high_id` (None: no end)."""

    path: str
    conditions: tuple[str, ...] = ()
    high_id: int | None = None
    #: Only the ids are wanted, not the rows.
    ids_only: bool = False

    def page(self, after_id: int, size: int) -> Params:
        """The query of the next `size` rows after an id."""
        return self._first_page("asc", size) | self._conditions(after_id, self.high_id)

    def edge(self, direction: str) -> Params:
        """The query of the lowest (`asc`) or the highest (`desc`) row alone."""
        return self._first_page(direction, 1) | self._conditions(None, self.high_id)

    def count(self, low_id: int | None, high_id: int | None) -> Params:
        """The query of `/count`: how many rows have ids above `low_id` and up to `high_id`."""
        return self._conditions(low_id, high_id)

    def _first_page(self, direction: str, size: int) -> Params:
        params = {"orderBy": f"id {direction}", "page": "1", "pageSize": str(size)}
        return params | {"fields": "id"} if self.ids_only else params

    def _conditions(self, low_id: int | None, high_id: int | None) -> Params:
        ids = [] if low_id is None else [f"id > {low_id}"]
        if high_id is not None:
            ids.append(f"id <= {high_id}")
        every = [*ids, *self.conditions]
        return {"conditions": " and ".join(every)} if every else {}


def rows_of(job: PageJob, table: SourceTable) -> Collection:
    """What a job of a table without a parent asks.

    A reconcile run proves which ids there are, so a row edited after `upper` must not drop out
    of it; a table that is not incremental has no `lastUpdated` to ask for, and some tenants' APIs
    answer 400 to it.
    """
    sweep = job.mode == "reconcile"
    window = _window(job) if table.incremental and job.by_time and not sweep else ()
    return Collection(table.path, window, job.high_id, ids_only=sweep)


def parents_of(job: PageJob, table: SourceTable) -> Collection:
    """The rows of the parent table whose children a nested table's job asks for: their ids."""
    if table.parent is None:
        raise ValueError(f"{job.table} has no parent")
    parent = source_table(table.parent.table)
    changed = job.mode == "incremental" and table.parent.which == "changed" and parent.incremental
    return Collection(parent.path, _window(job) if changed else (), job.high_id, ids_only=True)


def children_of(job: PageJob, table: SourceTable, parent_id: int) -> Collection:
    """The children of one parent.

    All of them, if the parent was asked for because it changed: the child itself need not have.
    """
    of_all = table.parent is not None and table.parent.which == "all"
    window = _window(job) if job.mode == "incremental" and of_all and table.incremental else ()
    path = table.path.replace("{id}", str(parent_id))
    return Collection(path, window, ids_only=job.mode == "reconcile")


def _window(job: PageJob) -> tuple[str, ...]:
    upper = f"lastUpdated <= [{iso_seconds(job.upper)}]"
    if job.lower is None:
        return (upper,)
    return (f"lastUpdated >= [{iso_seconds(job.lower)}]", upper)
