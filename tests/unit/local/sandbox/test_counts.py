"""Counts that are made from remembered ones are what counting anew gives, whatever was written."""

import shutil
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.sandbox import counts
from cwp_local.sandbox.counts import Counts
from cwp_local.sandbox.filters import Filters
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import COMPANIES, TICKETS, Table
from tests.unit.local.sandbox.made_up import ROWS_PER_TABLE, made_up_store

CONDITIONS = (
    "",
    "closedFlag = true",
    "lastUpdated > [2000-01-01] and lastUpdated <= [2026-06-01]",
    "lastUpdated > [2000-01-01] and id <= 100",
    "not id > 50",
)
HIGHEST = 3 * ROWS_PER_TABLE + 5


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made_up") / "company.sqlite"
    made_up_store(path).close()
    return path


@pytest.fixture
def store(made_up: Path, tmp_path: Path) -> Iterator[Store]:
    with closing(Store(Path(shutil.copy(made_up, tmp_path)))) as store:
        yield store


def search(text: str, after: int = 0, table: Table = TICKETS) -> Search:
    return Filters(text).search(table).beyond(after)


def counted_anew(store: Store, table: Table, sought: Search) -> int:
    with store._reading() as session:
        return Counts().count(session, table, sought)


counting = st.tuples(st.just("count"), st.sampled_from(CONDITIONS), st.integers(0, HIGHEST))
writing = st.tuples(
    st.sampled_from(["add", "change", "delete", "give up"]),
    st.just(""),
    st.integers(0, ROWS_PER_TABLE),
)


class GivenUpError(Exception):
    """The end of a transaction that shall not count."""


def write(store: Store, what: str, number: int) -> None:
    with store.writing() as rows:
        ids = rows.ids(TICKETS, Search().where)
        chosen = ids[number % len(ids)]
        row = rows.get(TICKETS, chosen)
        assert row is not None
        if what == "add":
            rows.insert(TICKETS, {**row, "id": rows.next_id(TICKETS)})
        elif what == "change":
            info = {**row["_info"], "lastUpdated": "2026-11-23T09:00:00Z"}
            rows.replace(TICKETS, {"id": chosen, "_info": info})
        else:
            rows.delete(TICKETS, chosen)
        if what == "give up":
            raise GivenUpError


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.one_of(counting, counting, writing), max_size=25))
def test_a_count_is_never_of_rows_that_were(
    made_up: Path, steps: list[tuple[str, str, int]]
) -> None:
    with (
        TemporaryDirectory() as directory,
        closing(Store(Path(shutil.copy(made_up, directory)))) as store,
    ):
        for what, text, number in steps:
            if what == "count":
                sought = search(text, number)
                with store.writing() as rows:
                    expected = rows.count(TICKETS, sought.where)
                assert store.count(TICKETS, sought) == expected
            else:
                with suppress(GivenUpError):
                    write(store, what, number)


def test_a_reader_of_an_earlier_state_counts_what_it_sees(store: Store) -> None:
    sought, remembered = search("closedFlag != null"), Counts()
    with store._reading() as earlier:
        first = remembered.count(earlier, TICKETS, sought)
        with store.writing() as rows:
            gone = rows.ids(TICKETS, sought.where)[0]
            rows.delete(TICKETS, gone)
        with store._reading() as later:
            assert remembered.count(later, TICKETS, sought) == first - 1
        assert remembered.count(earlier, TICKETS, sought) == first
        with store._reading() as later:
            assert remembered.count(later, TICKETS, sought.beyond(gone)) == first - 1


def test_tables_do_not_share_counts(store: Store) -> None:
    with store.writing() as rows:
        rows.delete(COMPANIES, rows.ids(COMPANIES, Search().where)[0])
    found = [store.count(table, search("id != 0", 0, table)) for table in (TICKETS, COMPANIES)]
    assert found == [ROWS_PER_TABLE, ROWS_PER_TABLE - 1]


def test_pages_of_a_walk_count_only_what_lies_between(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also from page to page by number, where nothing lies between."""
    passed: list[Search] = []
    counted = counts._counted

    def watched(connection: object, table: Table, sought: Search) -> int:
        passed.append(sought)
        return counted(connection, table, sought)  # type: ignore[arg-type]

    monkeypatch.setattr(counts, "_counted", watched)
    for after in (0, 10, 25, 25, 20):
        store.count(TICKETS, search("closedFlag != null", after))
    assert [each.after for each in passed] == [0, 0, 10, 25, 20]
    assert [each.rest.values for each in passed] == [(), (10,), (25,), (25,), (25,)]


def test_only_so_many_are_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counts, "_MOST_REMEMBERED", 2)
    monkeypatch.setattr(counts, "_MOST_IDS", 3)
    for number in range(5):
        for after in (50, 10, 40, 0, 20, 30):
            store.count(TICKETS, search(f"id != {number}", after))
    assert len(store._counts._known) == 2
    assert all(len(known.rows) <= 3 for known in store._counts._known.values())
