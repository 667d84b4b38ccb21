"""Which table of which tenant: the unit that commits are ordered in and loads are serialised by."""

from typing import NamedTuple


class TableRef(NamedTuple):
    """One canonical table of one tenant; in the warehouse, a table in the tenant's schema."""

    tenant_id: str
    canonical_table: str

    def __str__(self) -> str:
        return f"{self.tenant_id}.{self.canonical_table}"
