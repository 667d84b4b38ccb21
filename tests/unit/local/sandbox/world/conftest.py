import calendar
from collections import defaultdict
from typing import Any

import pytest

from cwp_local.sandbox.tables import Table
from cwp_local.sandbox.world.generate import World, generate

Row = dict[str, Any]
#: Rows of each table, by id.
Rows = dict[Table, dict[int, Row]]

REFERENCE = calendar.timegm((2026, 11, 22, 0, 0, 0))


@pytest.fixture(scope="session")
def world() -> World:
    return World(seed=5, tickets=2000, reference=REFERENCE)


@pytest.fixture(scope="session")
def rows(world: World) -> Rows:
    """A world; nobody changes it."""
    found: Rows = defaultdict(dict)
    for table, row in generate(world):
        assert row["id"] not in found[table]
        found[table][row["id"]] = row
    return dict(found)
