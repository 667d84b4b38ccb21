"""Waiting until a process answers that it is well."""

import time
from pathlib import Path

import requests

from cwp_local.cloud import processes
from cwp_local.cloud.errors import CloudError
from cwp_local.cloud.parts import Part
from cwp_local.cloud.processes import Running

_PAUSE_S = 0.1
_LINES_SHOWN = 15


def is_well(part: Part, timeout_s: float = 5) -> bool:
    """Whether the part answers its health check, asked without any proxy."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(part.health_url, timeout=timeout_s).ok
        except requests.RequestException:
            return False


def wait(part: Part, running: Running, limit_s: float) -> None:
    """Return when the part is well.

    Raises:
        CloudError: it ended, or is not well after `limit_s`; with the last lines of its log.
    """
    end = time.monotonic() + limit_s
    while not is_well(part):
        if not processes.is_alive(running):
            raise CloudError(f"the {part.name} ended while starting.\n{last_lines(part.log)}")
        if time.monotonic() > end:
            raise CloudError(
                f"the {part.name} does not answer at {part.health_url} after {limit_s:.0f} s.\n"
                f"{last_lines(part.log)}"
            )
        time.sleep(_PAUSE_S)


def last_lines(log: Path, count: int = _LINES_SHOWN) -> str:
    """The end of a log, headed by its name."""
    try:
        lines = log.read_text("utf-8", errors="replace").splitlines()[-count:]
    except OSError:
        lines = []
    return "\n".join([f"The last lines of {log}:", *(f"  {line}" for line in lines)])
