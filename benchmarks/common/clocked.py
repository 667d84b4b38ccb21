"""Calls a function and says what it took by two clocks: the wall's and the processors'.

On a machine that others use too, processor seconds are the steadier of the two.
"""

import importlib
import os
import time
from typing import Any


def call(called: str, **arguments: Any) -> dict[str, float]:
    """Call `module:name`; `seconds` and `cpu_seconds`, its child processes included."""
    module, _, name = called.partition(":")
    function = getattr(importlib.import_module(module), name)
    began, used = time.perf_counter(), _used()
    function(**arguments)
    return {"seconds": time.perf_counter() - began, "cpu_seconds": _used() - used}


def _used() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system
