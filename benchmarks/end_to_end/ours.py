"""The deployed services on the embedded cloud, followed as `cwpipe sync` does."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from benchmarks.common.cloud import used
from benchmarks.common.contest import Taken
from benchmarks.common.tenant import TABLES, NotAsItMustBeError
from cwp_ops.context import Operator
from cwp_ops.demo_report import stage_seconds
from cwp_ops.follow import Tracked, Wanted
from cwp_ops.wiring import follower
from cwp_shared.clock import utc_now

_PATIENCE_S: Final = 240


class _Unseen:
    """Shows nothing: what is drawn meanwhile takes time."""

    def show(self, tracked: Sequence[Tracked]) -> None:
        """Show nothing."""


def sync(operator: Operator, tenant: str) -> tuple[Taken, str]:
    """Bring a tenant's tables up to date; what it took, and when which stage was through.

    The clock runs from the request until the loader knows that its last load has committed. Stages
    are told as the follower saw them, who looks once a second.

    Raises:
        NotAsItMustBeError: a table failed.
    """
    wanted = [Wanted(tenant, table, "incremental") for table in TABLES]
    with used(operator) as use:
        asked_at = utc_now()
        tracked = follower(operator).sync(wanted, _Unseen(), _PATIENCE_S)
    for one in tracked:
        if one.progress.stage == "failed":
            raise NotAsItMustBeError(f"{one.wanted.table}: {one.progress.detail}")
    seconds = (_last_load(operator, tenant) - asked_at).total_seconds()
    return Taken(seconds, use.cpu_seconds, use.peak_mb), _stages(tracked)


def _last_load(operator: Operator, tenant: str) -> datetime:
    heads: list[Any] = [
        operator.stores.load_head(tenant, canonical)
        for table in TABLES
        for canonical in operator.canonical_tables[table]
    ]
    return max(datetime.fromisoformat(str(head["loaded_at"])) for head in heads)


def _stages(tracked: Sequence[Tracked]) -> str:
    taken = [stage_seconds(one) for one in tracked]
    extracted = max(one["extract"] for one in taken)
    merged = max(one["extract"] + one["history"] for one in taken)
    return f"all in raw/ after {extracted:.0f} s, in the history after {merged:.0f} s"
