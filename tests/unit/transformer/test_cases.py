"""The 15 cases of scd2.md section 3."""

from datetime import UTC

import pytest

from cwp_shared.mapping import Column, Mapping
from cwp_shared.mapping_files import Mappings
from tests.unit.transformer.fakes import (
    TENANT,
    TICKETS,
    TIMELESS,
    World,
    absences_body,
    moment,
    ticket,
)

#: Upper bound and id of a run, and window, page and row in it: o.
Place = tuple[int, str, tuple[int, int, int]]


def test_same_batch_twice_is_one_row() -> None:
    world = World()
    rows = [ticket(1, 10)]
    first = world.take(rows)
    world.take(rows)
    assert world.timeline() == [("printer", 10, None)]
    assert world.commits() == [first]


def test_identical_row_twice_in_a_batch_is_one_current() -> None:
    world = World()
    world.take([ticket(1, 10), ticket(1, 10)])
    assert world.timeline() == [("printer", 10, None)]


def test_two_versions_of_a_key_in_a_batch_are_two_rows_one_current() -> None:
    world = World()
    world.take([ticket(1, 20, summary="b"), ticket(1, 10, summary="a")])
    assert world.timeline() == [("a", 10, 20), ("b", 20, None)]


def test_two_versions_of_a_known_key_close_it_at_the_earlier() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")])
    world.take([ticket(1, 30, summary="c"), ticket(1, 20, summary="b")])
    assert world.timeline() == [("a", 10, 20), ("b", 20, 30), ("c", 30, None)]


def test_late_record_lands_in_the_past_and_current_stays() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")])
    world.take([ticket(1, 30, summary="c")])
    commit = world.take([ticket(1, 20, summary="b")])
    assert world.timeline() == [("a", 10, 20), ("b", 20, 30), ("c", 30, None)]
    assert commit.tally.late == 1
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.closed) == (1, 1)


def test_late_record_before_the_first() -> None:
    world = World()
    world.take([ticket(1, 20, summary="b")])
    world.take([ticket(1, 10, summary="a")])
    assert world.timeline() == [("a", 10, 20), ("b", 20, None)]


def test_same_second_with_other_content_is_replaced_in_place() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")], run_id="run-1")
    (old,) = world.history()
    commit = world.take([ticket(1, 10, summary="b")], run_id="run-2")
    (new,) = world.history()
    assert (new["summary"], new["sk"], new["effective_to"]) == ("b", old["sk"], None)
    assert commit.tally.same_second == 1
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.replaced) == (0, 1)


def test_an_ignored_column_is_replaced_with_its_second() -> None:
    world = World()
    world.take([ticket(1, 10, _info__updatedBy="ann")], run_id="run-1")
    commit = world.take([ticket(1, 10, _info__updatedBy="bob")], run_id="run-2")
    assert world.timeline("updated_by") == [("bob", 10, None)]
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.replaced) == (0, 1)


def test_late_and_replaced_records_of_one_file_are_counted_apart() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(1, 30, summary="c")])
    rows = [ticket(1, 20, summary="b"), ticket(1, 30, summary="d")]
    commit = world.take(rows, run_id="run-2")
    assert world.timeline() == [("a", 10, 20), ("b", 20, 30), ("d", 30, None)]
    assert (commit.tally.added, commit.tally.late, commit.tally.same_second) == (2, 1, 1)


def test_same_second_seen_earlier_but_delivered_later_does_not_count() -> None:
    world = World()
    world.take([ticket(1, 10, summary="b")], run_id="run-2", upper=200)
    world.take([ticket(1, 10, summary="a")], run_id="run-1", upper=100)
    assert world.timeline() == [("b", 10, None)]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ((20, "run-2", (9, 9, 9)), (30, "run-1", (0, 0, 0))),
        ((20, "run-1", (9, 9, 9)), (20, "run-2", (0, 0, 0))),
        ((20, "run-1", (0, 9, 9)), (20, "run-1", (1, 0, 0))),
        ((20, "run-1", (0, 0, 9)), (20, "run-1", (0, 1, 0))),
        ((20, "run-1", (0, 1, 0)), (20, "run-1", (0, 1, 1))),
    ],
    ids=["upper bound", "run", "window", "page", "row"],
)
def test_of_one_second_what_was_seen_last_counts(earlier: Place, later: Place) -> None:
    """R6: by o, that is by upper bound, run, window, page and row, whatever came when."""
    rows = {earlier: ticket(1, 10, summary="a"), later: ticket(1, 10, summary="b")}
    for order in ((earlier, later), (later, earlier)):
        world = World()
        for upper, run_id, place in order:
            row = rows[upper, run_id, place]
            world.take([row], upper=upper, run_id=run_id, places=[place])
        assert world.timeline() == [("b", 10, None)]


def test_two_contents_at_one_place_do_not_depend_on_which_came_first() -> None:
    """That cannot be; if it is all the same, history is one nevertheless."""
    told = []
    for order in ("ab", "ba"):
        world = World()
        for summary in order:
            world.take([ticket(1, 10, summary=summary)])
        told.append(world.timeline())
    assert told[0] == told[1]


def test_null_to_empty_is_a_change() -> None:
    world = World()
    world.take([ticket(1, 10, summary=None)])
    world.take([ticket(1, 20, summary="")])
    assert world.timeline() == [(None, 10, 20), ("", 20, None)]


def test_only_last_updated_moved_is_no_version() -> None:
    world = World()
    world.take([ticket(1, 10, _info__updatedBy="ann")])
    commit = world.take([ticket(1, 20, _info__updatedBy="bob")])
    assert world.timeline("updated_by") == [("ann", 10, None)]
    assert (commit.revision, commit.sequence, commit.canonical) == (2, 1, None)


def test_a_b_a_is_three_versions() -> None:
    world = World()
    for second, summary in ((10, "a"), (20, "b"), (30, "a")):
        world.take([ticket(1, second, summary=summary)])
    assert world.timeline() == [("a", 10, 20), ("b", 20, 30), ("a", 30, None)]


def test_new_column_costs_no_version_where_it_is_null_and_keeps_the_value_where_it_is_not() -> None:
    world = World()
    world.take([ticket(1, 10), ticket(2, 10)])
    world.take([ticket(1, 20, budgetHours=None), ticket(2, 20, budgetHours=2.5)])
    assert [(str(v), f) for v, f, _ in world.timeline("budget_hours")] == [
        ("None", 10),
        ("None", 10),
        ("2.5000", 20),
    ]


def test_nested_key_order_is_no_version() -> None:
    world = World()
    world.take([ticket(1, 10, customFields='[{"id": 1, "value": "x"}]')])
    world.take([ticket(1, 20, customFields='[{"value":"x","id":1}]')])
    assert world.timeline("custom_fields") == [('[{"id":1,"value":"x"}]', 10, None)]


def test_compound_keys_do_not_run_together() -> None:
    columns = [
        {"name": "first", "type": "varchar(20)", "from": "siteName"},
        {"name": "ticket_id", "type": "varchar(20)", "from": "city"},
        {"name": "summary", "type": "varchar(20)", "from": "summary"},
    ]
    shape = {"table": "tickets", "source": "service_tickets", "version": 1}
    mapping = Mapping.model_validate(
        shape
        | {"key": ["first", "ticket_id"], "updated_at": "_info/lastUpdated", "columns": columns}
    )
    world = World(mapping)
    world.take([ticket(None, 10, siteName="a", city="bc", summary="one")])
    world.take([ticket(None, 20, siteName="ab", city="c", summary="two")])
    assert sorted(world.timeline()) == [("one", 10, None), ("two", 20, None)]


def test_replay_of_an_old_batch_after_a_newer_one_changes_nothing() -> None:
    world = World()
    old = world.land([ticket(1, 10, summary="a")])
    world.deliver(old)
    world.take([ticket(1, 20, summary="b")])
    before = world.commits()
    world.deliver(old)
    world.ledger.lose()
    world.deliver(old)
    assert world.commits() == before
    assert world.timeline() == [("a", 10, 20), ("b", 20, None)]


def test_an_empty_full_extract_deletes_nothing() -> None:
    """R11. Ids that a sweep lists none of are held by the guard (tests/integration/writer)."""
    world = World()
    world.take([ticket(1, 10), ticket(2, 10)], upper=20)
    before = world.history()
    assert world.deliver(world.land([], upper=30, run_id="run-2")) == {}
    assert world.history() == before
    assert [row["is_current"] for row in before] == [True, True]


def test_a_key_may_be_text() -> None:
    world = World(TICKETS.model_copy(update={"columns": (_TEXT_KEY, *TICKETS.columns[1:])}))
    for second, number, summary in ((10, "T-1", "a"), (20, "T-2", "b"), (30, "T-1", "c")):
        world.take([ticket(None, second, siteName=number, summary=summary)])
    world.take([ticket(None, 15, siteName="T-2", summary="late")])
    assert world.timeline() == [("a", 10, 30), ("c", 30, None), ("late", 15, 20), ("b", 20, None)]
    assert len({row["sk"] for row in world.history()}) == 4


_TEXT_KEY = Column.model_validate({"name": "ticket_id", "type": "varchar(20)", "from": "siteName"})


def test_a_run_is_split_by_a_late_other_and_its_inside_opens_from_its_own_raw_row() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a", _info__updatedBy="ann")])
    world.take([ticket(1, 50, summary="a", _info__updatedBy="bob")])
    world.take([ticket(1, 30, summary="b", _info__updatedBy="cat")])
    assert world.timeline("updated_by") == [("ann", 10, 30), ("cat", 30, 50), ("bob", 50, None)]


def test_versions_made_one_by_a_replacement_are_removed() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(1, 20, summary="b")], run_id="run-1")
    commit = world.take([ticket(1, 20, summary="a")], run_id="run-2")
    assert world.timeline() == [("a", 10, None)]
    assert commit.canonical
    assert (commit.canonical.removed, commit.canonical.closed) == (1, 1)
    assert commit.totals.versions == 1


def test_first_version_begins_at_creation_and_its_surrogate_key_does_not() -> None:
    world = World()
    world.take([ticket(1, 20, summary="b", _info__dateEntered="2026-01-01T00:00:05Z")])
    (first,) = world.history()
    world.take([ticket(1, 10, summary="a", _info__dateEntered="2026-01-01T00:00:05Z")])
    assert world.timeline() == [("a", 5, 20), ("b", 20, None)]
    assert world.history()[1]["sk"] == first["sk"]


def test_system_columns_say_how_a_row_is_known() -> None:
    """R1; a version that is closed later keeps those that it was opened with."""
    world = World()
    world.take([ticket(1, 10, summary="a")], run_id="run-1")
    world.mappings = Mappings((TICKETS.model_copy(update={"version": 2}),))
    world.take([ticket(1, 20, summary="b")], run_id="run-2")
    rows, commits = world.history(), world.commits()
    known = [(row["run_id"], row["mapping_version"], row["sequence"]) for row in rows]
    assert known == [("run-1", 1, 1), ("run-2", 2, 2)]
    written = [row["recorded_at"].replace(tzinfo=UTC) for row in rows]
    assert written[0] < commits[0].committed_at < written[1] < commits[1].committed_at
    assert {row["tenant_id"] for row in rows} == {TENANT}


def test_mapping_of_tests_is_a_valid_mapping() -> None:
    assert TICKETS.key_columns[0].name == "ticket_id"


def test_deletion_closes_what_was_open_and_adds_no_row() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(2, 10)], upper=20)
    commit = world.lose((1, 30))
    (gone, kept) = world.history()
    assert (gone["is_current"], gone["is_deleted"]) == (False, True)
    assert world.timeline()[0] == ("a", 10, 30)
    assert (kept["is_current"], kept["is_deleted"]) == (True, False)
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.closed) == (0, 1)


def test_reappearance_opens_a_new_version_when_the_first_later_run_saw_it() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")], upper=20)
    world.lose((1, 30))
    world.take([ticket(1, 10, summary="a")], upper=50, run_id="run-5")
    world.take([ticket(1, 10, summary="a")], upper=40, run_id="run-4")
    assert world.timeline() == [("a", 10, 30), ("a", 40, None)]
    assert [row["source_updated_at"] for row in world.history()] == [moment(10), moment(10)]


def test_what_came_back_says_when_it_was_changed_last_even_if_it_is_the_same() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")], upper=20)
    world.lose((1, 30))
    world.take([ticket(1, 10, summary="a")], upper=40, run_id="run-4")
    commit = world.take([ticket(1, 25, summary="a")], upper=40, run_id="run-4")
    assert world.timeline() == [("a", 10, 30), ("a", 40, None)]
    assert [row["source_updated_at"] for row in world.history()] == [moment(10), moment(25)]
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.replaced) == (0, 1)


def test_a_row_seen_before_its_deletion_but_delivered_after_is_plain_history() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")], upper=12)
    world.lose((1, 30))
    world.take([ticket(1, 20, summary="b")], upper=25, run_id="run-2")
    assert world.timeline() == [("a", 10, 20), ("b", 20, 30)]


def test_a_change_after_the_deletion_opens_at_its_own_time() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a")], upper=12)
    world.lose((1, 30))
    world.take([ticket(1, 35, summary="a")], upper=40, run_id="run-2")
    assert world.timeline() == [("a", 10, 30), ("a", 35, None)]


def test_deleting_again_or_what_nobody_knows_changes_nothing() -> None:
    world = World()
    world.take([ticket(1, 10)], upper=20)
    world.lose((1, 30))
    before = world.history()
    world.lose((1, 30), run_id="run-2")
    world.lose((9, 30))
    assert world.history() == before


def test_a_mapping_whose_key_is_no_id_cannot_take_deletes() -> None:
    named = TICKETS.model_copy(update={"key": ("summary",)})
    world = World(named)
    failures = world.deliver(world.land(absences_body([(1, 30)])))
    assert "mappings/tickets.json: key" in str(failures["0"])


def test_an_overwritten_column_shows_its_newest_value_in_every_version_and_makes_none() -> None:
    world = World()
    world.take([ticket(1, 10, summary="a", poNumber="p"), ticket(2, 10, poNumber="z")])
    world.take([ticket(1, 20, summary="b", poNumber="q")])
    assert world.timeline("po_number") == [("q", 10, 20), ("q", 20, None), ("z", 10, None)]
    commit = world.take([ticket(1, 30, summary="b", poNumber=None)])
    assert world.timeline("po_number")[:2] == [(None, 10, 20), (None, 20, None)]
    assert commit.canonical
    assert (commit.canonical.opened, commit.canonical.replaced) == (0, 2)


def test_a_late_record_does_not_overwrite_and_shows_the_newest_value_itself() -> None:
    world = World()
    world.take([ticket(1, 20, summary="b", poNumber="new")])
    world.take([ticket(1, 10, summary="a", poNumber="old")])
    assert world.timeline("po_number") == [("new", 10, 20), ("new", 20, None)]


def test_without_last_updated_a_record_is_as_of_the_run_that_saw_it() -> None:
    world = World(TIMELESS)
    world.take([ticket(1, None, summary="a")], upper=10, run_id="run-1")
    world.take([ticket(1, None, summary="b")], upper=30, run_id="run-3")
    assert world.timeline() == [("a", 10, 30), ("b", 30, None)]


def test_without_last_updated_an_equal_record_is_no_version_whenever_it_comes() -> None:
    world = World(TIMELESS)
    for upper in (10, 30, 20):
        commit = world.take([ticket(1, None, summary="a")], upper=upper, run_id=f"run-{upper}")
    assert commit.canonical is None
    assert world.timeline() == [("a", 10, None)]
    # What lies inside the run is not forgotten: it was seen again after this one.
    world.take([ticket(1, None, summary="b")], upper=25, run_id="run-25")
    assert world.timeline() == [("a", 10, 25), ("b", 25, 30), ("a", 30, None)]


def test_without_last_updated_a_deleted_record_comes_back_when_it_is_seen_again() -> None:
    world = World(TIMELESS)
    world.take([ticket(1, None)], upper=10, run_id="run-1")
    world.lose((1, 20))
    world.take([ticket(1, None)], upper=30, run_id="run-3")
    assert world.timeline() == [("printer", 10, 20), ("printer", 30, None)]
