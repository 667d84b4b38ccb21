"""TenantServices, read only."""

from collections.abc import Iterator
from typing import Any

from cwp_shared.errors import Terminal
from cwp_shared.tenants import SERVICE, TenantConfig


class TenantStore:
    """TenantServices."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, tenant_id: str) -> TenantConfig:
        """One tenant's settings.

        Raises:
            Terminal: no such tenant, its item is not valid, or it is disabled.
        """
        answer = self._table.get_item(Key={"tenant_id": tenant_id, "service": SERVICE})
        if "Item" not in answer:
            raise Terminal(f"tenant {tenant_id!r} is not set up; add it with `cwpipe tenants add`")
        tenant = TenantConfig.from_item(answer["Item"])
        if not tenant.enabled:
            raise Terminal(f"tenant {tenant_id!r} is disabled in TenantServices")
        return tenant

    def enabled(self) -> Iterator[str]:
        """The ids of the tenants that are not disabled, otherwise unchecked."""
        request: dict[str, Any] = {
            "ProjectionExpression": "tenant_id, service, enabled",
        }
        while True:
            answer = self._table.scan(**request)
            for item in answer["Items"]:
                if item["service"] == SERVICE and item.get("enabled", True):
                    yield item["tenant_id"]
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
