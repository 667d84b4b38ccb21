import sys
import time
from pathlib import Path

from benchmarks.common.cloud import used

from cwp_local.cloud import processes
from cwp_ops.context import Operator

#: Waits until it may go, lets a child use processor seconds, says so, and stays.
PART = """
import subprocess, sys, time
from pathlib import Path
folder, seconds = Path(sys.argv[1]), sys.argv[2]
while not (folder / "go").exists():
    time.sleep(0.01)
busy = f"import time\\nwhile time.process_time() < {seconds}: pass"
subprocess.run([sys.executable, "-c", busy])
Path(folder / f"done-{seconds}").touch()
time.sleep(60)
"""


def test_what_ended_children_of_the_parts_used_counts_but_not_the_sandbox(tmp_path: Path) -> None:
    operator = Operator("local", {"CWPIPE_HOME": str(tmp_path)})
    run = operator.home.run
    run.mkdir(parents=True)
    parts = {"sandbox": "1.5", "redshift": "0.25", "emulator": "0.5"}
    started = [
        processes.start(
            [sys.executable, "-c", PART, str(tmp_path), seconds],
            {},
            tmp_path / "log",
            run / f"{name}.pid",
        )
        for name, seconds in parts.items()
    ]
    try:
        with used(operator) as use:
            (tmp_path / "go").touch()
            while len(list(tmp_path.glob("done-*"))) < len(parts):
                time.sleep(0.02)
    finally:
        for one in started:
            processes.kill(one)
    assert 0.75 <= use.cpu_seconds < 1.5
    assert use.peak_mb > 0
