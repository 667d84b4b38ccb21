import json
import platform
from pathlib import Path

import pytest
from benchmarks.common.machine import machine, versions
from benchmarks.common.measure import ChildError, measure
from benchmarks.common.results import Line, compared, duration, line, show, write

HERE = "tests.unit.benchmarks.measured"


def test_a_function_is_called_in_a_fresh_process() -> None:
    found = measure(f"{HERE}:total", numbers=[1, 2, 3])
    assert found.result["total"] == 6
    assert found.result["imported_pytest"] is False
    assert 0 < found.seconds < 60


def test_memory_is_that_of_the_function() -> None:
    small, large = (measure(f"{HERE}:hold", megabytes=each).peak_mb for each in (1, 120))
    assert 90 < large - small < 150


def test_memory_of_its_children_counts() -> None:
    held = 130
    assert measure(f"{HERE}:child_holds", megabytes=held).peak_mb > held


def test_a_function_that_fails_says_why() -> None:
    with pytest.raises(ChildError, match="ValueError: no luck"):
        measure(f"{HERE}:fail")


def test_a_line_has_the_median() -> None:
    made = line("ours", [1.0, 4.0, 2.0], rows=100)
    assert (made.median_s, made.rows_per_s, made.p95_s) == (2.0, 50.0, None)
    assert line("ours", [float(each) for each in range(100)]).p95_s == pytest.approx(95, abs=1)


def test_ratios_are_to_ours() -> None:
    lines = compared([Line("peer", 3.0), Line("ours", 1.5), Line("size")], "ours")
    assert [each.ratio_to_ours for each in lines] == [2.0, 1.0, None]
    with pytest.raises(ValueError, match="no line 'theirs'"):
        compared(lines, "theirs")


def test_what_is_written_has_the_designs_form(tmp_path: Path) -> None:
    lines = [line("ours", [2.0], rows=10)]
    path = write("x", workload={"n": 1}, versions={"a": "1"}, lines=lines, folder=tmp_path / "new")
    result = json.loads(path.read_text("utf-8"))
    assert set(result) == {"machine", "versions", "workload", "rows"}
    assert {"name", "median_s", "rows_per_s", "peak_mb", "ratio_to_ours"} <= set(result["rows"][0])


def test_the_table_shows_every_line(capsys: pytest.CaptureFixture[str]) -> None:
    show("A title", [line("ours", [0.5], rows=10), Line("size", note="9 MB")])
    shown = capsys.readouterr().out
    assert all(text in shown for text in ("A title", "ours", "500.0 ms", "size", "9 MB"))


def test_durations_can_be_read() -> None:
    assert [duration(each) for each in (None, 0.0123, 61.0)] == ["-", "12.3 ms", "61.00 s"]


def test_the_machine_and_versions_are_told() -> None:
    assert set(machine()) == {"cpu", "cores", "memory_gb", "system", "load"}
    assert versions(["pytest"])["python"] == platform.python_version()
