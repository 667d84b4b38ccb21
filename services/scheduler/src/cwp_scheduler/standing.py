"""What is known of a tenant between its runs: plain data, read from LastUpdated in one request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pydantic import BaseModel, ConfigDict

from cwp_shared.clock import UtcTime


class TableStanding(BaseModel):
    """One table. Runs that bring rows do not wait for runs that sweep ids, nor these for those."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    #: How far the table is complete; None: never synced.
    watermark: UtcTime | None = None
    #: When the first and the last run that brings rows were opened; which one is open.
    started_at: UtcTime | None = None
    attempted_at: UtcTime | None = None
    open_run: str | None = None
    #: The upper bound of the last complete sweep; when one was last opened; which one is open.
    reconciled_at: UtcTime | None = None
    sweep_attempted_at: UtcTime | None = None
    open_sweep: str | None = None


@dataclass(frozen=True)
class TenantStanding:
    """One tenant."""

    tables: Mapping[str, TableStanding] = field(default_factory=dict)
    #: Nothing of the tenant answers (keys, company, settings).
    blocked: bool = False
    #: Tables that the API refuses.
    blocked_tables: frozenset[str] = frozenset()
    #: How far the server's clock is ahead of ours.
    clock_offset: timedelta = timedelta()

    def of(self, table: str) -> TableStanding:
        """One table's standing."""
        return self.tables.get(table, TableStanding())

    def is_blocked(self, table: str) -> bool:
        """Whether a run of the table would be refused, as far as is known."""
        return self.blocked or table in self.blocked_tables
