from collections.abc import Iterator
from concurrent.futures import Future
from threading import Event

import pytest

from cwp_writer.ahead import each_ahead


def test_items_come_in_order_each_with_its_work() -> None:
    done = [(item, work.result()) for item, work in each_ahead(str, range(9), 3)]
    assert done == [(number, str(number)) for number in range(9)]
    assert list(each_ahead(str, [], 3)) == []


def test_work_that_fails_fails_its_own_item_only() -> None:
    found = {item: work.exception() for item, work in each_ahead(int, ["1", "x", "2"], 2)}
    assert isinstance(found.pop("x"), ValueError)
    assert found == {"1": None, "2": None}


def test_the_next_item_is_made_while_work_is_under_way_and_no_more_than_asked() -> None:
    made: list[int] = []
    go_on = Event()

    def items() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    walk = each_ahead(lambda _: go_on.wait(30), items(), 1)
    item, work = next(walk)
    assert (item, made, work.done()) == (0, [0, 1], False)
    go_on.set()
    assert isinstance(work, Future)
    assert [item for item, _ in walk] == [1, 2, 3, 4]


def test_an_item_that_cannot_be_made_ends_the_walk() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise LookupError("no more")

    with pytest.raises(LookupError):
        list(each_ahead(str, items(), 2))
