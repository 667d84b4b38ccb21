"""The simulated day: all is loaded, windows open when they should, money is counted right."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from benchmarks.wakeups.__main__ import wake_ups
from benchmarks.wakeups.simulation import Day, Warehouse
from benchmarks.wakeups.workload import DAY, Arrival, arrivals

from cwp_loader.table import TableRef

ROOT = Path(__file__).parents[3]
MINUTE = timedelta(minutes=1)
TICKETS = TableRef("acme", "tickets")
WAREHOUSE = Warehouse(load_seconds=4, at_once=10)


def day(window: int, *minutes: float) -> list[float]:
    """When loads begin, in minutes of the day, if commits come at these."""
    commits = [Arrival(DAY + minute * MINUTE, TICKETS) for minute in minutes]
    taken = Day(WAREHOUSE, window * MINUTE).run(commits)
    assert len(taken.delays) == len(minutes)
    return [(start - DAY) / MINUTE for start, _ in taken.statements]


def test_without_a_window_each_file_is_loaded_as_it_comes() -> None:
    assert day(0, 1, 5, 9) == pytest.approx([1, 5, 9], abs=0.1)


def test_in_a_window_they_are_loaded_together() -> None:
    assert day(15, 1, 5, 9, 20) == pytest.approx([15, 30], abs=0.1)


def test_longer_windows_than_a_queue_holds_open_with_the_sweep() -> None:
    assert day(60, 1, 50) == pytest.approx([60], abs=0.1)


def test_windows_of_production_wake_the_warehouse_twenty_times_less_often() -> None:
    """With a tenth of the tenants of the benchmark: more of them gain more."""
    seconds = yaml.safe_load((ROOT / "config" / "prod.yml").read_text())["loadWindowSeconds"]
    window = timedelta(seconds=seconds)
    commits = arrivals(tenants=5)
    each, gathered = (Day(WAREHOUSE, length).run(commits) for length in (timedelta(0), window))
    assert len(each.delays) == len(gathered.delays) == len(commits)
    assert wake_ups(each, timedelta(0)) >= 20 * wake_ups(gathered, window)
