import json
from unittest.mock import patch

import pytest

from cwp_shared.errors import Retriable, Terminal
from cwp_shared.mapping import MappingError
from cwp_shared.mapping_files import BrokenMapping, Mappings
from cwp_transformer import transform
from tests.unit.transformer.fakes import TENANT, TICKETS, World, object_created, raw_body, ticket


def requested(after: int, table: str = "tickets") -> str:
    detail = {"version": 1, "tenant_id": TENANT, "canonical_table": table, "after_sequence": after}
    body = {"source": "connectwise.operator", "detail-type": "CommitsRequested", "detail": detail}
    return json.dumps(body)


def test_files_of_one_history_are_committed_together() -> None:
    world = World()
    keys = [world.land([ticket(number, 10)]) for number in (1, 2, 3)]
    assert world.deliver(*keys) == {}
    (commit,) = world.commits()
    assert commit.raw_keys == tuple(keys)
    assert commit.canonical
    assert commit.canonical.opened == 3


def test_a_file_named_twice_in_a_batch_is_read_once() -> None:
    world = World()
    key = world.land([ticket(1, 10)])
    assert world.deliver(key, key) == {}
    assert world.commits()[0].raw_keys == (key,)


def test_a_file_that_two_messages_tell_differently_of_is_one_file() -> None:
    """A message that somebody made by hand may lack the size."""
    world = World()
    key = world.land([ticket(1, 10)])
    assert world.send(object_created(key), object_created(key, size=0)) == {}
    assert world.commits()[0].raw_keys == (key,)


def test_large_files_are_committed_one_by_one() -> None:
    world = World()
    keys = [world.land([ticket(number, 10)]) for number in (1, 2, 3)]
    sizes = (10, transform.BYTES_PER_COMMIT, 10)
    bodies = [object_created(key, size=size) for key, size in zip(keys, sizes, strict=True)]
    assert world.send(*bodies) == {}
    assert [commit.raw_keys for commit in world.commits()] == [(key,) for key in keys]


def test_tenants_are_apart() -> None:
    world = World()
    ours = world.land([ticket(1, 10)])
    theirs = ours.replace(TENANT, "umbrella")
    world.lake.objects[theirs] = raw_body([ticket(1, 10)], tenant_id="umbrella")
    assert world.deliver(ours, theirs) == {}
    (commit,) = world.commits()
    assert commit.raw_keys == (ours,)
    one, two = (e.key for e in world.bus.events)  # type: ignore[attr-defined]  # both are CanonicalCommitted
    assert {one.split("/")[0], two.split("/")[0]} == {TENANT, "umbrella"}


def test_a_bad_file_costs_only_itself() -> None:
    world = World()
    bad, good = world.land(b"no parquet"), world.land([ticket(1, 10)])
    failures = world.deliver(bad, good, "acme/raw/connectwise/service_tickets/20269.parquet")
    assert [type(failures[message]) for message in sorted(failures)] == [Terminal, Terminal]
    assert sorted(failures) == ["0", "2"]
    assert "is not a Parquet file" in str(failures["0"])
    assert "there is no object" in str(failures["2"])
    assert world.timeline() == [("printer", 10, None)]


def test_a_message_that_is_nothing_is_terminal_and_the_others_go_on() -> None:
    world = World()
    failures = world.send("nonsense", object_created(world.land([ticket(1, 10)])))
    assert list(failures) == ["0"]
    assert isinstance(failures["0"], Terminal)
    assert len(world.commits()) == 1


def test_a_table_without_mapping_is_acknowledged_and_stays_in_raw() -> None:
    world = World()
    key = f"{TENANT}/raw/connectwise/company_companies/20260101T000000000000Z.parquet"
    assert world.deliver(key) == {}
    assert world.lake.objects == {}


def test_an_invalid_mapping_is_terminal_for_its_table_only() -> None:
    world = World()
    error = MappingError("mappings/companies.json: column x: no such field")
    world.mappings = Mappings((TICKETS,), (BrokenMapping("company_companies", error),))
    theirs = f"{TENANT}/raw/connectwise/company_companies/20260101T000000000000Z.parquet"
    failures = world.deliver(theirs, world.land([ticket(1, 10)]))
    assert failures == {"0": error}
    assert len(world.commits()) == 1


def test_two_canonical_tables_of_one_source() -> None:
    world = World(TICKETS, TICKETS.model_copy(update={"table": "ticket_notes"}))
    assert world.deliver(world.land([ticket(1, 10)])) == {}
    assert {e.canonical_table for e in world.bus.events} == {"tickets", "ticket_notes"}  # type: ignore[attr-defined]  # both are CanonicalCommitted


def test_a_fault_of_the_platform_fails_its_history_only() -> None:
    world = World()
    ours, theirs = world.land([ticket(1, 10)]), "umbrella/raw/connectwise/service_tickets/2.parquet"
    world.lake.objects[theirs] = raw_body([ticket(1, 10)], tenant_id="umbrella")
    with patch.object(world.ledger, "advance", side_effect=ConnectionError):
        failures = world.deliver(ours)
    assert isinstance(failures["0"], ConnectionError)
    assert world.deliver(ours, theirs) == {}


def test_commits_are_announced_again_on_request() -> None:
    world = World()
    for second in (10, 20, 30):
        world.take([ticket(1, second, summary=str(second))])
        # Revisions without a canonical file have no sequence of their own.
        world.take([ticket(1, second + 1, summary=str(second))])
    world.bus.events.clear()
    assert world.send(requested(after=1)) == {}
    assert world.announced() == [2, 3]
    assert world.send(requested(after=3), requested(after=0, table="companies")) == {}
    assert world.announced() == [2, 3]


def test_losing_every_race_comes_back_later() -> None:
    world = World()
    key = world.land([ticket(1, 10)])
    with patch.object(world.lake, "create", side_effect=lambda key, _: "/commits/" not in key):
        failures = world.deliver(key)
    assert isinstance(failures["0"], Retriable)
    assert failures["0"].retry_after
    assert world.deliver(key) == {}


@pytest.mark.parametrize("count", [0, 1])
def test_no_files_no_work(count: int) -> None:
    world = World()
    assert world.send(*[requested(after=0)] * count) == {}
    assert world.bus.events == []
