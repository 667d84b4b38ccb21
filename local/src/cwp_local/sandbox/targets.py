"""What paths under the API mean: a collection, its count or search, or one row."""

import re
from dataclasses import dataclass
from typing import Literal

from cwp_local.sandbox.calls import no_endpoint
from cwp_local.sandbox.tables import BY_PATH, Table

_ANY_ID = "{id}"
_ROW_ID = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True)
class Target:
    """What a request is about; `parent_id` is set for nested collections."""

    table: Table
    kind: Literal["list", "count", "search", "row"]
    row_id: int = 0
    parent_id: int | None = None

    @property
    def methods(self) -> frozenset[str]:
        """What can be done with it."""
        if self.kind == "list":
            return frozenset({"GET"}) | (self.table.methods & {"POST"})
        if self.kind == "row":
            return frozenset({"GET"}) | (self.table.methods - {"POST"})
        return frozenset({"GET" if self.kind == "count" else "POST"})


def target_of(path: str) -> Target:
    """What `service/tickets/5` means; names in any case. A collection's name wins over an id.

    Raises:
        Refused: 404.
    """
    words = path.lower().split("/")
    table = _table(words)
    if table:
        return Target(table, "list", parent_id=_parent_id(words))
    *above, last = words
    table = _table(above)
    if table and last == "count":
        return Target(table, "count", parent_id=_parent_id(above))
    if table and last == "search" and table.searchable:
        return Target(table, "search")
    if table and _ROW_ID.fullmatch(last):
        return Target(table, "row", row_id=int(last), parent_id=_parent_id(above))
    raise no_endpoint()


def _table(words: list[str]) -> Table | None:
    if _ANY_ID in words:
        return None
    pattern = (_ANY_ID if _ROW_ID.fullmatch(word) else word for word in words)
    return BY_PATH.get("/".join(pattern))


def _parent_id(words: list[str]) -> int | None:
    return next((int(word) for word in words if _ROW_ID.fullmatch(word)), None)
