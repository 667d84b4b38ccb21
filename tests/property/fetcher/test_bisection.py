"""A bad record costs one record (connectwise-api.md 4 and 11): whatever rows are bad."""

import json
from math import ceil, log2

from hypothesis import given
from hypothesis import strategies as st

from cwp_fetcher.bisection import HIGHEST_ID, BadRow, Bisection, lowest_id
from cwp_fetcher.rows import Rows
from cwp_shared.connectwise.failures import ServerFault


class Service:
    """Rows by keyset; a page with a bad one is refused. Every request is counted."""

    def __init__(self, ids: set[int], bad: set[int]) -> None:
        self.ids, self.bad = ids, bad
        self.reads = self.finds = self.counts = 0

    def read(self, after_id: int, size: int) -> Rows:
        self.reads += 1
        page = sorted(id_ for id_ in self.ids if id_ > after_id)[:size]
        if self.bad & set(page):
            raise ServerFault("HTTP 500", timed_out=False)
        return Rows(json.dumps(page).encode(), page)

    def find(self, after_id: int) -> int | None:
        self.finds += 1
        return min((id_ for id_ in self.ids if id_ > after_id), default=None)

    def count(self, low: int, high: int) -> int:
        self.counts += 1
        return sum(low < id_ <= high for id_ in self.ids)


IDS = st.sets(st.integers(1, 3000), min_size=1, max_size=200)


@given(st.data(), IDS)
def test_every_row_is_given_or_named_as_bad_exactly_once_and_in_order(
    data: st.DataObject, ids: set[int]
) -> None:
    bad = data.draw(st.sets(st.sampled_from(sorted(ids)), min_size=1))
    after = data.draw(st.integers(0, max(bad) - 1))
    window = sorted(id_ for id_ in ids if id_ > after)
    # The page that was asked for ends at a bad row or behind it.
    first_bad = next(n for n, id_ in enumerate(window, 1) if id_ in bad)
    size = data.draw(st.integers(first_bad, len(window) + 10))
    service = Service(ids, bad)
    seen, set_aside = [], []
    for found in Bisection(service.read, service.find, after, size):
        if isinstance(found, BadRow):
            set_aside.append(found.id)
            seen.append(found.id)
        else:
            seen += found.ids
    page = window[:size]
    assert seen == page
    assert set_aside == [id_ for id_ in page if id_ in bad]
    assert service.finds == len(set_aside)
    assert service.reads <= len(set_aside) * (2 * ceil(log2(size)) + 3) + 2


def test_what_is_left_of_a_bad_piece_is_not_asked_as_a_whole_again() -> None:
    service = Service(set(range(1, 65)), {64})
    list(Bisection(service.read, service.find, 0, 64))
    # Six good halves, the bad row, and the bad row once more.
    assert service.reads == 8


@given(IDS, st.integers(2, 200))
def test_a_row_that_was_bad_for_a_moment_only_is_given(ids: set[int], size: int) -> None:
    service = Service(ids, set())
    found = list(Bisection(service.read, service.find, 0, size))
    assert all(isinstance(one, Rows) for one in found)
    rows = [id_ for one in found if isinstance(one, Rows) for id_ in one.ids]
    assert rows == sorted(ids)[: len(rows)]
    assert len(rows) == min(size, len(ids))


@given(st.data(), IDS)
def test_an_interruption_leaves_a_whole_beginning_and_a_smaller_search(
    data: st.DataObject, ids: set[int]
) -> None:
    bad = data.draw(st.sets(st.sampled_from(sorted(ids)), min_size=1))
    service = Service(ids, bad)
    allowed = data.draw(st.integers(0, 30))

    class Enough(Exception):
        pass

    def read(after_id: int, size: int) -> Rows:
        if service.reads >= allowed:
            raise Enough
        return service.read(after_id, size)

    bisection = Bisection(read, service.find, 0, len(ids))
    seen: list[int] = []
    try:
        for found in bisection:
            seen += [found.id] if isinstance(found, BadRow) else found.ids
    except Enough:
        if not seen:
            assert bad & set(sorted(ids)[: bisection.narrowest])
            assert bisection.narrowest <= max(1, ceil(len(ids) / 2**allowed))
    assert seen == sorted(ids)[: len(seen)]


@given(st.sets(st.integers(1, HIGHEST_ID), max_size=20), st.data())
def test_the_lowest_id_by_counts_alone(ids: set[int], data: st.DataObject) -> None:
    after = data.draw(st.integers(0, HIGHEST_ID - 1))
    high = data.draw(st.integers(after + 1, HIGHEST_ID))
    service = Service(ids, set())
    expected = min((id_ for id_ in ids if after < id_ <= high), default=None)
    assert lowest_id(service.count, after, high) == expected
    distance = (expected or high) - after
    assert service.counts <= 2 * ceil(log2(distance + 1)) + 2
