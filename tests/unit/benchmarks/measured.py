"""What `test_common` measures: functions that a fresh process calls."""

import subprocess
import sys
from typing import Any

_LONG_ENOUGH_TO_BE_SEEN_S = 0.5


def total(numbers: list[int]) -> dict[str, Any]:
    return {"total": sum(numbers), "imported_pytest": "pytest" in sys.modules}


def hold(megabytes: int) -> int:
    return len(bytearray(b"x") * (megabytes * 1_000_000))


def child_holds(megabytes: int) -> None:
    holding = f"import time; held = bytearray(b'x') * {megabytes}_000_000"
    program = f"{holding}; time.sleep({_LONG_ENOUGH_TO_BE_SEEN_S})"
    subprocess.run([sys.executable, "-c", program], check=True)


def fail() -> None:
    raise ValueError("no luck")
