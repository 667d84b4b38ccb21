import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cwp_local.cloud import processes
from cwp_local.cloud.processes import Running

SLEEPER = (sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)")
STUBBORN = (
    sys.executable,
    "-c",
    (
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True)\ntime.sleep(60)"
    ),
)
PARENT = (
    sys.executable,
    "-c",
    (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(child.pid, flush=True)\ntime.sleep(60)"
    ),
)
MARK = ("CWPIPE_PART", "emulator of here")


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    log, pid_file = tmp_path / "log", tmp_path / "pid"
    yield log, pid_file
    if running := processes.find(pid_file):
        processes.kill(running)


def _start(command: tuple[str, ...], files: tuple[Path, Path]) -> Running:
    log, pid_file = files
    running = processes.start(command, {**os.environ, MARK[0]: MARK[1]}, log, pid_file)
    end = time.monotonic() + 20
    while not log.read_text() and time.monotonic() < end:
        time.sleep(0.01)
    return running


def test_a_started_process_is_found_again_until_it_is_stopped(files: tuple[Path, Path]) -> None:
    running = _start(SLEEPER, files)
    assert processes.find(files[1]) == running
    assert os.getsid(running.pid) == running.pid
    assert processes.stop(running, patience_s=10)
    assert processes.find(files[1]) is None


def test_a_recycled_pid_is_another_process(files: tuple[Path, Path]) -> None:
    files[1].write_text(json.dumps({"pid": os.getpid(), "started": 1_000_000.0}))
    assert processes.find(files[1]) is None
    assert processes.read(files[1]) == Running(os.getpid(), 1_000_000.0)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": 1}', '{"pid": 1, "started": 2, "x": 3}'])
def test_a_damaged_pid_file_names_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pid"
    path.write_text(text)
    assert processes.read(path) is None
    assert processes.find(path) is None


def test_stopping_a_dead_process_is_done_already() -> None:
    assert processes.stop(Running(os.getpid(), 1.0), patience_s=0)


def test_one_that_does_not_listen_is_said_so_and_can_be_killed(files: tuple[Path, Path]) -> None:
    running = _start(STUBBORN, files)
    assert not processes.stop(running, patience_s=0.2)
    processes.kill(running)
    assert not processes.is_alive(running)


def test_what_a_killed_process_left_behind_is_ended(files: tuple[Path, Path]) -> None:
    running = _start(PARENT, files)
    child = psutil.Process(int(files[0].read_text()))
    processes.kill(running)
    assert child.is_running()
    assert processes.kill_left_behind(running, ("CWPIPE_PART", "of somebody else")) == 0
    assert processes.kill_left_behind(running, MARK) == 1
    assert not child.is_running()


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        process = psutil.Process(child.pid)
        running = Running(child.pid, process.create_time())
        while process.status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert not processes.is_alive(running)
