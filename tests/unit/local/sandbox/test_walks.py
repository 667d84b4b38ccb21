"""Walking a collection page by page, by each of the three ways that clients know.

On a still set every way gives each row once. While rows come, change and go, a walk by keyset
still gives each row that nobody touched exactly once; a walk by page numbers loses some
(connectwise-api.md 2.3).
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cwp_local.sandbox import reading
from cwp_local.sandbox.calls import Call
from cwp_local.sandbox.company import Company
from cwp_local.sandbox.conditions import EVERY_ROW
from cwp_local.sandbox.store import Store
from cwp_local.sandbox.tables import TABLES, TICKETS, Table
from tests.unit.local.sandbox.conditions.plain import Condition
from tests.unit.local.sandbox.conditions.questions import conditions, row_fields
from tests.unit.local.sandbox.made_up import (
    ROWS_PER_TABLE,
    Row,
    made_up_rows,
    made_up_store,
    open_made_up,
)

#: Gives the ids of the next page; none after the last.
Walk = Iterator[list[int]]
ROWS = list(made_up_rows())
MOST_PAGES = 5 * ROWS_PER_TABLE
FORWARD = {"pagination-type": "forward-only"}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("made_up") / "company.sqlite"
    made_up_store(path).close()
    return path


@pytest.fixture(scope="module")
def company(made_up: Path) -> Iterator[Company]:
    with closing(open_made_up(made_up)) as company:
        yield company


def page(
    company: Company, table: Table, query: str, headers: dict[str, str] | None = None
) -> tuple[list[int], str]:
    """The ids of a page, and the query of the next one, as the Link header has it."""
    answer = reading.list_rows(company, table, Call("GET", "/x", query, headers or {}))
    found = re.search('<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
    return [row["id"] for row in json.loads(answer.body)], urlsplit(found[1]).query if found else ""


def by_keyset(company: Company, table: Table, text: str, size: int) -> Walk:
    """Ids greater than the last one seen, until a page is empty."""
    after = 0
    for _ in range(MOST_PAGES):
        asked = {"conditions": f"({text}) and id > {after}", "orderBy": "id asc", "page": 1}
        ids, _ = page(company, table, urlencode({**asked, "pageSize": size}))
        if not ids:
            return
        yield ids
        after = ids[-1]
    pytest.fail("the walk has no end")


def by_links(
    company: Company, table: Table, query: str, headers: dict[str, str] | None = None
) -> Walk:
    """From link to link, until there is none."""
    for _ in range(MOST_PAGES):
        ids, query = page(company, table, query, headers)
        yield ids
        if not query:
            return
    pytest.fail("the walk has no end")


def by_number(company: Company, table: Table, text: str, size: int) -> Walk:
    return by_links(company, table, urlencode({"conditions": text, "pageSize": size}))


def forward(company: Company, table: Table, text: str, size: int) -> Walk:
    return by_links(company, table, urlencode({"conditions": text, "pageSize": size}), FORWARD)


def ids_of(walk: Walk) -> list[int]:
    return [row_id for ids in walk for row_id in ids]


@st.composite
def questions(draw: st.DrawFn) -> tuple[Table, Condition]:
    table = draw(st.sampled_from(list(TABLES.values())))
    everything = Condition("id > 0", lambda _: True)
    return table, draw(st.one_of(st.just(everything), conditions(row_fields(table))))


@pytest.mark.parametrize("way", [by_keyset, by_number, forward])
@settings(max_examples=30, deadline=None)
@given(question=questions(), size=st.integers(1, ROWS_PER_TABLE + 5))
def test_each_row_once_on_a_still_set(
    company: Company,
    way: Callable[[Company, Table, str, int], Walk],
    question: tuple[Table, Condition],
    size: int,
) -> None:
    table, condition = question
    pages = list(way(company, table, condition.text, size))
    assert all(len(ids) <= size for ids in pages)
    assert [row_id for ids in pages for row_id in ids] == [
        row["id"] for owner, row in ROWS if owner is table and condition.holds(row)
    ]


@settings(max_examples=30, deadline=None)
@given(question=questions(), size=st.integers(1, ROWS_PER_TABLE), data=st.data())
def test_each_row_once_in_any_order(
    company: Company, question: tuple[Table, Condition], size: int, data: st.DataObject
) -> None:
    """Order is total, so that pages neither share nor lose rows that are equal in it."""
    table, condition = question
    field = data.draw(st.sampled_from(row_fields(table)))
    asked = {"conditions": condition.text, "orderBy": f"{field.name} desc", "pageSize": size}
    found = ids_of(by_links(company, table, urlencode(asked)))
    assert sorted(found) == ids_of(by_keyset(company, table, condition.text, 1000))


#: What happens after each of the first pages of a walk.
happenings = st.lists(
    st.lists(
        st.tuples(st.sampled_from(["add", "change", "delete"]), st.integers(0, 999)), max_size=4
    ),
    max_size=10,
)


def play(store: Store, table: Table, what: str, number: int) -> int:
    """Add a row, or change or delete one chosen by `number`; gives its id."""
    with store.writing() as writing:
        ids = writing.ids(table, EVERY_ROW)
        chosen = ids[number % len(ids)]
        row: Row | None = writing.get(table, chosen)
        assert row is not None
        if what == "add":
            chosen = writing.next_id(table)
            writing.insert(table, {**row, "id": chosen})
        elif what == "change":
            info = {**row["_info"], "lastUpdated": "2026-11-23T09:00:00Z"}
            writing.replace(table, {"id": chosen, "_info": info})
        else:
            writing.delete(table, chosen)
    return chosen


@settings(max_examples=30, deadline=None)
@given(question=questions(), size=st.integers(1, 25), happening=happenings)
@pytest.mark.parametrize("way", [by_keyset, forward])
def test_rows_that_nobody_touches_come_once_by_keyset_while_others_move(
    made_up: Path,
    way: Callable[[Company, Table, str, int], Walk],
    question: tuple[Table, Condition],
    size: int,
    happening: list[list[tuple[str, int]]],
) -> None:
    table, condition = question
    happens = iter(happening)
    found, touched = [], set()
    with TemporaryDirectory() as directory, closing(copied(made_up, Path(directory))) as company:
        for ids in way(company, table, condition.text, size):
            found += ids
            for what, number in next(happens, ()):
                touched.add(play(company.store, table, what, number))
    assert found == sorted(set(found))
    assert [row_id for row_id in found if row_id not in touched] == [
        row["id"]
        for owner, row in ROWS
        if owner is table and condition.holds(row) and row["id"] not in touched
    ]


def copied(path: Path, directory: Path) -> Company:
    return open_made_up(Path(shutil.copy(path, directory)))


@pytest.mark.parametrize(("way", "lost"), [(by_number, 1), (by_keyset, 0), (forward, 0)])
def test_page_numbers_lose_a_row_when_one_before_it_goes(
    made_up: Path,
    tmp_path: Path,
    way: Callable[[Company, Table, str, int], Walk],
    lost: int,
) -> None:
    """The 11th row moves to the first page, which has been read, as the 1st is deleted."""
    everything = [row["id"] for owner, row in ROWS if owner is TICKETS]
    with closing(copied(made_up, tmp_path)) as company:
        walk = way(company, TICKETS, "id > 0", 10)
        found = next(walk)
        assert play(company.store, TICKETS, "delete", 0) == everything[0]
        found += ids_of(walk)
    assert sorted(set(everything) - set(found)) == everything[10 : 10 + lost]


def test_page_numbers_repeat_a_row_when_one_comes_before_it(made_up: Path, tmp_path: Path) -> None:
    """Newest first, as many clients ask: each new row pushes one that was read to the next page."""
    with closing(copied(made_up, tmp_path)) as company:
        asked = {"orderBy": "id desc", "pageSize": 10}
        walk = by_links(company, TICKETS, urlencode(asked))
        found = next(walk)
        play(company.store, TICKETS, "add", 0)
        found += ids_of(walk)
    assert [row_id for row_id in set(found) if found.count(row_id) > 1] == [found[9]]
