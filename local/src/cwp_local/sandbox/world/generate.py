"""A company's history, made from a seed: setup, firms and what they have, three years of work.

The same `World` gives the same rows, to the byte. It is made in blocks that do not depend on each
other, so that several processes can share the work: setup first, then a few firms at a time, then
slices of tickets in the order of time. Rows come in the order of their ids within each table of a
block, and parents before children.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from cwp_local.sandbox.calls import Row
from cwp_local.sandbox.tables import (
    CATALOG_ITEMS,
    MEMBERS,
    TIME_SHEETS,
    USER_DEFINED_FIELDS,
    Table,
)
from cwp_local.sandbox.world.catalog_rows import catalog_rows
from cwp_local.sandbox.world.field_rows import field_rows
from cwp_local.sandbox.world.firm_block import FirmBlock
from cwp_local.sandbox.world.firms import VENDORS
from cwp_local.sandbox.world.member_rows import member_rows
from cwp_local.sandbox.world.scene import written
from cwp_local.sandbox.world.setup_rows import setup_rows
from cwp_local.sandbox.world.sheet_rows import Sheets
from cwp_local.sandbox.world.times import DAY, SPAN
from cwp_local.sandbox.world.work_block import SLICE, WorkBlock
from cwp_local.sandbox.world.worlds import World

__all__ = ["World", "blocks", "generate"]

#: Makes some of a world's rows.
Block = Callable[[], Iterator[tuple[Table, Row]]]

_FIRMS_PER_BLOCK = 50


def generate(world: World) -> Iterator[tuple[Table, Row]]:
    """All rows of a company."""
    return chain.from_iterable(block() for block in blocks(world))


def blocks(world: World) -> list[Block]:
    """The world's blocks, each a function that makes its rows.

    A block has the same rows in whatever process and order it is made. What is known of firms is
    kept from block to block, as long as one of these lives.
    """
    makers = _Makers(world)
    firms = range(0, makers.firms.count, _FIRMS_PER_BLOCK)
    slices = range(-(-world.tickets // SLICE))
    return [
        makers.setup,
        *(partial(makers.customers, first) for first in firms),
        *(partial(makers.work, number) for number in slices),
    ]


class _Makers:
    def __init__(self, world: World) -> None:
        self._world = world
        self.firms = world.firms()

    def setup(self) -> Iterator[tuple[Table, Row]]:
        world, rng = self._world, self._world.rng("setup")
        staff, entered = world.members(), world.reference - SPAN - 400 * DAY

        def info() -> Row:
            updated = world.reference - int(rng.random() * SPAN)
            return written(entered, updated, staff[0].login)

        yield from setup_rows(staff, info)
        for field in field_rows(entered):
            yield USER_DEFINED_FIELDS, field
        for member in member_rows(rng, staff, info, world.reference):
            yield MEMBERS, member
        vendors = FirmBlock(world, self.firms, rng)
        for number in range(VENDORS):
            yield from vendors.vendor(number)
        for item in catalog_rows(info, self.firms.vendor(0).customer.reference):
            yield CATALOG_ITEMS, item
        for sheet in Sheets(world.reference).rows(staff):
            yield TIME_SHEETS, sheet

    def customers(self, first: int) -> Iterator[tuple[Table, Row]]:
        part = FirmBlock(self._world, self.firms, self._world.rng(f"firms:{first}"))
        for number in range(first, min(first + _FIRMS_PER_BLOCK, self.firms.count)):
            yield from part.customer(number)

    def work(self, number: int) -> Iterator[tuple[Table, Row]]:
        return WorkBlock(self._world, self.firms, number).rows()
