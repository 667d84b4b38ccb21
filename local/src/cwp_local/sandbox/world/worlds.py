"""What a company's rows depend on."""

from dataclasses import dataclass
from random import Random

from cwp_local.sandbox.world.firms import Firms
from cwp_local.sandbox.world.people import Member, members

_TICKETS_PER_COMPANY = 40
#: Firms that are no customers yet: contacts, but no tickets.
_PROSPECTS = 0.1


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

    def firms(self) -> Firms:
        """The customers; none is made before somebody asks for it."""
        count = max(1, round(self.tickets / _TICKETS_PER_COMPANY))
        return Firms(self.seed, count, max(1, round(count * (1 - _PROSPECTS))))
