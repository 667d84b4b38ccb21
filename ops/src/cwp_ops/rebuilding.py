"""Asking for a rebuild of a history, and waiting for the commit that it ends with."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import uuid4

from cwp_ops.errors import OperatorError
from cwp_shared import keys
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock, sortable, utc_now
from cwp_shared.events import RebuildRequested

_LOOK_EVERY_S = 2


class Texts(Protocol):
    """What is needed of the bucket."""

    def text(self, key: str) -> str | None:
        """One object's content; None if there is none."""


@dataclass(frozen=True)
class Rebuilder:
    """Everything a rebuild is asked for and followed with."""

    lake: Texts
    bus: Publisher
    clock: Clock = utc_now
    sleep: Callable[[float], None] = time.sleep

    def rebuild(self, tenant_id: str, canonical_table: str, patience_s: float) -> dict[str, Any]:
        """Ask, and wait for the commit.

        Raises:
            OperatorError: it is not there after `patience_s` seconds.
        """
        rebuild_id = f"{sortable(self.clock())}-{uuid4().hex[:8]}"
        request = RebuildRequested(
            tenant_id=tenant_id, canonical_table=canonical_table, rebuild_id=rebuild_id
        )
        self.bus.publish([request])
        done = keys.state(tenant_id, canonical_table, f"rebuilds/{rebuild_id}/done")
        for _ in range(max(int(patience_s / _LOOK_EVERY_S), 1)):
            if revision := self.lake.text(done):
                return self._commit(tenant_id, canonical_table, int(revision))
            self.sleep(_LOOK_EVERY_S)
        raise OperatorError(
            f"rebuild {rebuild_id} of {tenant_id}.{canonical_table} is not done after "
            f"{patience_s:.0f} s; it goes on by itself. If it has failed, `cwpipe status` says why"
        )

    def _commit(self, tenant_id: str, canonical_table: str, revision: int) -> dict[str, Any]:
        key = keys.state(tenant_id, canonical_table, f"commits/{revision:012d}.json")
        found: dict[str, Any] = json.loads(self.lake.text(key) or "{}")
        return found
