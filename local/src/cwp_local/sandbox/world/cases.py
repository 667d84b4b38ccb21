"""Cases: all there is to know about a ticket before it is written as a row."""

from dataclasses import dataclass
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world import lookups
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.links import API
from cwp_local.sandbox.world.lookups import PROJECT_BOARD, Board, Status, Work
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.scene import Scene
from cwp_local.sandbox.world.times import DAY

_BOARD_SHARES = (0, 0, 0, 0, 1, 2, 2, 3)
_WITHOUT_CONTACT = 0.05
#: Tickets that nobody ever closes.
_LINGERING = 0.04


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
    opportunity: Row | None = None
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
        return ticket_reference(self.id, self.summary, project=self.board is PROJECT_BOARD)

    def merge(self, parent: Row) -> None:
        """The case goes on under another ticket, and is closed itself."""
        self.merged_into = parent
        if self.closed is None:
            self.status, self.closed = self.board.statuses[7], self.updated


def ticket_reference(row_id: int, summary: str, *, project: bool = False) -> Row:
    """How other rows point to a ticket, of a project or not."""
    path = "project/tickets" if project else "service/tickets"
    info = {"ticket_href": f"{API}/{path}/{row_id}"}
    return {"id": row_id, "summary": summary, "_info": info}


def draw_case(scene: Scene, board: Board | None = None) -> Case:
    """A case as it comes in: new, nobody's yet but its owner's to be; on any service board."""
    rng, people = scene.rng, scene.people
    board = board or lookups.BOARDS[pick(rng, _BOARD_SHARES)]
    return Case(
        id=scene.row_id,
        customer=scene.customer,
        person=pick(rng, people) if people and not chance(rng, _WITHOUT_CONTACT) else None,
        board=board,
        status=board.statuses[0],
        work=pick(rng, board.works),
        owner=scene.member(),
        priority=lookups.PRIORITIES[min(3, int(rng.random() * 2 + rng.random() * 3))],
        entered=scene.entered,
        updated=scene.updated,
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
