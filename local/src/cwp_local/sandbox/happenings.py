"""What happens to rows on a working day, one thing at a time; each leaves the company consistent.

Everything goes through an `Edit`. A happening that finds no row it can happen to does nothing.
"""

from collections.abc import Callable
from random import Random

from cwp_local.sandbox.births import hung, new_row
from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.consistency import Link, fate, forgetting, links_of, links_to, repeated
from cwp_local.sandbox.draws import draw_row
from cwp_local.sandbox.edits import Edit, StillNeededError
from cwp_local.sandbox.moves import Moves
from cwp_local.sandbox.pointing import TICKET_TABLES, reference_to, value_at
from cwp_local.sandbox.settling import ENTRY_TABLES, settled, statuses_of
from cwp_local.sandbox.tables import (
    AGREEMENTS,
    BOARD_STATUSES,
    BOARDS,
    COMPANIES,
    CONTACTS,
    INVOICES,
    OPPORTUNITIES,
    PHASES,
    PROJECT_TICKETS,
    SITES,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.fresh import Fresh
from cwp_local.sandbox.world.generate import World

_TRIES = 12
_STATUS_SHARE = 0.6
_MOST_ENTRIES_PER_INVOICE = 40

#: What a ticket says about its company; another company's is looked up anew.
_OF_COMPANY = (CONTACTS, SITES, AGREEMENTS, OPPORTUNITIES)
_ADDRESS = ("addressLine1", "addressLine2", "city", "stateIdentifier", "zip", "country")
#: What belongs to a board, and means nothing on another.
_OF_BOARD = ("type", "subType", "item", "team", "status")
#: What a service ticket and a project ticket say alike.
_KEPT = ("summary", "priority", "owner", "resources", "budgetHours", "actualHours", "company")
_CHARGED_AS = {TICKETS: "ServiceTicket", PROJECT_TICKETS: "ProjectTicket"}


class Happenings:
    """Makes things happen within one edit.

    Args:
        world: what the company was made from.
        edit: the transaction, and its second.
        rng: decides what happens, and to which rows.
    """

    def __init__(self, world: World, edit: Edit, rng: Random) -> None:
        self._edit = edit
        self._rows = edit.rows
        self._rng = rng
        self._moves = Moves(edit, rng)
        self._fresh = Fresh(world, rng, edit.now)

    def add(self, table: Table) -> None:
        """A new row comes in; a new invoice takes on work that is not billed yet."""
        given = hung(self._edit, self._rng, table, self._draw)
        if given is None:
            return
        row = new_row(self._edit, self._fresh, table, given)
        self._edit.add(table, row)
        if table is INVOICES:
            self._bill(row)

    def change(self, table: Table) -> None:
        """A row is edited; a ticket goes on to another status as often as not."""
        row = self._draw(table)
        if row is None:
            return
        stepping = table in TICKET_TABLES and chance(self._rng, _STATUS_SHARE)
        move = self._moves.next_status if stepping else self._moves.quiet
        self._edit.update(table, move(table, row))

    def close(self, table: Table) -> None:
        """An open ticket is closed."""
        row = self._drawn(table, lambda row: not row.get("closedFlag"))
        if row is not None:
            self._edit.update(table, self._closed(table, row))

    def delete(self, table: Table) -> None:
        """A row goes, with what cannot be without it."""
        row = self._drawn(table, lambda row: self._free(table, row))
        if row is not None:
            self._edit.delete(table, row["id"])

    def change_board(self, table: Table) -> None:
        """A ticket is moved to another board, where it begins anew."""
        row = self._draw(table)
        board = self._drawn(
            BOARDS,
            lambda board: bool(
                row
                and board["id"] != value_at(row, "board/id")
                and bool(board.get("projectFlag")) == (table is PROJECT_TICKETS)
                and statuses_of(self._rows, board["id"])
            ),
        )
        if row is None or board is None:
            return
        kept = {name: value for name, value in row.items() if name not in _OF_BOARD}
        kind = table.entity.types["board"][2:]
        self._store(table, {**kept, "board": reference_to(kind, BOARDS, board)})

    def change_company(self, table: Table) -> None:
        """A ticket turns out to be another customer's, and its work with it."""
        row = self._drawn(table, lambda row: not _related(row))
        customer = self._drawn(
            COMPANIES, lambda found: bool(row and found["id"] != value_at(row, "company/id"))
        )
        if row is None or customer is None:
            return
        for link in links_of(table):
            if any(target in _OF_COMPANY for target in link.targets):
                row = forgetting(row, link)
        kept = {name: value for name, value in row.items() if name not in _ADDRESS}
        given = hung(self._edit, self._rng, TICKETS, lambda _: customer) or {}
        known = {name: value for name, value in given.items() if name in table.entity.types}
        self._store(table, self._repeating(table, {**kept, **known}))

    def merge(self, table: Table) -> None:
        """A ticket is merged into another one of its company, and closed."""
        row = self._drawn(table, lambda row: not _related(row))
        if row is None:
            return
        ids = self._rows.ids_with(table, "company/id", value_at(row, "company/id"))
        into = self._rows.get(table, pick(self._rng, ids))
        if into is None or into["id"] == row["id"] or into.get("mergedParentTicket"):
            return
        closed = self._closed(table, row)
        merged = reference_to("TicketReference", table, into)
        self._edit.update(table, {**closed, "mergedParentTicket": merged})

    def convert(self, table: Table) -> None:
        """A service ticket becomes a project ticket, or the other way, and keeps its id.

        What pointed to it follows, as far as it can point to the other kind.
        """
        row = self._drawn(table, lambda row: not _related(row))
        other = PROJECT_TICKETS if table is TICKETS else TICKETS
        given = row and self._as_other(row, other)
        if row is None or not given:
            return
        made = new_row(self._edit, self._fresh, other, given)
        holders = [(link, each) for link in links_to(table) for each in self._holders(link, row)]
        for link, holder in holders:
            if fate(link, table) == "delete" and other not in link.targets:
                self._edit.delete(link.holder, holder["id"])
        self._rows.delete(table, row["id"])
        self._rows.insert(other, made)
        for link, holder in holders:
            self._follow(link, holder["id"], other, made)

    def _as_other(self, row: Row, other: Table) -> Row | None:
        """What a ticket says as one of the other kind; None if there is no project to be on."""
        kept = {name: row[name] for name in _KEPT if name in row and name in other.entity.types}
        if other is TICKETS:
            return {**kept, "id": row["id"]}
        phase = self._draw(PHASES)
        if phase is None:
            return None
        hanging = hung(self._edit, self._rng, other, lambda _: phase)
        return None if hanging is None else {**kept, **hanging, "id": row["id"]}

    def _holders(self, link: Link, row: Row) -> list[Row]:
        if not link.indexed:
            return []
        ids = self._rows.ids_with(link.holder, link.path, row["id"])
        found = (self._rows.get(link.holder, row_id) for row_id in ids)
        return [holder for holder in found if holder and link.ids(holder)]

    def _follow(self, link: Link, holder_id: int, other: Table, made: Row) -> None:
        holder = self._rows.get(link.holder, holder_id)
        if holder is None:
            return
        if other not in link.targets:
            changed = forgetting(holder, link)
        elif link.holder in ENTRY_TABLES:
            changed = {**holder, "chargeToType": _CHARGED_AS[other]}
            changed = self._repeating(
                link.holder,
                settled(self._rows, link.holder, changed, self._edit.now, self._edit.by),
            )
        else:
            changed = {**holder, **repeated(link, other, made)}
        self._edit.update(link.holder, changed)

    def _bill(self, invoice: Row) -> None:
        company_id = value_at(invoice, "company/id")
        ids = self._rows.ids_with(TIME_ENTRIES, "company/id", company_id)
        billed = reference_to("InvoiceReference", INVOICES, invoice)
        for row_id in ids[-_MOST_ENTRIES_PER_INVOICE:]:
            entry = self._rows.get(TIME_ENTRIES, row_id)
            if entry is not None and "invoice" not in entry:
                self._edit.update(TIME_ENTRIES, {**entry, "invoice": billed, "status": "Billed"})

    def _closed(self, table: Table, row: Row) -> Row:
        statuses = statuses_of(self._rows, value_at(row, "board/id"))
        final = [status for status in statuses if status.get("closedStatus")]
        if row.get("closedFlag") or not final:
            return row
        status = reference_to("ServiceStatusReference", BOARD_STATUSES, pick(self._rng, final))
        return settled(self._rows, table, {**row, "status": status}, self._edit.now, self._edit.by)

    def _free(self, table: Table, row: Row) -> bool:
        try:
            self._edit.toll(table, row["id"])
        except StillNeededError:
            return False
        return True

    def _store(self, table: Table, row: Row) -> None:
        self._edit.update(table, settled(self._rows, table, row, self._edit.now, self._edit.by))

    def _repeating(self, table: Table, row: Row) -> Row:
        """The row saying again what the rows it points to say."""
        for link in links_of(table):
            if link.kind is None or link.inner is not None or not link.indexed:
                continue
            for row_id in link.ids(row):
                for target in link.targets:
                    found = self._rows.get(target, row_id)
                    row = {**row, **repeated(link, target, found)} if found else row
        return row

    def _draw(self, table: Table) -> Row | None:
        return draw_row(self._rows, self._rng, table)

    def _drawn(self, table: Table, fits: Callable[[Row], bool]) -> Row | None:
        """A row that fits, if some tries find one."""
        for _ in range(_TRIES):
            row = self._draw(table)
            if row is not None and fits(row):
                return row
        return None


def _related(row: Row) -> bool:
    """Whether a ticket belongs with others, which keeps it where it is."""
    names = ("parentTicketId", "mergedParentTicket", "hasChildTicket", "hasMergedChildTicketFlag")
    return any(row.get(name) for name in names)
