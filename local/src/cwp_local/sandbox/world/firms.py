"""Firms: all that other rows repeat of a customer, made when somebody asks for it.

A firm depends on the world's seed and on its number only, so that every part of a world meets
the same firm.
"""

from dataclasses import dataclass, replace
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.pointing import reference_to
from cwp_local.sandbox.tables import OPPORTUNITIES, PHASES, PROJECTS
from cwp_local.sandbox.world import ids, words
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.people import Customer, Person, new_customer, new_person

#: How many firms sell to the provider.
VENDORS = 3
_FEWEST_CONTACTS, _MOST_CONTACTS = 2, 6
_WITH_OPPORTUNITY = 0.6
_PROJECTS = (0, 0, 0, 1, 1, 2)
#: How the firms' shares of the tickets fall: a few have many, most have some.
_STEEPNESS = 0.7
_HEAD = 3


@dataclass(frozen=True, slots=True)
class Project:
    """A project, as far as other rows repeat it."""

    id: int
    reference: Row
    phases: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Firm:
    """A customer; the first of its people is its default contact."""

    customer: Customer
    people: tuple[Person, ...]
    opportunity: Row | None
    projects: tuple[Project, ...]


class Firms:
    """The firms of a world, by number; they stay known once they were made.

    Args:
        seed: the world's.
        count: how many there are.
        clients: how many of them, the first ones, have tickets.
    """

    def __init__(self, seed: int, count: int, clients: int) -> None:
        self._seed = seed
        self._known: dict[int, Firm] = {}
        self._vendors = tuple(_vendor(seed, place) for place in range(VENDORS))
        self.count = count
        self.clients = clients
        #: Ends of the integral of the shares, which `draw` turns around.
        power = 1 - _STEEPNESS
        self._low, self._high = _HEAD**power, (clients + _HEAD) ** power

    def __getitem__(self, number: int) -> Firm:
        """A firm, `number` counts from 0."""
        firm = self._known.get(number)
        if firm is None:
            rng = Random(f"firm:{self._seed}:{number}")  # noqa: S311 - made-up data
            firm = self._known[number] = _firm(rng, ids.company(number))
        return firm

    def vendor(self, number: int) -> Firm:
        """One of the few firms that the provider buys from; any number will do."""
        return self._vendors[number % VENDORS]

    def draw(self, rng: Random) -> int:
        """The number of a client that something happens to."""
        drawn = self._low + rng.random() * (self._high - self._low)
        return min(self.clients - 1, int(drawn ** (1 / (1 - _STEEPNESS)) - _HEAD))


def _vendor(seed: int, place: int) -> Firm:
    rng = Random(f"vendor:{seed}:{place}")  # noqa: S311 - made-up data
    firm = _firm(rng, ids.FIRST_VENDOR + place)
    customer = replace(firm.customer, agreement=None)
    return Firm(customer, firm.people[:1], opportunity=None, projects=())


def _firm(rng: Random, company_id: int) -> Firm:
    customer = new_customer(rng, company_id)
    size = _FEWEST_CONTACTS + int(rng.random() * (_MOST_CONTACTS - _FEWEST_CONTACTS + 1))
    return Firm(
        customer=customer,
        people=tuple(new_person(rng, ids.contact(company_id, n), customer) for n in range(size)),
        opportunity=_opportunity(rng, customer) if chance(rng, _WITH_OPPORTUNITY) else None,
        projects=tuple(_project(rng, company_id, n) for n in range(pick(rng, _PROJECTS))),
    )


def _opportunity(rng: Random, customer: Customer) -> Row:
    name = f"{pick(rng, words.DEALS)} for {customer.name}"[:100]
    own = {"id": ids.opportunity(customer.id, 0), "name": name}
    return reference_to("OpportunityReference", OPPORTUNITIES, own)


def _project(rng: Random, company_id: int, place: int) -> Project:
    row_id = ids.project(company_id, place)
    name = f"{pick(rng, words.PROJECTS)} {2023 + int(rng.random() * 3)}"
    count = 2 + int(rng.random() * (len(words.PHASES) - 1))
    return Project(
        id=row_id,
        reference=reference_to("ProjectReference", PROJECTS, {"id": row_id, "name": name}),
        phases=tuple(_phase(row_id, place) for place in range(count)),
    )


def _phase(project_id: int, place: int) -> Row:
    row_id, description = ids.phase(project_id, place), words.PHASES[place]
    own = {"id": row_id, "projectId": project_id, "description": description}
    return reference_to("ProjectPhaseReference", PHASES, own)
