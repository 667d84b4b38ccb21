"""Reading collections for one job: pages, counts, ids, and pages that a bad row spoils."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Protocol

import msgspec

from cwp_fetcher.bisection import HIGHEST_ID, BadRow, Bisection, lowest_id
from cwp_fetcher.failures import PutOff
from cwp_fetcher.query import Collection
from cwp_fetcher.rows import Rows, check_rows, read_ids
from cwp_shared.connectwise.answers import Answer
from cwp_shared.connectwise.failures import BadAnswer, ServerFault
from cwp_shared.errors import Retriable

#: No page is asked for with fewer rows because the API timed out on more. It is also the smallest
#: page that the service ever gave at most (connectwise-api.md 2.1): fewer rows are all there are.
SMALLEST_PAGE: Final = 25
#: Seconds that a service is left alone whose query took too long, or that broke down.
_AFTER_FAULT: Final = 5.0

#: How many places above and below a bad row are looked at, if need be, for one that is not: up to
#: 500 ids away.
_PROBES: Final = 9

Found = Rows | BadRow


def ids_of(found: Found) -> list[int]:
    """The ids that are found."""
    return [found.id] if isinstance(found, BadRow) else found.ids


class _Count(msgspec.Struct):
    count: int


class Asker(Protocol):
    """What is needed of `visit.Visit`."""

    def ask(self, path: str, params: Mapping[str, str]) -> Answer:
        """GET of a path of the tenant's API: a 200."""


@dataclass(frozen=True)
class Reader:
    """Every method raises what `Visit.ask` raises, and BadAnswer.

    `job` names the job in errors.
    """

    asker: Asker
    job: str

    def rows(self, collection: Collection, after_id: int, size: int) -> Rows:
        """The next `size` rows after an id; one request."""
        answer = self.asker.ask(collection.path, collection.page(after_id, size))
        return check_rows(answer.body, self.job, after_id, collection.high_id, size)

    def count(self, collection: Collection, low_id: int | None, high_id: int | None) -> int:
        """How many rows have ids above `low_id` and up to `high_id`."""
        params = collection.count(low_id, high_id)
        body = self.asker.ask(f"{collection.path}/count", params).body
        try:
            count = msgspec.json.decode(body, type=_Count).count
        except ValueError as error:
            raise BadAnswer(f"{self.job}: not a count: {error}", body) from None
        if count < 0:
            raise BadAnswer(f"{self.job}: a count of {count}", body)
        return count

    def around_bad_rows(self, collection: Collection, after_id: int, size: int) -> Iterator[Found]:
        """The next `size` rows after an id: good ones, and bad ones by id, lowest first.

        Where only ids are wanted, a row whose id is known is as good as any.

        Raises:
            PutOff: also when fewer rows should be asked for.
        """
        try:
            for found in self._around(collection, after_id, size):
                yield _shown(found) if collection.ids_only else found
        except ServerFault as fault:
            if not fault.timed_out or size <= SMALLEST_PAGE:
                raise
            smaller = max(SMALLEST_PAGE, size // 2)
            raise PutOff(str(fault), _AFTER_FAULT, page_size=smaller) from fault

    def all_rows(self, collection: Collection, size: int) -> Iterator[Found]:
        """All rows of a collection, in pages of `size`."""
        after_id, taken = 0, size
        while taken >= min(size, SMALLEST_PAGE):
            taken = 0
            for found in self.around_bad_rows(collection, after_id, size):
                ids = ids_of(found)
                taken += len(ids)
                after_id = max((after_id, *ids))
                yield found

    def ids(self, collection: Collection, after_id: int, size: int) -> list[int]:
        """The next `size` ids after an id."""
        only_ids = replace(collection, ids_only=True)
        found = self.around_bad_rows(only_ids, after_id, size)
        return [id_ for one in found for id_ in ids_of(one)]

    def _around(self, collection: Collection, after_id: int, size: int) -> Iterator[Found]:
        rows = self._twice(collection, after_id, size)
        if rows:
            yield rows
            return
        # A count shows no row: if it fails too, the service is at fault and not a row.
        self.count(collection, after_id, collection.high_id)
        bisection = Bisection(
            read=lambda after, wanted: self.rows(collection, after, wanted),
            find=lambda after: self._next_id(collection, after),
            after_id=after_id,
            size=size,
        )
        try:
            yield from bisection
        except Retriable as error:
            # The next try begins where this one was: with the rows known to hold a bad one. A fault
            # is only worth a new try of its own if this one came any further.
            if bisection.narrowest == size and not isinstance(error, PutOff):
                raise
            seconds = error.retry_after or _AFTER_FAULT
            raise PutOff(str(error), seconds, bad_within=bisection.narrowest) from error

    def _twice(self, collection: Collection, after_id: int, size: int) -> Rows | None:
        """A page; None if it cannot be given twice in a row."""
        for _ in range(2):
            try:
                return self.rows(collection, after_id, size)
            except ServerFault as fault:
                if fault.timed_out:
                    raise
        return None

    def _next_id(self, collection: Collection, after_id: int) -> int | None:
        """The id of the next row, which cannot be shown; None if there is none any more."""
        if not collection.ids_only:
            try:
                ids = self.rows(replace(collection, ids_only=True), after_id, 1).ids
            except ServerFault as fault:
                if fault.timed_out:
                    raise
            else:
                return ids[0] if ids else None
        return self._next_id_by_count(collection, after_id)

    def _next_id_by_count(self, collection: Collection, after_id: int) -> int | None:
        found = lowest_id(
            lambda low, high: self.count(collection, low, high),
            after_id,
            collection.high_id or HIGHEST_ID,
        )
        if found is not None:
            self._check_that_others_show(collection, found)
        return found

    def _check_that_others_show(self, collection: Collection, bad_id: int) -> None:
        """A row is bad only where others are not: else it is the collection that fails.

        Raises:
            Retriable: the collection has other rows, and shows none of some here and there.
        """
        everything = replace(collection, conditions=(), high_id=None)
        queries = [everything.edge("asc"), everything.edge("desc")]
        queries += [everything.page(after, 1) for after in _here_and_there(bad_id)]
        for query in queries:
            try:
                body = self.asker.ask(everything.path, query).body
            except ServerFault:
                continue
            if read_ids(body, self.job):
                return
        if self.count(everything, None, None) > 1:
            raise Retriable(f"{self.job}: {collection.path} counts rows, but shows none of them")


def _here_and_there(id_: int) -> Iterator[int]:
    """Ids to look behind for rows that are not this one, farther away each time."""
    for shift in range(_PROBES):
        yield id_ + (1 << shift)
        yield max(id_ - (2 << shift), 0)


def _shown(found: Found) -> Rows:
    if isinstance(found, Rows):
        return found
    return Rows(msgspec.json.encode([{"id": found.id}]), [found.id])
