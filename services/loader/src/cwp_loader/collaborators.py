"""What the logic of `settle` works with; `bootstrap.py` builds it, tests build their own."""

from collections.abc import Callable
from dataclasses import dataclass

from cwp_loader.data_api import Statements
from cwp_loader.load_state import LoadState
from cwp_loader.manifest import Manifests
from cwp_loader.quarantine import Quarantine
from cwp_loader.wakes import Wakes
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock


@dataclass(frozen=True)
class Collaborators:
    """Everything outside the logic."""

    state: LoadState
    statements: Statements
    manifests: Manifests
    quarantine: Quarantine
    bus: Publisher
    wakes: Wakes
    #: The role that COPY reads the bucket with.
    copy_role_arn: str
    clock: Clock
    #: 32 hex digits, never the same twice.
    new_id: Callable[[], str]
