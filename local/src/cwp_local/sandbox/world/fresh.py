"""Rows that come in now, in a company that has rows already."""

from datetime import datetime
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world.cases import draw_case
from cwp_local.sandbox.world.company_rows import company_row
from cwp_local.sandbox.world.contact_rows import contact_row
from cwp_local.sandbox.world.dice import pick
from cwp_local.sandbox.world.generate import World
from cwp_local.sandbox.world.lookups import Board
from cwp_local.sandbox.world.people import Customer, Person, new_customer, new_person
from cwp_local.sandbox.world.ticket_rows import ticket_row
from cwp_local.sandbox.world.time_rows import draw_hours, time_row
from cwp_local.sandbox.world.times import HOUR


class Fresh:
    """Makes rows entered at `now`.

    Args:
        world: the world the company was made from; its members do the work.
        rng: decides what the rows say.
        now: when they come in.
    """

    def __init__(self, world: World, rng: Random, now: datetime) -> None:
        self._staff = world.members()
        self._rng = rng
        self._now = int(now.timestamp())

    def company(self, row_id: int) -> Row:
        """A firm without contacts or tickets."""
        return company_row(
            self._rng,
            new_customer(self._rng, row_id),
            contact=None,
            manager=pick(self._rng, self._staff),
            client=False,
            entered=self._now,
            updated=self._now,
        )

    def contact(self, row_id: int, customer: Customer) -> Row:
        """Somebody new at a firm."""
        return contact_row(
            self._rng,
            new_person(self._rng, row_id, customer),
            customer,
            default=False,
            editor=pick(self._rng, self._staff),
            entered=self._now,
            updated=self._now,
        )

    def ticket(
        self, row_id: int, customer: Customer, people: list[Person], board: Board | None = None
    ) -> Row:
        """A ticket that nobody has looked at yet; on any board, if none is given."""
        case = draw_case(self._rng, row_id, (customer, people), self._staff, self._now, board)
        return ticket_row(self._rng, case)

    def entry(self, row_id: int, ticket: Row) -> Row:
        """Work on a ticket that ends now."""
        hours = draw_hours(self._rng)
        return time_row(
            self._rng,
            row_id,
            ticket,
            member=pick(self._rng, self._staff),
            start=self._now - int(hours * HOUR),
            hours=hours,
            updated=self._now,
        )
