"""TenantServices, read only."""

from typing import Any

from cwp_shared.errors import Terminal
from cwp_shared.tenants import SERVICE, TenantConfig


class Tenants:
    """Tenants' settings.

    Args:
        table: as `cwp_shared.aws.table` gives it.
    """

    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, tenant_id: str) -> TenantConfig:
        """The tenant's settings.

        Raises:
            Terminal: no such tenant, or its item is not valid.
        """
        answer = self._table.get_item(Key={"tenant_id": tenant_id, "service": SERVICE})
        if "Item" not in answer:
            raise Terminal(f"tenant {tenant_id!r} is not in TenantServices; add it first")
        return TenantConfig.from_item(answer["Item"])
