"""Changing rows so that the company stays consistent, and knowing afterwards what changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.conditions import compile_child_conditions, linked
from cwp_local.sandbox.consistency import (
    Link,
    fate,
    links_of,
    links_to,
    repeated,
    tickets_counting,
    without,
)
from cwp_local.sandbox.models import ChangesPlayed, TableChanges
from cwp_local.sandbox.pointing import TICKET_TABLES
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import TABLES, TICKETS, TIME_ENTRIES, Table
from cwp_shared.clock import iso_seconds, to_seconds

#: A row: its table and its id.
Place = tuple[Table, int]

_NO_LIMIT = -1


class StillNeededError(ValueError):
    """A row cannot be deleted because others need it; the text says which."""


@dataclass(frozen=True)
class Loss:
    """A row that forgets, at `link`, the row of id `lost`."""

    link: Link
    holder_id: int
    lost: int


@dataclass(frozen=True)
class Toll:
    """What deleting a row takes: the rows that go, itself first, and what others lose."""

    going: tuple[Place, ...]
    losses: tuple[Loss, ...]


class Edit:
    """Changes within one transaction, all made at one second.

    Invariant: if every id by which rows of served tables point to each other names a row, then it
    does so after every `update` that adds no pointer and after every `delete`; new pointers are
    for the caller to check (`dangling`).

    A changed row's lastUpdated is that second, or stays where it was if that is later: a clock
    that went back does not take lastUpdated with it.

    Args:
        writing: the transaction.
        now: the server's clock.
        by: who did it, for `_info.updatedBy`.
    """

    def __init__(self, writing: Writing, now: datetime, by: str) -> None:
        self.rows = writing
        self.now = writing.now = to_seconds(now)
        self.by = by
        self._stamp = iso_seconds(now)
        self.updated: dict[Table, set[int]] = {table: set() for table in TABLES.values()}
        self.added: dict[Table, set[int]] = {table: set() for table in TABLES.values()}
        self.deleted: dict[Table, set[int]] = {table: set() for table in TABLES.values()}

    def next_id(self, table: Table) -> int:
        """An id no row has or had; service and project tickets draw from the same ids."""
        sharing = TICKET_TABLES if table in TICKET_TABLES else (table,)
        return max(self.rows.next_id(each) for each in sharing)

    def add(self, table: Table, row: Row) -> None:
        """Add a row whose id is new."""
        self.rows.insert(table, row)
        self.added[table].add(row["id"])
        self._recount(tickets_counting(table, row))

    def update(self, table: Table, row: Row, *, touch: bool = False) -> bool:
        """Store a changed row, its `_info` brought up to date.

        Returns False, and does nothing, if the row is not there, or if nothing differs and it is
        not to be touched all the same.
        """
        old = self.rows.get(table, row["id"])
        if old is None or (not touch and _content(old) == _content(row)):
            return False
        row["_info"] = {
            **old["_info"],
            "lastUpdated": max(self._stamp, old["_info"].get("lastUpdated", "")),
            "updatedBy": self.by,
        }
        self.rows.replace(table, row)
        if row["id"] not in self.added[table]:
            self.updated[table].add(row["id"])
        self._repeat(table, old, row)
        self._recount(tickets_counting(table, old) | tickets_counting(table, row))
        return True

    def delete(self, table: Table, row_id: int) -> None:
        """Delete a row and what cannot be without it; rows that only mention it forget it.

        Raises:
            StillNeededError: rows point to it that may not lose it; nothing was deleted.
        """
        if self.rows.get(table, row_id) is None:
            return
        toll = self.toll(table, row_id)
        for place in toll.going:
            self._remove(*place)
        for loss in toll.losses:
            row = self.rows.get(loss.link.holder, loss.holder_id)
            if row is not None:
                self.update(loss.link.holder, without(row, loss.link, loss.lost))

    def toll(self, table: Table, row_id: int) -> Toll:
        """What deleting a row would take.

        Raises:
            StillNeededError: it cannot be deleted.
        """
        going = self._going((table, row_id))
        losses = [
            Loss(link, holder_id, lost)
            for owner, lost in going
            for link in links_to(owner)
            for holder_id in self._left_behind(link, owner, lost, going)
        ]
        return Toll(going, tuple(losses))

    def dangling(self, table: Table, row: Row) -> list[Link]:
        """Where a row points to rows that are not there."""
        return [
            link
            for link in links_of(table)
            if any(
                not any(self.rows.get(target, row_id) for target in link.targets)
                for row_id in link.ids(row)
            )
        ]

    def played(self) -> ChangesPlayed:
        """What changed, ids in order."""
        tables = {
            table.id: TableChanges(
                updated=tuple(sorted(self.updated[table])),
                added=tuple(sorted(self.added[table])),
                deleted=tuple(sorted(self.deleted[table])),
            )
            for table in TABLES.values()
        }
        return ChangesPlayed(at=self.now, tables=tables)

    def _going(self, first: Place) -> tuple[Place, ...]:
        """The row and all that go along with it, owners before what they own."""
        going = {first: None}
        waiting = [first]
        while waiting:
            owner, row_id = waiting.pop()
            for link in links_to(owner):
                if fate(link, owner) == "delete":
                    found = [(link.holder, each) for each in self._holders(link, row_id)]
                    waiting += [place for place in found if place not in going]
                    going |= dict.fromkeys(found)
        return tuple(going)

    def _left_behind(
        self, link: Link, owner: Table, lost: int, going: Sequence[Place]
    ) -> list[int]:
        """Ids of the rows that stay, and forget `lost`."""
        then = fate(link, owner)
        if then == "delete":
            return []
        # One more than those that go is enough to know that one stays.
        found = self._holders(link, lost, len(going) + 1 if then == "refuse" else _NO_LIMIT)
        staying = [row_id for row_id in found if (link.holder, row_id) not in going]
        if staying and then == "refuse":
            raise StillNeededError(
                f"{owner.noun} {lost} cannot be deleted: rows of {link.holder.path} name it as "
                f"{link.field}, {link.holder.noun} {staying[0]} first"
            )
        return staying

    def _holders(self, link: Link, row_id: int, limit: int = _NO_LIMIT) -> list[int]:
        """Ids of the rows that name `row_id` at that link."""
        if link.inner is None:
            where = linked(link.holder, link.path, row_id)
        else:
            text = f"{link.path}/{link.inner} = {row_id}"
            where = compile_child_conditions(link.holder, text)
        found = self.rows.ids(link.holder, where, limit)
        if link.only is None:
            return found
        rows = ((each, self.rows.get(link.holder, each)) for each in found)
        return [each for each, row in rows if row and link.ids(row)]

    def _remove(self, table: Table, row_id: int) -> None:
        row = self.rows.get(table, row_id)
        if row is None:
            return
        self.rows.delete(table, row_id)
        self.updated[table].discard(row_id)
        if row_id in self.added[table]:
            self.added[table].discard(row_id)
        else:
            self.deleted[table].add(row_id)
        self._recount(tickets_counting(table, row))

    def _repeat(self, table: Table, old: Row, row: Row) -> None:
        for link in links_to(table):
            if not link.indexed:
                continue
            said = repeated(link, table, row)
            if said == repeated(link, table, old):
                continue
            for holder_id in self._holders(link, row["id"]):
                holder = self.rows.get(link.holder, holder_id)
                if holder is not None:
                    self.update(link.holder, {**holder, **said})

    def _recount(self, ticket_ids: set[int]) -> None:
        for ticket_id in ticket_ids:
            for table in TICKET_TABLES:
                ticket = self.rows.get(table, ticket_id)
                if ticket is not None:
                    self.update(table, {**ticket, **self._sums(table, ticket_id)})

    def _sums(self, table: Table, ticket_id: int) -> Row:
        entries = self.rows.ids_with(TIME_ENTRIES, "ticket/id", ticket_id)
        rows = (self.rows.get(TIME_ENTRIES, entry_id) for entry_id in entries)
        hours = sum((row.get("actualHours", 0.0) for row in rows if row), 0.0)
        if table is not TICKETS:
            return {"actualHours": hours}
        merged = self.rows.ids_with(TICKETS, "mergedParentTicket/id", ticket_id)
        return {
            "actualHours": hours,
            "hasChildTicket": bool(self.rows.ids_with(TICKETS, "parentTicketId", ticket_id)),
            "hasMergedChildTicketFlag": bool(merged),
        }


def _content(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "_info"}
