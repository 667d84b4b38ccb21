"""Changing rows so that the company stays consistent, and knowing afterwards what changed."""

from copy import deepcopy
from datetime import datetime

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.consistency import COPIES, DEPENDENTS, Dependent, tickets_counting
from cwp_local.sandbox.models import ChangesPlayed, TableChanges
from cwp_local.sandbox.store import Writing
from cwp_local.sandbox.tables import TABLES, TICKETS, TIME_ENTRIES, Table
from cwp_shared.clock import iso_seconds, to_seconds


class StillNeededError(ValueError):
    """A row cannot be deleted because others need it; the text says which."""


class Edit:
    """Changes within one transaction, all made at one second.

    A changed row's lastUpdated is that second, or stays where it was if that is later: a clock
    that went back does not take lastUpdated with it.

    Args:
        writing: the transaction.
        now: the server's clock.
        by: who did it, for `_info.updatedBy`.
    """

    def __init__(self, writing: Writing, now: datetime, by: str) -> None:
        self.rows = writing
        self.now = to_seconds(now)
        self._stamp = iso_seconds(now)
        self._by = by
        self.updated: dict[Table, set[int]] = {table: set() for table in TABLES.values()}
        self.added: dict[Table, set[int]] = {table: set() for table in TABLES.values()}
        self.deleted: dict[Table, set[int]] = {table: set() for table in TABLES.values()}

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
            "lastUpdated": max(self._stamp, old["_info"]["lastUpdated"]),
            "updatedBy": self._by,
        }
        self.rows.replace(table, row)
        if row["id"] not in self.added[table]:
            self.updated[table].add(row["id"])
        self._repeat(table, old, row)
        self._recount(tickets_counting(table, old) | tickets_counting(table, row))
        return True

    def delete(self, table: Table, row_id: int) -> None:
        """Delete a row and what cannot be without it.

        Raises:
            StillNeededError: rows point to it that may not lose it; nothing was deleted.
        """
        row = self.rows.get(table, row_id)
        if row is None:
            return
        self._check_free(table, row_id)
        self.rows.delete(table, row_id)
        self.updated[table].discard(row_id)
        self.deleted[table].add(row_id)
        for rule in DEPENDENTS:
            if rule.owner is table and rule.then != "refuse":
                self._let_go(rule, row_id)
        self._recount(tickets_counting(table, row))

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

    def _check_free(self, table: Table, row_id: int) -> None:
        for rule in DEPENDENTS:
            if rule.owner is not table or rule.then != "refuse":
                continue
            holding = self.rows.ids_with(rule.target, rule.link, row_id)
            if holding:
                raise StillNeededError(
                    f"{table.noun} {row_id} cannot be deleted: {len(holding)} rows of "
                    f"{rule.target.path} belong to it, {rule.target.noun} {holding[0]} first"
                )

    def _let_go(self, rule: Dependent, row_id: int) -> None:
        for target_id in self.rows.ids_with(rule.target, rule.link, row_id):
            if rule.then == "delete":
                self.delete(rule.target, target_id)
                continue
            row = self.rows.get(rule.target, target_id)
            if row is not None:
                kept = {key: value for key, value in row.items() if key not in rule.fields}
                self.update(rule.target, kept)

    def _repeat(self, table: Table, old: Row, row: Row) -> None:
        for rule in COPIES:
            if rule.source is not table or rule.of(old) == rule.of(row):
                continue
            for target_id in self.rows.ids_with(rule.target, rule.link, row["id"]):
                target = self.rows.get(rule.target, target_id)
                if target is not None:
                    self.update(rule.target, {**target, **deepcopy(rule.of(row))})

    def _recount(self, ticket_ids: set[int]) -> None:
        for ticket_id in ticket_ids:
            ticket = self.rows.get(TICKETS, ticket_id)
            if ticket is not None:
                self.update(TICKETS, {**ticket, **self._sums(ticket_id)})

    def _sums(self, ticket_id: int) -> Row:
        entries = self.rows.ids_with(TIME_ENTRIES, "ticket/id", ticket_id)
        rows = (self.rows.get(TIME_ENTRIES, entry_id) for entry_id in entries)
        return {
            "actualHours": sum((row["actualHours"] for row in rows if row), 0.0),
            "hasChildTicket": bool(self.rows.ids_with(TICKETS, "parentTicketId", ticket_id)),
            "hasMergedChildTicketFlag": bool(
                self.rows.ids_with(TICKETS, "mergedParentTicket/id", ticket_id)
            ),
        }


def _content(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "_info"}
