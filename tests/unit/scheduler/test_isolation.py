"""Requests name tables that there are, and ticks name tenants that there could be."""

import json

import pytest

from cwp_scheduler.ticks import parse_tick
from cwp_shared.errors import Terminal
from cwp_shared.tables import source_table
from tests.hostile import HOSTILE_NAMES, HOSTILE_TENANTS


@pytest.mark.parametrize("tenant", HOSTILE_TENANTS)
def test_a_tick_is_of_a_tenant_or_none(tenant: str) -> None:
    assert parse_tick(json.dumps({"tick": True, "tenant_id": tenant})) is None


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_table_that_is_none_is_refused_wherever_it_is_looked_up(name: str) -> None:
    with pytest.raises(Terminal, match="unknown table"):
        source_table(name)
