"""What is charged, and that chances alone come out where a simulated day does."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cwp_ops.costs.waking import KINDS, Loads, awake, expected_day

ROOT = Path(__file__).resolve().parents[4]
DAY = datetime(2026, 3, 3, tzinfo=UTC)
RESULTS = json.loads((ROOT / "benchmarks/results/wakeups.json").read_text())


@pytest.mark.parametrize(
    ("statements", "seconds"),
    [
        ([(0, 4)], 60),
        ([(0, 4), (30, 34)], 60),
        ([(0, 4), (58, 64)], 64),
        ([(0, 4), (60, 64)], 120),
        ([(0, 90), (10, 20)], 90),
        # One after the other: it never falls asleep.
        ([(0, 64), (64, 68)], 68),
        ([(70, 72), (0, 2)], 120),
    ],
)
def test_a_minute_at_least_is_charged(statements: list[tuple[int, int]], seconds: int) -> None:
    spans = [(DAY + timedelta(seconds=s), DAY + timedelta(seconds=e)) for s, e in statements]
    assert awake(spans) == timedelta(seconds=seconds)


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_chances_come_out_near_the_simulated_day(minutes: int) -> None:
    """`make bench-wakeups`: the same tenants through the loader itself."""
    simulated = next(r for r in RESULTS["rows"] if r["name"] == f"windows of {minutes} min")
    workload = RESULTS["workload"]
    every = {kind.name: int(workload["sync_every_minutes"]) for kind in KINDS}
    tables = {kind: float(kind.tables) for kind in KINDS}
    day = expected_day(workload["tenants"], tables, every, minutes, Loads())
    assert day.commits == pytest.approx(workload["commits"], rel=0.05)
    assert day.loads == pytest.approx(simulated["loads"], rel=0.05)
    assert day.wake_ups == pytest.approx(simulated["wake_ups"], rel=0.05)
    assert day.minutes_charged == pytest.approx(simulated["minutes_charged"], rel=0.05)


def test_what_changes_rarely_wakes_rarely() -> None:
    (cold,) = (kind for kind in KINDS if kind.name == "cold")
    day = expected_day(1, {cold: 1.0}, {"cold": 1440}, 30, Loads())
    assert day.wake_ups == pytest.approx(day.commits, rel=0.02)
    assert 0 < day.minutes_charged < 1
