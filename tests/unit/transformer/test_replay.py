"""Any reader of the canonical files, in any order and any number of times, gets one history."""

import random

import pyarrow as pa

from cwp_transformer.replay import history_rows
from tests.unit.transformer.fakes import World, ticket


def files() -> list[pa.Table]:
    world = World()
    world.take([ticket(1, 10, summary="a"), ticket(1, 30, summary="b")], run_id="run-1")
    world.take([ticket(1, 20, summary="c"), ticket(2, 5)], run_id="run-2")
    world.take([ticket(1, 30, summary="c")], run_id="run-3")
    world.take([ticket(1, 40, summary="d"), ticket(1, 30, summary="b")], run_id="run-4")
    return world.canonical_files()


def test_order_and_repetition_of_files_do_not_matter() -> None:
    found = files()
    expected = history_rows(found)
    assert [row["summary"] for row in expected.sort_by("effective_from").to_pylist()] == [
        "printer", "a", "c", "b", "d",
    ]  # fmt: skip
    for seed in range(5):
        shuffled = found + found[::2]
        random.Random(seed).shuffle(shuffled)  # noqa: S311 - an order, no secret
        assert history_rows(shuffled).equals(expected)


def test_a_removed_version_stays_away_when_its_open_is_read_last() -> None:
    first, second, third, _ = files()
    assert history_rows([third, second, first]).equals(history_rows([first, second, third]))
