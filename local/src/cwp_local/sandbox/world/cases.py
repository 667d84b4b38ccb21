"""Cases: all there is to know about a ticket before it is written as a row."""

from dataclasses import dataclass
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.lookups import API, Board, Status, Work
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.times import DAY

_BOARD_SHARES = (0, 0, 0, 0, 1, 2, 2, 3)
_WITHOUT_CONTACT = 0.05
#: Tickets that nobody ever closes.
_LINGERING = 0.04

#: A company and its contacts; the first is its default contact.
Firm = tuple[Customer, list[Person]]


@dataclass(slots=True)
class Case:
    """What there is to know about a ticket; times are seconds since 1970."""

    id: int
    customer: Customer
    person: Person | None
    board: Board
    status: Status
    work: Work
    owner: Member
    priority: Row
    entered: int
    updated: int
    closed: int | None = None
    hours: float = 0.0
    parent: int | None = None
    merged_into: Row | None = None
    has_child: bool = False
    has_merged: bool = False

    @property
    def summary(self) -> str:
        """What the list shows; at most 100 characters."""
        who = self.person.name if self.person else self.customer.name
        return f"{self.work.complaint} - {who}"[:100]

    @property
    def reference(self) -> Row:
        """How other rows point here."""
        return ticket_reference(self.id, self.summary)

    def merge(self, parent: Row) -> None:
        """The case goes on under another ticket, and is closed itself."""
        self.merged_into = parent
        if self.closed is None:
            self.status, self.closed = self.board.statuses[7], self.updated


def ticket_reference(row_id: int, summary: str) -> Row:
    """How other rows point to a ticket."""
    info = {"ticket_href": f"{API}/service/tickets/{row_id}"}
    return {"id": row_id, "summary": summary, "_info": info}


def draw_case(
    rng: Random,
    row_id: int,
    firm: Firm,
    staff: tuple[Member, ...],
    entered: int,
    board: Board | None = None,
) -> Case:
    """A case as it comes in: new, nobody's yet but its owner's to be."""
    customer, people = firm
    board = board or lookups.BOARDS[pick(rng, _BOARD_SHARES)]
    return Case(
        id=row_id,
        customer=customer,
        person=pick(rng, people) if people and not chance(rng, _WITHOUT_CONTACT) else None,
        board=board,
        status=board.statuses[0],
        work=pick(rng, board.works),
        owner=pick(rng, staff),
        priority=lookups.PRIORITIES[min(3, int(rng.random() * 2 + rng.random() * 3))],
        entered=entered,
        updated=entered,
    )


def age_case(rng: Random, case: Case, now: int) -> None:
    """Let a case go its way until `now`: closed after its time, else somewhere in between."""
    life = int(rng.lognormvariate(0.6, 1.3) * DAY)
    statuses = case.board.statuses
    if case.entered + life < now and not chance(rng, _LINGERING):
        case.status = pick(rng, statuses[6:] if chance(rng, 0.3) else statuses[7:8])
        case.closed = case.entered + life
        case.updated = min(now, case.closed + int(rng.expovariate(1 / (3 * DAY))))
    else:
        case.status = statuses[int(rng.random() * 6)]
        case.updated = case.entered + int(rng.random() * (now - case.entered))
