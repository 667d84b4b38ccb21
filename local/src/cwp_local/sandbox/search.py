"""The rows that a request is about, said so that they can be found and counted quickly."""

from dataclasses import dataclass, replace

from cwp_local.sandbox.conditions import EVERY_ROW, Clause, all_of


@dataclass(frozen=True)
class Search:
    """The rows with an id above `after` for which `rest` holds. Ids begin at 1.

    `ids` and `window` are what `rest` requires of id and of last_updated in any case: they hold
    for every row that `rest` holds for.
    """

    rest: Clause = EVERY_ROW
    after: int = 0
    ids: Clause = EVERY_ROW
    window: Clause = EVERY_ROW

    @property
    def where(self) -> Clause:
        """Holds for these rows."""
        return all_of(self.rest, self._above)

    @property
    def range(self) -> Clause:
        """Holds for every id that these rows may have."""
        return all_of(self.ids, self._above)

    def within(self, visible: Clause) -> "Search":
        """Those of the rows that `visible` holds for too."""
        return replace(self, rest=all_of(visible, self.rest))

    def beyond(self, after: int) -> "Search":
        """Those of the rows with an id above `after`."""
        return replace(self, after=max(self.after, after))

    def between(self, after: int, last: int) -> "Search":
        """The rows that `rest` holds for, with an id above `after` and not above `last`."""
        end = Clause("id <= ?", (last,))
        return Search(all_of(self.rest, end), after, all_of(self.ids, end), self.window)

    @property
    def _above(self) -> Clause:
        return Clause("id > ?", (self.after,)) if self.after else EVERY_ROW
