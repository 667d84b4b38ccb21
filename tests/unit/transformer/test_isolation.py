"""Whatever arrives on the files queue, a tenant's history is made of the tenant's own files."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cwp_shared.errors import Terminal
from cwp_shared.mapping import MappingError
from cwp_shared.mapping_files import parse_mapping
from cwp_transformer.messages import RawCreated, parse
from tests.hostile import HOSTILE_NAMES, HOSTILE_TENANTS, foreign_keys
from tests.unit.transformer.fakes import BUCKET, World, object_created, raw_body, ticket

KEY = "acme/raw/connectwise/service_tickets/20260101T000000000000Z.parquet"


@pytest.mark.parametrize("key", [*foreign_keys(KEY, "acme"), KEY.replace("/raw/", "/state/")])
def test_a_key_is_of_the_tenant_that_it_begins_with_or_of_nobody(key: str) -> None:
    try:
        message = parse(object_created(key), BUCKET)
    except Terminal:
        return
    assert isinstance(message, RawCreated)
    assert message.tenant_id == key.split("/", maxsplit=1)[0]
    assert message.tenant_id in {"rival", "acme-2"}


@pytest.mark.parametrize("tenant", HOSTILE_TENANTS)
def test_a_file_of_what_is_no_tenant_is_refused(tenant: str) -> None:
    with pytest.raises(Terminal):
        parse(object_created(KEY.replace("acme", tenant, 1)), BUCKET)


def test_a_message_nested_beyond_measure_fails_alone() -> None:
    world = World()
    key = world.land([ticket(1, 10)])
    failures = world.send("[" * 100_000, object_created(key))
    assert list(failures) == ["0"]
    assert isinstance(failures["0"], Terminal)
    assert len(world.commits()) == 1


def test_a_rivals_file_under_our_prefix_is_refused_by_what_it_says_of_itself() -> None:
    world = World()
    world.take([ticket(1, 10)])
    before = dict(world.lake.objects)
    forged = world.land(raw_body([ticket(2, 20)], tenant_id="rival"))
    (error,) = world.deliver(forged).values()
    assert isinstance(error, Terminal)
    assert "rival" in str(error)
    assert {**before, forged: world.lake.objects[forged]} == world.lake.objects


def test_a_notification_about_a_rivals_file_changes_the_rivals_history_only() -> None:
    world = World()
    world.take([ticket(1, 10)])
    before = set(world.lake.objects)
    key = KEY.replace("acme", "rival")
    world.lake.objects[key] = raw_body([ticket(2, 20)], tenant_id="rival")
    assert world.deliver(key) == {}
    made = set(world.lake.objects) - before
    assert made
    assert all(name.startswith("rival/") for name in made)


MAPPING: dict[str, Any] = {
    "table": "things",
    "source": "service_tickets",
    "version": 1,
    "key": ["ticket_id"],
    "updated_at": "_info/lastUpdated",
    "columns": [
        {"name": "ticket_id", "type": "bigint", "from": "id"},
        {"name": "summary", "type": "varchar(200)", "from": "summary"},
    ],
}


def of_table(name: str) -> dict[str, Any]:
    return MAPPING | {"table": name}


def of_source(name: str) -> dict[str, Any]:
    return MAPPING | {"source": name}


def of_column(name: str) -> dict[str, Any]:
    return MAPPING | {"columns": [MAPPING["columns"][0], MAPPING["columns"][1] | {"name": name}]}


def of_path(name: str) -> dict[str, Any]:
    return MAPPING | {"columns": [MAPPING["columns"][0], MAPPING["columns"][1] | {"from": name}]}


def of_type(name: str) -> dict[str, Any]:
    return MAPPING | {"columns": [MAPPING["columns"][0], MAPPING["columns"][1] | {"type": name}]}


def sorted_by(name: str) -> dict[str, Any]:
    return MAPPING | {"warehouse": {"sort_by": [name]}}


def test_the_mapping_is_one_as_it_stands() -> None:
    assert parse_mapping(json.dumps(MAPPING), "things.json").table == "things"


@pytest.mark.parametrize("change", [of_table, of_source, of_column, of_path, of_type, sorted_by])
def test_no_mapping_brings_a_name_that_is_more_than_one(
    change: Callable[[str], dict[str, Any]],
) -> None:
    for name in HOSTILE_NAMES:
        with pytest.raises(MappingError, match=r"things\.json"):
            parse_mapping(json.dumps(change(name)), "things.json")
