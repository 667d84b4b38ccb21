"""What every maker of rows is told: about whom, by whom, when, and the draws to use."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.world.people import Customer, Member, Person
from cwp_local.sandbox.world.times import iso

#: One in this many rows of a customer names no contact.
_WITHOUT_CONTACT = 0.1


@dataclass(slots=True)
class Scene:
    """One row to be made. Times are seconds since 1970."""

    rng: Random
    row_id: int
    customer: Customer
    people: Sequence[Person]
    staff: Sequence[Member]
    entered: int
    updated: int

    def member(self) -> Member:
        """Somebody of the provider."""
        return self.staff[int(self.rng.random() * len(self.staff))]

    def person(self) -> Person | None:
        """Somebody of the customer, if there is anybody to be named."""
        if not self.people or self.rng.random() < _WITHOUT_CONTACT:
            return None
        return self.people[int(self.rng.random() * len(self.people))]

    def contact(self) -> Person | None:
        """Somebody of the customer, for rows that cannot be without; None if there is nobody."""
        return self.person() or next(iter(self.people), None)

    def info(self, by: Member) -> Row:
        """`_info` of a row that `by` wrote."""
        return written(self.entered, self.updated, by.login)


def written(entered: int, updated: int, by: str) -> Row:
    """`_info`, as most rows have it."""
    return {
        "lastUpdated": iso(updated),
        "updatedBy": by,
        "dateEntered": iso(entered),
        "enteredBy": by,
    }
