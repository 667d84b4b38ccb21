"""A bit of working life on command: so many rows changed, added and deleted, all at this second.

Numbers count rows of the tables asked for. What must change along with a row counts too where it
can be foreseen (the entries of a deleted ticket); where it cannot (hours of a ticket that gets a
new entry) it comes on top, and is reported like everything else.
"""

from collections.abc import Mapping, Sequence
from random import Random

from cwp_local.sandbox.births import hung, new_row
from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import EVERY_ROW, Clause, link_column
from cwp_local.sandbox.consistency import fate, links_to
from cwp_local.sandbox.deck import Deck
from cwp_local.sandbox.edits import Edit, StillNeededError, Toll
from cwp_local.sandbox.models import ChangesAsked, ChangesPlayed
from cwp_local.sandbox.moves import Moves
from cwp_local.sandbox.pointing import TICKET_TABLES
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    ADDITIONS,
    AGREEMENTS,
    COMPANIES,
    CONFIGURATIONS,
    CONTACTS,
    EXPENSES,
    INVOICES,
    NOTES,
    PRODUCTS,
    PROJECT_TICKETS,
    SCHEDULE_ENTRIES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.fresh import Fresh
from cwp_shared.clock import Clock

#: How changes spread over the tables; those not named here weigh 1.
_WEIGHTS: Mapping[Table, int] = {
    COMPANIES: 3,
    CONTACTS: 7,
    TICKETS: 40,
    TIME_ENTRIES: 50,
    NOTES: 20,
    SCHEDULE_ENTRIES: 8,
    PROJECT_TICKETS: 5,
    CONFIGURATIONS: 4,
    **dict.fromkeys((ACTIVITIES, EXPENSES, PRODUCTS, INVOICES), 3),
    **dict.fromkeys((AGREEMENTS, ADDITIONS), 2),
}
_STATUS_SHARE = 0.6
_NEW_SHARE = 0.5
_CANDIDATES = 8
_NOT_HELD = "NOT EXISTS (SELECT 1 FROM {holder} AS holder WHERE holder.{link} = {owner}.id)"


def play(company: Company, asked: ChangesAsked, clock: Clock) -> ChangesPlayed:
    """Play the changes in one transaction; answers with the ids of all rows that changed.

    Without `tables` they spread over all but the setup tables.
    """
    with company.store.writing() as writing:
        played = writing.note("changes_played")
        seed = f"changes:{company.spec.seed}:{played}" if asked.seed is None else str(asked.seed)
        edit = Edit(writing, clock(), by=company.world.members()[0].login)
        day = _Day(company, edit, Random(seed), _tables(asked))  # noqa: S311 - made-up data
        day.delete(asked.delete)
        day.add(asked.add)
        day.update(asked.update)
        writing.set_note("changes_played", played + 1)
    return edit.played()


def spread(total: int, tables: Sequence[Table]) -> dict[Table, int]:
    """Shares of `total` by weight; every table gets one if there are enough."""
    weights = {table: _WEIGHTS.get(table, 1) for table in tables}
    heaviest = sorted(tables, key=lambda table: -weights[table])
    shares = {table: int(total >= len(tables)) for table in tables}
    rest, weight = total - sum(shares.values()), sum(weights.values())
    for table in tables:
        shares[table] += rest * weights[table] // weight
    missing = total - sum(shares.values())
    for place in range(missing):
        shares[heaviest[place % len(heaviest)]] += 1
    return shares


def _tables(asked: ChangesAsked) -> list[Table]:
    if asked.tables:
        return [table for table in TABLES.values() if table.id in asked.tables]
    return [table for table in TABLES.values() if not table.setup]


class _Day:
    """The changes of one request."""

    def __init__(self, company: Company, edit: Edit, rng: Random, tables: list[Table]) -> None:
        self._edit = edit
        self._rng = rng
        self._moves = Moves(edit, rng)
        self._fresh = Fresh(company.world, rng, edit.now)
        self._owner_decks: dict[Table, Deck] = {}
        self._tables = tables

    def _deck(self, table: Table, where: Clause = EVERY_ROW) -> Deck:
        return Deck(self._rng, self._edit.rows.ids(table, where))

    # Deleting

    def delete(self, total: int) -> None:
        """Delete `total` rows, those that go along with others included."""
        tables = [table for table in self._tables if "DELETE" in table.methods]
        if not total or not tables:
            return
        shares = spread(total, tables)
        for table, share in shares.items():
            self._delete_share(table, share, shares)
        for table in reversed(tables):
            left = total - self._gone(tables)
            # By now rows may be free that others needed before.
            deck = self._deck(table, _free(table)) if left else Deck(self._rng, [])
            while self._delete_one(table, deck, total - self._gone(tables)):
                pass

    def _delete_share(self, table: Table, share: int, shares: Mapping[Table, int]) -> None:
        """Delete a table's share, and no more of the rows that go along than theirs."""
        deck = self._deck(table, _free(table)) if share else Deck(self._rng, [])
        going = [table, *_deleted_with(table)]
        allowed = sum(shares.get(each, 0) for each in going)
        for _ in range(share):
            self._delete_one(table, deck, allowed - self._gone(going))

    def _gone(self, tables: Sequence[Table]) -> int:
        return sum(len(self._edit.deleted[table]) for table in tables if table in self._tables)

    def _delete_one(self, table: Table, deck: Deck, left: int) -> bool:
        """Delete the least missed of a few candidates; False if none costs `left` or less."""
        tolls: dict[int, Toll] = {}
        while len(tolls) < _CANDIDATES and (row_id := deck.draw()) is not None:
            toll = self._toll(table, row_id)
            if toll:
                tolls[row_id] = toll
        fitting = [row_id for row_id, toll in tolls.items() if self._cost(toll) <= left]
        chosen = min(fitting, key=lambda row_id: len(tolls[row_id].losses), default=None)
        for row_id in tolls:
            if row_id != chosen:
                deck.put_back(row_id)
        if chosen is None:
            return False
        self._edit.delete(table, chosen)
        return True

    def _toll(self, table: Table, row_id: int) -> Toll | None:
        """What deleting a row takes; None if it is gone or needed."""
        if row_id in self._edit.deleted[table]:
            return None
        try:
            return self._edit.toll(table, row_id)
        except StillNeededError:
            return None

    def _cost(self, toll: Toll) -> int:
        """Rows of the tables asked for that would go."""
        return sum(table in self._tables for table, _ in toll.going)

    # Adding

    def add(self, total: int) -> None:
        """Add `total` rows, as far as there are rows for them to belong to."""
        for table, share in spread(total, self._tables).items():
            for _ in range(share):
                given = hung(self._edit, self._rng, table, self._some)
                if given is not None:
                    self._edit.add(table, new_row(self._edit, self._fresh, table, given))

    def _some(self, table: Table) -> Row | None:
        """A row that others may belong to: a newly added one as often as not."""
        new = sorted(self._edit.added[table])
        if new and chance(self._rng, _NEW_SHARE):
            return self._edit.rows.get(table, pick(self._rng, new))
        row_id = self._owners(table).look()
        return None if row_id is None else self._edit.rows.get(table, row_id)

    def _owners(self, table: Table) -> Deck:
        if table not in self._owner_decks:
            self._owner_decks[table] = self._deck(table)
        return self._owner_decks[table]

    # Updating

    def update(self, total: int) -> None:
        """Change `total` rows, those that changed along with others included."""
        shares, carried = spread(total, self._tables), 0
        for table in self._tables:
            wanted = shares[table] + carried
            self._update_rows(table, wanted, shares.get(TIME_ENTRIES))
            carried = max(0, wanted - len(self._edit.updated[table]))

    def _update_rows(self, table: Table, wanted: int, entries: int | None) -> None:
        updated, deck = self._edit.updated[table], self._deck(table) if wanted else None
        while deck and len(updated) < wanted and (row_id := deck.draw()) is not None:
            row = self._edit.rows.get(table, row_id)
            if row and row_id not in updated and row_id not in self._edit.added[table]:
                self._edit.update(table, self._moved(table, row, entries))

    def _moved(self, table: Table, row: Row, entries: int | None) -> Row:
        if table in TICKET_TABLES and chance(self._rng, _STATUS_SHARE):
            copies = len(self._edit.rows.ids_with(TIME_ENTRIES, "ticket/id", row["id"]))
            left = None if entries is None else entries - len(self._edit.updated[TIME_ENTRIES])
            if left is None or copies <= left:
                return self._moves.next_status(table, row)
        return self._moves.quiet(table, row)


def _deleted_with(table: Table) -> list[Table]:
    return [link.holder for link in links_to(table) if fate(link, table) == "delete"]


def _free(table: Table) -> Clause:
    """Holds for the rows that, by what can be found quickly, nothing keeps from being deleted."""
    keeping = [link for link in links_to(table) if link.indexed and fate(link, table) == "refuse"]
    held = [
        _NOT_HELD.format(holder=link.holder.id, link=link_column(link.path), owner=table.id)
        for link in keeping
        if link.holder is not table
    ]
    return Clause(" AND ".join(held)) if held else EVERY_ROW
