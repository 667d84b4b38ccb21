import pytest

from cwp_shared.keys import parse_raw
from cwp_shared.mapping import Mapping
from cwp_shared.mapping_files import Mappings
from tests.counted import counted, values
from tests.unit.transformer.fakes import TICKETS, World, ticket


def test_each_bad_row_lies_in_quarantine_with_its_reason_and_the_others_go_on() -> None:
    world = World()
    key = world.land(
        [ticket(1, 10), ticket(2, 10, budgetHours="many", city=None), ticket(None, 10)]
    )
    assert world.deliver(key) == {}
    first, second = world.quarantine()
    assert first["reason"] == "budget_hours: many does not fit decimal(18,4)"
    assert (first["raw_key"], first["raw_row"], first["canonical_table"]) == (key, 1, "tickets")
    assert first["record"]["id"] == 2
    assert first["record"]["_cwp_run_id"] == "run-1"
    # What the file has no value for says nothing.
    assert "city" not in first["record"]
    assert second["raw_row"] == 2
    assert world.timeline() == [("printer", 10, None)]


def test_the_name_follows_from_the_raw_file_so_twice_is_once() -> None:
    world = World()
    key = world.land([ticket(None, 10)])
    for _ in range(2):
        world.ledger.files.clear()
        world.deliver(key)
    names = [name for name in world.lake.objects if "/quarantine/" in name]
    assert names == [f"acme/quarantine/service_tickets/tickets-{parse_raw(key).timestamp}.jsonl"]
    assert len(world.quarantine()) == 1


def test_rows_set_aside_are_counted_where_cloudwatch_looks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    world.deliver(world.land([ticket(1, 10), ticket(None, 10), ticket(None, 20)]))
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"QuarantinedRows": 2}
    assert (line["service"], line["tenant_id"]) == ("transformer", "acme")


def test_rows_that_a_rebuild_sets_aside_are_counted_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(_wider(version=1))
    world.take([ticket(1, 10), ticket(2, 20, summary="far too long for twenty bytes")])
    world.mappings = Mappings((TICKETS.model_copy(update={"version": 2}),))
    capsys.readouterr()
    assert world.rebuild() == {}
    (line,) = counted(capsys.readouterr().out)
    assert values(line) == {"QuarantinedRows": 1}
    (aside,) = world.quarantine()
    assert aside["record"]["id"] == 2
    assert world.timeline() == [("printer", 10, None)]


def test_a_file_that_is_read_again_under_a_wider_mapping_gives_what_it_gave_at_once() -> None:
    rows = [ticket(1, 10), ticket(1, 20, summary="far too long for twenty bytes")]
    world = World()
    key = world.land(rows)
    world.deliver(key)
    assert world.timeline() == [("printer", 10, None)]
    world.mappings = Mappings((_wider(),))
    world.ledger.files.clear()
    for _ in range(2):
        assert world.deliver(key) == {}
    fresh = World(_wider())
    fresh.take(rows)
    assert world.timeline() == fresh.timeline()
    assert len(world.timeline()) == 2


def _wider(version: int = 2) -> Mapping:
    meaning = TICKETS.model_dump(by_alias=True, exclude_none=True)
    for column in meaning["columns"]:
        if column["name"] == "summary":
            column["type"] = "varchar(200)"
    return Mapping.model_validate(meaning | {"version": version})
