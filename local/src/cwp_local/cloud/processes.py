"""Processes that outlive the command that started them, found again by pid and start time.

A pid alone does not name a process: pids are used again. The pid file therefore also holds when
the process started.
"""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

#: The kernel tells start times to a hundredth, but relative to a boot time that may be corrected.
_SAME_START_S = 2.0


@dataclass(frozen=True)
class Running:
    """A process: its pid, and when it started (seconds since 1970)."""

    pid: int
    started: float


def start(
    command: Sequence[str], environment: Mapping[str, str], log: Path, pid_file: Path
) -> Running:
    """Start a process in a session of its own, output appended to `log`, and note it."""
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - our own command line, no shell
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # It is to outlive us; a Popen that does not know how its child ended complains when it goes.
    child.returncode = 0
    running = Running(child.pid, psutil.Process(child.pid).create_time())
    partial = pid_file.with_suffix(".partial")
    partial.write_text(json.dumps(asdict(running)), "utf-8")
    partial.replace(pid_file)
    return running


def find(pid_file: Path) -> Running | None:
    """The process that `pid_file` names, if it still runs and is the one that was started."""
    noted = read(pid_file)
    return noted if noted and is_alive(noted) else None


def read(pid_file: Path) -> Running | None:
    """What `pid_file` says, true or not."""
    try:
        return Running(**json.loads(pid_file.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_alive(running: Running) -> bool:
    """Whether exactly this process runs (not another with its pid, and no zombie)."""
    try:
        process = psutil.Process(running.pid)
        same = abs(process.create_time() - running.started) <= _SAME_START_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def stop(running: Running, patience_s: float) -> bool:
    """Ask the process to end (SIGTERM) and wait; False if it still runs after `patience_s`."""
    if not is_alive(running):
        return True
    os.kill(running.pid, signal.SIGTERM)
    return _ended(running, patience_s)


def kill(running: Running) -> None:
    """End the process and everything in its session at once (SIGKILL)."""
    if is_alive(running):
        os.kill(running.pid, signal.SIGKILL)
        _ended(running, patience_s=10)


def kill_left_behind(dead: Running, mark: tuple[str, str]) -> int:
    """End what a dead process started and left running; returns how many.

    Counts only processes of the session that it led whose environment has the variable `mark`
    with that value: a session number alone may by now be somebody else's.
    """
    left = [process for process in psutil.process_iter() if _belongs(process, dead.pid, mark)]
    for process in left:
        process.kill()
    psutil.wait_procs(left, timeout=5)
    return len(left)


def _belongs(process: psutil.Process, session: int, mark: tuple[str, str]) -> bool:
    name, value = mark
    try:
        return os.getsid(process.pid) == session and process.environ().get(name) == value
    except (OSError, psutil.Error):
        return False


def _ended(running: Running, patience_s: float) -> bool:
    try:
        psutil.Process(running.pid).wait(timeout=patience_s)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return not is_alive(running)
    return True
