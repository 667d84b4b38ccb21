"""Runs one function and reports what it took: `python -m benchmarks.common.child`.

Started by `measure.py`, in the benchmark's own environment or a peer's, so it needs the standard
library only. The job is a JSON object on standard input, the report a JSON object in a file: what
a peer prints does no harm.
"""

import importlib
import json
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

_STATUS = Path("/proc/self/status")
_KIB_PER_MB = 1_000_000 / 1024


def peak_mb() -> float:
    """The most memory (resident set, MB) that this process has had so far.

    On Linux from the kernel's high-water mark: `ru_maxrss` would begin with the parent's.
    """
    if _STATUS.exists():
        lines = _STATUS.read_text().splitlines()
        kib = next(float(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    else:
        kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib / _KIB_PER_MB


def main() -> None:
    """Do the job: `{"function": "module:name", "arguments": {...}, "report": path}`."""
    job = json.load(sys.stdin)
    module, _, name = job["function"].partition(":")
    function = getattr(importlib.import_module(module), name)
    began = perf_counter()
    result: Any = function(**job["arguments"])
    seconds = perf_counter() - began
    report = {"seconds": seconds, "peak_mb": peak_mb(), "result": result}
    Path(job["report"]).write_text(json.dumps(report), "utf-8")


if __name__ == "__main__":
    main()
