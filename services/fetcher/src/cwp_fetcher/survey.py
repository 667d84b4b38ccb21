"""How large a run is: count, lowest and highest id under its conditions."""

from dataclasses import dataclass, replace

from cwp_fetcher.query import Collection, parents_of, rows_of
from cwp_fetcher.reader import Reader
from cwp_fetcher.rows import read_ids
from cwp_shared.connectwise.failures import BadAnswer, ServerFault
from cwp_shared.events import PageJob
from cwp_shared.tables import SourceTable


@dataclass(frozen=True)
class Extent:
    """Of a run; of a nested table's run, the parents' extent. The fields are `TableSurveyed`'s."""

    count: int
    lowest_id: int | None = None
    highest_id: int | None = None


def survey(job: PageJob, table: SourceTable, reader: Reader) -> Extent:
    """Ask for the run's size: one request when there is nothing, else three.

    A lowest or highest row that the API cannot show costs the run its windows, not more.

    Raises:
        BadAnswer: an answer that is no count, or rows counted but not shown.
        JobFailed, Retriable, Terminal: as `Visit.ask`.
    """
    collection = parents_of(job, table) if table.parent else rows_of(job, table)
    count = reader.count(collection, None, None)
    if not count:
        return Extent(0)
    try:
        lowest, highest = (_edge(collection, way, reader, count) for way in ("asc", "desc"))
    except ServerFault:
        return Extent(count)
    return Extent(count, lowest, highest)


def _edge(collection: Collection, direction: str, reader: Reader, count: int) -> int:
    body = reader.asker.ask(
        collection.path, replace(collection, ids_only=True).edge(direction)
    ).body
    ids = read_ids(body, reader.job)
    if not ids:
        raise BadAnswer(
            f"{reader.job}: {count} rows are counted, none is shown; they left the run's window "
            "just now, or the API member's security role hides them",
            body,
        )
    return ids[0]
