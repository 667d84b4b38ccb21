"""A company's history, made from a seed: firms, their people, three years of tickets and work.

The same `World` gives the same rows, to the byte. Rows come in the order of their ids within each
table; ids have gaps, as those of live services do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TICKETS, TIME_ENTRIES, Table
from cwp_local.sandbox.world.cases import Case, Firm, age_case, draw_case
from cwp_local.sandbox.world.company_rows import company_row
from cwp_local.sandbox.world.contact_rows import contact_row
from cwp_local.sandbox.world.dice import chance, pick
from cwp_local.sandbox.world.kinship import kin
from cwp_local.sandbox.world.people import (
    Customer,
    Member,
    Person,
    members,
    new_customer,
    new_person,
)
from cwp_local.sandbox.world.ticket_rows import ticket_row
from cwp_local.sandbox.world.time_rows import BILLED_AFTER, draw_hours, time_row
from cwp_local.sandbox.world.times import DAY, HOUR, SPAN, in_working_hours

_TICKETS_PER_COMPANY = 40
#: Firms that are no customers yet: contacts, but no tickets.
_PROSPECTS = 0.1
_GAPS = 0.03
_LONGEST_GAP = 8
_FIRST_COMPANY, _FIRST_CONTACT, _FIRST_TICKET, _FIRST_ENTRY = 250, 1_000, 20_000, 50_000


@dataclass(frozen=True)
class World:
    """What a company's rows depend on. `reference` is their newest time, in seconds since 1970."""

    seed: int
    tickets: int
    reference: int

    def rng(self, purpose: str) -> Random:
        """Draws of its own for each purpose, so that one does not shift the other."""
        return Random(f"{purpose}:{self.seed}")  # noqa: S311 - made-up data

    def members(self) -> tuple[Member, ...]:
        """The provider's staff."""
        return members(self.seed, self.tickets)


def generate(world: World) -> Iterator[tuple[Table, Row]]:
    """All rows of a company, parents before children."""
    rng = world.rng("customers")
    staff = world.members()
    firms = list(_firms(rng, max(1, round(world.tickets / _TICKETS_PER_COMPANY))))
    clients = max(1, round(len(firms) * (1 - _PROSPECTS)))
    for place, (customer, people) in enumerate(firms):
        yield COMPANIES, _company(rng, world, customer, people, staff, client=place < clients)
    for customer, people in firms:
        for person in people:
            yield CONTACTS, _contact(rng, world, customer, person, people, staff)
    yield from _work(world, firms[:clients], staff)


def _ids(rng: Random, first: int) -> Iterator[int]:
    row_id = first
    while True:
        yield row_id
        row_id += 1 + (int(rng.random() * _LONGEST_GAP) if chance(rng, _GAPS) else 0)


def _firms(rng: Random, count: int) -> Iterator[Firm]:
    company_ids, contact_ids = _ids(rng, _FIRST_COMPANY), _ids(rng, _FIRST_CONTACT)
    for _ in range(count):
        customer = new_customer(rng, next(company_ids))
        size = 2 + int(rng.random() * 5)
        yield customer, [new_person(rng, next(contact_ids), customer) for _ in range(size)]


def _old(rng: Random, world: World) -> tuple[int, int]:
    """Entered before the span of tickets, updated within it."""
    entered = world.reference - SPAN - DAY - int(rng.random() * 5 * SPAN / 3)
    updated = world.reference - int(rng.random() ** 2 * SPAN)
    return entered, updated


def _company(
    rng: Random,
    world: World,
    customer: Customer,
    people: list[Person],
    staff: tuple[Member, ...],
    *,
    client: bool,
) -> Row:
    entered, updated = _old(rng, world)
    return company_row(
        rng,
        customer,
        contact=people[0],
        manager=pick(rng, staff),
        client=client,
        entered=entered,
        updated=updated,
    )


def _contact(
    rng: Random,
    world: World,
    customer: Customer,
    person: Person,
    people: list[Person],
    staff: tuple[Member, ...],
) -> Row:
    entered, updated = _old(rng, world)
    return contact_row(
        rng,
        person,
        customer,
        default=person is people[0],
        editor=pick(rng, staff),
        entered=entered,
        updated=updated,
    )


def _work(
    world: World, firms: list[Firm], staff: tuple[Member, ...]
) -> Iterator[tuple[Table, Row]]:
    rng = world.rng("work")
    ticket_ids, entry_ids = _ids(rng, _FIRST_TICKET), _ids(rng, _FIRST_ENTRY)
    relations = kin(world.rng("kin"), _choose(rng, len(firms), world.tickets))
    for place, relation in enumerate(relations):
        entered = _entered(rng, world, place)
        case = draw_case(rng, next(ticket_ids), firms[relation.firm], staff, entered)
        age_case(rng, case, world.reference)
        relation.settle(case)
        spans = _spans(rng, case, world.reference)
        case.hours = sum((hours for _, hours in spans), 0.0)
        row = ticket_row(rng, case)
        yield TICKETS, row
        for start, hours in spans:
            updated = _touched(rng, start + int(hours * HOUR), world.reference)
            member = case.owner if chance(rng, 0.8) else pick(rng, staff)
            yield (
                TIME_ENTRIES,
                time_row(
                    rng,
                    next(entry_ids),
                    row,
                    member=member,
                    start=start,
                    hours=hours,
                    updated=updated,
                ),
            )


def _choose(rng: Random, firms: int, tickets: int) -> list[int]:
    """Whose each ticket is: a few firms have many, most have some."""
    weights = list(accumulate((place + 3) ** -0.7 for place in range(firms)))
    return rng.choices(range(firms), cum_weights=weights, k=tickets)


def _entered(rng: Random, world: World, place: int) -> int:
    spot = world.reference - SPAN + SPAN * (place + rng.random()) / world.tickets
    return min(in_working_hours(rng, spot), world.reference - HOUR)


def _spans(rng: Random, case: Case, now: int) -> list[tuple[int, float]]:
    """Start and hours of the work done on a case."""
    if case.status.rank == 0:
        return []
    until = min(case.closed or now, case.entered + 30 * DAY)
    spans = []
    for _ in range(pick(rng, (0, 1, 1, 2, 2, 2, 3, 3, 5))):
        hours = draw_hours(rng)
        latest = max(case.entered, min(until, now - int(hours * HOUR)))
        spans.append((case.entered + int(rng.random() * (latest - case.entered)), hours))
    return spans


def _touched(rng: Random, end: int, now: int) -> int:
    """When an entry was last changed: on the invoice, or soon after the work."""
    billed = end + BILLED_AFTER + int(rng.random() * 30 * DAY)
    if billed < now and chance(rng, 0.8):
        return billed
    return max(min(now, end), min(now, end + int(rng.random() * 2 * DAY)))
