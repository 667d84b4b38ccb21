"""When a table that has something new is loaded: at the next opening of its window.

A warehouse that was at rest costs a minute however little it does, so what arrives is gathered and
loaded together. Windows are counted from 1970-01-01 UTC, whatever tenant or table: all of one
length open at the same moment, and those of an hour open together with those of a quarter.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from cwp_loader.table import TableRef
from cwp_shared.errors import Terminal
from cwp_shared.tenants import SERVICE, TenantConfig

#: Of a table that is loaded as its commits come.
NOW: Final = timedelta(0)

_FIRST: Final = datetime(1970, 1, 1, tzinfo=UTC)


def opening(arrived: datetime, length: timedelta) -> datetime:
    """When the window opens in which something is loaded that arrived at `arrived`."""
    if not length:
        return arrived
    return _FIRST + ((arrived - _FIRST) // length + 1) * length


class Windows(Protocol):
    """How long tables wait."""

    def length(self, table: TableRef) -> timedelta:
        """Of a table's window."""


class TenantWindows:
    """The stage's window, or what the tenant's settings say instead.

    Settings that are missing or cannot be read hold up no load: then the stage's window counts.
    `find_item` gives the TenantServices item of a tenant, or None.
    """

    def __init__(self, usual: timedelta, find_item: Callable[[str], dict[str, Any] | None]) -> None:
        self._usual = usual
        self._find_item = find_item

    def length(self, table: TableRef) -> timedelta:
        """What the tenant's `load_now` and `load_minutes` say; both are read each time."""
        tenant = self._tenant(table.tenant_id)
        if tenant and table.canonical_table in tenant.load_now:
            return NOW
        if tenant and tenant.load_minutes is not None:
            return timedelta(minutes=tenant.load_minutes)
        return self._usual

    def _tenant(self, tenant_id: str) -> TenantConfig | None:
        item = self._find_item(tenant_id)
        try:
            return TenantConfig.from_item(item) if item else None
        except Terminal:
            return None


class TenantItems:
    """TenantServices in DynamoDB; `items` is a boto3 Table."""

    def __init__(self, items: Any) -> None:
        self._items = items

    def find(self, tenant_id: str) -> dict[str, Any] | None:
        """A tenant's item; None if there is none."""
        answer = self._items.get_item(Key={"tenant_id": tenant_id, "service": SERVICE})
        item: dict[str, Any] | None = answer.get("Item")
        return item
