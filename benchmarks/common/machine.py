"""What a benchmark ran on. Standard library only: it also runs in the environments of peers."""

import os
import platform
from importlib import metadata
from pathlib import Path

_CPU_INFO = Path("/proc/cpuinfo")
_GIB = 2**30


def machine() -> dict[str, object]:
    """The machine: `cpu`, `cores` this process may use, `memory_gb`, `system`.

    `load` is how many processes wanted a core on average in the last minute: where others work,
    figures are worse.
    """
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB, 1),
        "system": platform.platform(),
        "load": round(os.getloadavg()[0], 1),
    }


def versions(packages: list[str]) -> dict[str, str]:
    """Versions of Python and of packages installed beside it, by distribution name.

    Raises:
        importlib.metadata.PackageNotFoundError: one is not installed.
    """
    return {
        "python": platform.python_version(),
        **{name: metadata.version(name) for name in packages},
    }


def _cpu() -> str:
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"
