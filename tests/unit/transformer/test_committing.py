import io
from contextlib import suppress
from typing import Any
from unittest.mock import patch

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalCommitted
from cwp_shared.mapping import Column, Mapping, MappingError
from cwp_transformer.commits import commit_key
from cwp_transformer.versions import versions
from tests.unit.transformer.fakes import (
    TENANT,
    TICKETS,
    TIMELESS,
    Crash,
    World,
    object_created,
    ticket,
)


def changed(version: int, *columns: dict[str, Any], **more: Any) -> Mapping:
    """The tests' mapping in another version, with columns added or put in the place of others."""
    new = {column["name"]: Column.model_validate(column) for column in columns}
    kept = tuple(new.pop(column.name, column) for column in TICKETS.columns)
    update = {"version": version, "columns": (*kept, *new.values())} | more
    return TICKETS.model_copy(update=update)


CITY = {"name": "city", "type": "varchar(50)", "from": "city"}


def test_a_commit_says_what_it_holds() -> None:
    world = World()
    key = world.land([ticket(1, 10, summary="a"), ticket(1, 20, summary="b"), ticket(None, 10)])
    world.deliver(key)
    (commit,) = world.commits()
    assert (commit.revision, commit.sequence, commit.raw_keys) == (1, 1, (key,))
    assert commit.totals.model_dump() == {"keys": 1, "versions": 2, "current": 1, "facts": 2}
    assert (commit.tally.rows, commit.tally.added, commit.tally.quarantined) == (3, 2, 1)
    assert [run.rows for run in commit.runs] == [2]
    assert commit.canonical
    assert len(world.lake.objects[commit.canonical.key]) == commit.canonical.size_bytes
    assert commit.canonical.key.startswith(f"{TENANT}/canonical/tickets/")


def test_the_event_describes_the_file() -> None:
    world = World()
    commit = world.take([ticket(1, 10)])
    (event,) = world.bus.events
    assert isinstance(event, CanonicalCommitted)
    assert commit.canonical
    assert (event.sequence, event.key, event.rows) == (1, commit.canonical.key, 1)
    assert [(c.name, c.type) for c in event.columns][:5] == [
        ("op", "varchar(6)"),
        ("sk", "varchar(32)"),
        ("tenant_id", "varchar(63)"),
        ("ticket_id", "bigint"),
        ("effective_from", "timestamp"),
    ]
    assert [c.name for c in event.columns] == world.canonical_files()[0].column_names
    assert (event.key_columns, event.run_ids, event.mapping_version) == (
        ("ticket_id",),
        ("run-1",),
        1,
    )


def test_the_event_says_how_much_the_file_does_and_how_large_it_is() -> None:
    world = World()
    first = [ticket(1, 10, summary="a"), ticket(1, 20, summary="b"), ticket(2, 10)]
    world.take(first, run_id="run-1")
    again = [ticket(1, 20, summary="a"), ticket(2, 20, summary="b"), ticket(2, 30), ticket(3, 30)]
    commit = world.take(again, run_id="run-2")
    event = world.bus.events[-1]
    assert isinstance(event, CanonicalCommitted)
    assert (event.opened, event.closed, event.removed, event.rows) == (3, 2, 1, 6)
    operations = world.canonical_files()[-1]["op"].to_pylist()
    assert sorted(operations) == ["close"] * 2 + ["open"] * 3 + ["remove"]
    assert event.size_bytes == len(world.lake.objects[event.key])
    assert (event.sequence, event.run_ids) == (commit.sequence, ("run-2",))


def test_facts_without_a_new_version_make_a_revision_without_sequence() -> None:
    world = World()
    world.take([ticket(1, 10)])
    commit = world.take([ticket(1, 20)])
    assert (commit.revision, commit.sequence, commit.canonical) == (2, 1, None)
    assert world.announced() == [1]
    assert world.take([ticket(1, 30, summary="b")]).sequence == 2


def test_a_file_of_bad_rows_only_makes_no_revision_and_is_done() -> None:
    world = World()
    key = world.land([ticket(None, 10)])
    assert world.deliver(key) == {}
    assert world.commits() == []
    assert len(world.quarantine()) == 1
    assert list(world.ledger.files.values()) == [0]


def test_an_empty_file_makes_no_revision() -> None:
    world = World()
    row = ticket(1, 10)
    body = world.lake.objects[world.land([row])]
    assert world.deliver(world.land(_without_rows(body))) == {}
    assert world.commits() == []


def _without_rows(body: bytes) -> bytes:
    file = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(body)).slice(0, 0), file)
    return file.getvalue()


def test_a_lost_race_starts_over_against_the_new_state() -> None:
    world = World()
    ours, theirs = (
        world.land([ticket(1, 20, summary="b")]),
        world.land([ticket(1, 10, summary="a")]),
    )
    world.lake.meanwhile = lambda: world.send(object_created(theirs))
    assert world.deliver(ours) == {}
    assert [commit.raw_keys for commit in world.commits()] == [(theirs,), (ours,)]
    assert world.timeline() == [("a", 10, 20), ("b", 20, None)]
    assert world.announced() == [1, 2]


def test_a_rival_that_dies_before_its_commit_does_not_touch_our_runs() -> None:
    world = World()
    ours, theirs = world.land([ticket(1, 10)]), world.land([ticket(2, 10)])

    def rival() -> None:
        world.fate.step = "before commit"
        with suppress(Crash):
            world.deliver(theirs)

    world.lake.meanwhile = rival
    assert world.deliver(ours) == {}
    # The index must still know our fact, or this would make it a version once more.
    world.ledger.files.clear()
    assert world.deliver(ours) == {}
    assert len(world.commits()) == 1
    assert world.deliver(theirs) == {}
    assert [row["ticket_id"] for row in world.history()] == [1, 2]


def test_both_of_two_workers_with_the_same_file_end_well() -> None:
    world = World()
    key = world.land([ticket(1, 10)])
    world.lake.meanwhile = lambda: world.send(object_created(key))
    assert world.deliver(key) == {}
    assert len(world.commits()) == 1
    assert world.timeline() == [("printer", 10, None)]


def test_a_mapping_that_changed_under_the_same_version_is_refused() -> None:
    world = World()
    world.take([ticket(1, 10)])
    world.mappings = World(changed(1, CITY)).mappings
    failures = world.deliver(world.land([ticket(1, 20)]))
    assert str(failures["0"]) == (
        "mappings/tickets.json: version: the mapping changed but its version is still 1; raise it"
    )


@pytest.mark.parametrize("rebuilds", [False, True])
def test_a_version_that_came_before_never_means_something_else(rebuilds: bool) -> None:
    """Facts of it would be taken for what they are not; going back to what it meant is no harm."""
    world = World()
    world.take([ticket(1, 10, city="Graz"), ticket(2, 10, city="Graz")])
    world.mappings = World(changed(2, CITY)).mappings
    if rebuilds:
        assert world.rebuild() == {}
    world.take([ticket(1, 20, city="Graz")])
    world.mappings = World(changed(1, CITY)).mappings
    again = world.land([ticket(2, 20, city="Graz")])
    assert "its version is again 1; raise it" in str(world.deliver(again)["0"])
    world.mappings = World().mappings
    assert world.deliver(again) == {}
    assert world.timeline() == [("printer", 10, None), ("printer", 10, None)]


def test_a_key_cannot_change() -> None:
    world = World()
    world.take([ticket(1, 10)])
    key = {"name": "ticket_id", "type": "integer", "from": "id"}
    world.mappings = World(changed(2, key)).mappings
    failures = world.deliver(world.land([ticket(1, 20)]))
    assert "key: it was ticket_id and cannot change" in str(failures["0"])


def test_what_a_key_is_made_of_cannot_change() -> None:
    """Facts would go to records of which not all facts are at hand, and those would be lost."""
    world = World()
    world.take([ticket(3, 10, other=9), ticket(9, 10, other=9)])
    other = {"name": "ticket_id", "type": "bigint", "from": "other"}
    world.mappings = World(changed(2, other)).mappings
    before = world.commits()
    failures = world.deliver(world.land([ticket(5, 20, other=3)]))
    assert isinstance(failures["0"], MappingError)
    assert "mappings/tickets.json: key: version 2 makes other records" in str(failures["0"])
    assert world.commits() == before


def test_a_key_may_be_made_of_another_field_that_says_the_same() -> None:
    world = World()
    world.take([ticket(3, 10, other=3)])
    other = {"name": "ticket_id", "type": "bigint", "from": "other"}
    world.mappings = World(changed(2, other)).mappings
    world.take([ticket(None, 20, summary="b", other=3)])
    assert world.timeline() == [("printer", 10, 20), ("b", 20, None)]


def test_a_new_column_of_an_old_field_makes_no_version() -> None:
    """R6, R10: old facts of a touched key are mapped again, in place."""
    world = World()
    world.take([ticket(1, 10, city="Graz"), ticket(2, 10, city="Linz")])
    world.mappings = World(changed(2, CITY)).mappings
    commit = world.take([ticket(1, 20, city="Graz")])
    assert world.timeline("city")[:1] == [("Graz", 10, None)]
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.replaced) == (0, 1)


def test_a_column_that_a_mapping_drops_goes_with_the_next_change_of_a_record() -> None:
    """docs/warehouse.md; records that nobody changes keep what they had."""
    world = World(changed(1, CITY))
    world.take([ticket(1, 10, city="Graz"), ticket(2, 10, city="Linz")])
    world.take([ticket(1, 20, city="Wien")])
    world.mappings = World(changed(2)).mappings
    world.take([ticket(1, 30, summary="b", city="Wien")])
    assert world.timeline() == [("printer", 10, 30), ("b", 30, None), ("printer", 10, None)]
    assert [city for city, *_ in world.timeline("city")] == [None, None, "Linz"]


def test_deletes_stay_deletes_under_a_new_mapping() -> None:
    """Without lastUpdated a row of ids alone would do for a record."""
    world = World(TIMELESS)
    world.take([ticket(1, None)], upper=10)
    world.lose((1, 20))
    world.mappings = World(changed(2, CITY, updated_at=None)).mappings
    world.take([ticket(1, None)], upper=30, run_id="run-3")
    assert world.timeline() == [("printer", 10, 20), ("printer", 30, None)]


def test_old_facts_are_mapped_again_once() -> None:
    world = World()
    key = world.land([ticket(1, 10, city="Graz")])
    world.deliver(key)
    world.mappings = World(changed(2, CITY)).mappings
    for _ in range(2):
        world.ledger.files.clear()
        world.deliver(key)
    assert [commit.mapping_version for commit in world.commits()] == [1, 2]


def test_a_mapping_that_cannot_take_an_old_row_keeps_what_was() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a long summary")])
    narrow = {"name": "summary", "type": "varchar(5)", "from": "summary"}
    world.mappings = World(changed(2, narrow)).mappings
    world.take([ticket(1, 20, summary="b")])
    world.ledger.files.clear()
    assert world.timeline() == [("a long summary", 10, 20), ("b", 20, None)]


def test_a_version_that_no_mapping_can_show_any_more_is_an_error() -> None:
    world = World()
    world.take([ticket(1, 10, summary="long"), ticket(1, 20, summary="long")])
    narrow = {"name": "summary", "type": "varchar(3)", "from": "summary"}
    world.mappings = World(changed(2, narrow)).mappings
    failures = world.deliver(world.land([ticket(1, 15, summary="b")]))
    assert "version 2 of the mapping cannot take rows that an older one took" in str(failures["0"])


def test_an_index_of_another_release_is_not_touched() -> None:
    world = World()
    world.take([ticket(1, 10)])
    key = commit_key(TENANT, "tickets", 1)
    world.lake.objects[key] = world.lake.objects[key].replace(b'"format":3', b'"format":2')
    failures = world.deliver(world.land([ticket(1, 20)]))
    assert isinstance(failures["0"], Terminal)
    assert "was not written by this release" in str(failures["0"])


def test_history_breaking_its_invariants_is_never_committed() -> None:
    world = World()
    key = world.land([ticket(1, 10)])
    with patch("cwp_transformer.history.versions", _doubled_versions):
        failures = world.deliver(key)
    assert "history breaks its invariants (scd2.md): {'I1': 1" in str(failures["0"])
    assert world.commits() == []


def _doubled_versions(*arguments: Any) -> pa.Table:
    return pa.concat_tables([versions(*arguments)] * 2)
