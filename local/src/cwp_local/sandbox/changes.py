"""A bit of working life on command: so many rows changed, added and deleted, all at this second.

Numbers count rows of the tables asked for. What must change along with a row counts too where it
can be foreseen (the entries of a deleted ticket); where it cannot (hours of a ticket that gets a
new entry) it comes on top, and is reported like everything else.
"""

from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import Clause
from cwp_local.sandbox.consistency import DEPENDENTS
from cwp_local.sandbox.edits import Edit
from cwp_local.sandbox.models import ChangesAsked, ChangesPlayed
from cwp_local.sandbox.moves import next_status, quiet_move
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TABLES, TICKETS, TIME_ENTRIES, Table
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.fresh import Fresh
from cwp_local.sandbox.world.people import Person, customer_of, person_of
from cwp_shared.clock import Clock

#: How changes spread over the tables.
_WEIGHTS = {COMPANIES: 3, CONTACTS: 7, TICKETS: 40, TIME_ENTRIES: 50}
_STATUS_SHARE = 0.6
_NEW_SHARE = 0.5
_CANDIDATES = 8
_ANY = Clause("1")
_WITHOUT_TICKETS = Clause(
    "NOT EXISTS (SELECT 1 FROM service_tickets WHERE link_company_id = company_companies.id)"
)


def play(company: Company, asked: ChangesAsked, clock: Clock) -> ChangesPlayed:
    """Play the changes in one transaction; answers with the ids of all rows that changed."""
    with company.store.writing() as writing:
        played = writing.note("changes_played")
        seed = f"changes:{company.spec.seed}:{played}" if asked.seed is None else str(asked.seed)
        edit = Edit(writing, clock(), by=company.world.members()[0].login)
        day = _Day(company, edit, Random(seed), asked.tables)  # noqa: S311 - made-up data
        day.delete(asked.delete)
        day.add(asked.add)
        day.update(asked.update)
        writing.set_note("changes_played", played + 1)
    return edit.played()


def spread(total: int, tables: list[Table]) -> dict[Table, int]:
    """Shares of `total` by weight; every table gets one if there are enough."""
    heaviest = sorted(tables, key=lambda table: -_WEIGHTS[table])
    shares = {table: int(total >= len(tables)) for table in tables}
    rest, weight = total - sum(shares.values()), sum(_WEIGHTS[table] for table in tables)
    for table in tables:
        shares[table] += rest * _WEIGHTS[table] // weight
    missing = total - sum(shares.values())
    for place in range(missing):
        shares[heaviest[place % len(heaviest)]] += 1
    return shares


class _Deck:
    """Ids of a table, drawn at random, each once unless put back."""

    def __init__(self, rng: Random, ids: list[int]) -> None:
        self._rng = rng
        self._ids = ids

    def draw(self) -> int | None:
        """An id, or None when all are drawn."""
        if not self._ids:
            return None
        place = int(self._rng.random() * len(self._ids))
        self._ids[place], self._ids[-1] = self._ids[-1], self._ids[place]
        return self._ids.pop()

    def put_back(self, row_id: int) -> None:
        """Let an id be drawn again."""
        self._ids.append(row_id)

    def look(self) -> int | None:
        """An id, which stays in the deck."""
        row_id = self.draw()
        if row_id is not None:
            self.put_back(row_id)
        return row_id


class _Day:
    """The changes of one request."""

    def __init__(
        self, company: Company, edit: Edit, rng: Random, tables: tuple[str, ...] | None
    ) -> None:
        self._edit = edit
        self._rng = rng
        self._staff = company.world.members()
        self._fresh = Fresh(company.world, rng, edit.now)
        self._parent_decks: dict[Table, _Deck] = {}
        self._tables = [table for table in TABLES.values() if not tables or table.id in tables]

    def _deck(self, table: Table, where: Clause = _ANY) -> _Deck:
        return _Deck(self._rng, self._edit.rows.ids(table, where))

    # Deleting

    def delete(self, total: int) -> None:
        """Delete `total` rows, those that go along with others included."""
        if not total:
            return
        decks = {table: self._deck(table, _deletable(table)) for table in self._tables}
        shares = spread(total, self._tables)
        for table in self._tables:
            going = [table, *_deleted_with(table)]
            allowed = sum(shares.get(each, 0) for each in going)
            for _ in range(shares[table]):
                self._delete_one(table, decks[table], allowed - self._gone(going))
        for table in reversed(self._tables):
            while self._delete_one(table, decks[table], total - self._gone(self._tables)):
                pass

    def _gone(self, tables: list[Table]) -> int:
        return sum(len(self._edit.deleted[table]) for table in tables if table in self._tables)

    def _delete_one(self, table: Table, deck: _Deck, left: int) -> bool:
        """Delete the least missed of a few candidates; False if none costs `left` or less."""
        candidates = [row_id for _ in range(_CANDIDATES) if (row_id := deck.draw()) is not None]
        there = [one for one in candidates if one not in self._edit.deleted[table]]
        costs = {row_id: self._cost(table, row_id) for row_id in there}
        fitting = [row_id for row_id in there if costs[row_id][1] <= left]
        chosen = min(fitting, key=lambda row_id: costs[row_id], default=None)
        for row_id in there:
            if row_id != chosen:
                deck.put_back(row_id)
        if chosen is None:
            return False
        self._edit.delete(table, chosen)
        return True

    def _cost(self, table: Table, row_id: int) -> tuple[int, int]:
        """Rows that would lose something, and rows of the tables asked for that would go."""
        clear, gone = 0, 1
        for rule in DEPENDENTS:
            if rule.owner is table:
                count = len(self._edit.rows.ids_with(rule.target, rule.link, row_id))
                clear += count * (rule.then == "clear")
                gone += count * (rule.then == "delete" and rule.target in self._tables)
        return clear, gone

    # Adding

    def add(self, total: int) -> None:
        """Add `total` rows, as far as there are rows for them to belong to."""
        for table, share in spread(total, self._tables).items():
            for _ in range(share):
                row = self._new_row(table)
                if row is not None:
                    self._edit.add(table, row)

    def _new_row(self, table: Table) -> Row | None:
        row_id = self._edit.rows.next_id(table)
        if table is COMPANIES:
            return self._fresh.company(row_id)
        if table is TIME_ENTRIES:
            ticket = self._some(TICKETS)
            return self._fresh.entry(row_id, ticket) if ticket else None
        owner = self._some(COMPANIES)
        if owner is None:
            return None
        if table is CONTACTS:
            return self._fresh.contact(row_id, customer_of(owner))
        return self._fresh.ticket(row_id, customer_of(owner), self._people(owner["id"]))

    def _some(self, table: Table) -> Row | None:
        """A row that others may belong to: a newly added one as often as not."""
        new = sorted(self._edit.added[table])
        if new and chance(self._rng, _NEW_SHARE):
            return self._edit.rows.get(table, pick(self._rng, new))
        row_id = self._parents(table).look()
        return None if row_id is None else self._edit.rows.get(table, row_id)

    def _parents(self, table: Table) -> _Deck:
        if table not in self._parent_decks:
            self._parent_decks[table] = self._deck(table)
        return self._parent_decks[table]

    def _people(self, company_id: int) -> list[Person]:
        ids = self._edit.rows.ids_with(CONTACTS, "company/id", company_id)
        rows = (self._edit.rows.get(CONTACTS, row_id) for row_id in ids)
        return [person_of(row) for row in rows if row]

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
        if table is TICKETS and chance(self._rng, _STATUS_SHARE):
            copies = len(self._edit.rows.ids_with(TIME_ENTRIES, "ticket/id", row["id"]))
            left = None if entries is None else entries - len(self._edit.updated[TIME_ENTRIES])
            if left is None or copies <= left:
                return next_status(self._rng, row, self._edit.now, self._staff[0].login)
        return quiet_move(self._rng, table, row, self._staff)


def _deleted_with(table: Table) -> list[Table]:
    return [rule.target for rule in DEPENDENTS if rule.owner is table and rule.then == "delete"]


def _deletable(table: Table) -> Clause:
    return _WITHOUT_TICKETS if table is COMPANIES else _ANY
