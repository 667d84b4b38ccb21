"""What the logic needs of the world, in one place."""

from typing import NamedTuple

from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock
from cwp_transformer.lake import Lake
from cwp_transformer.ledger import Ledger


class Backends(NamedTuple):
    """Built once per container by `bootstrap`, or by hand in tests."""

    lake: Lake
    ledger: Ledger
    bus: Publisher
    clock: Clock
