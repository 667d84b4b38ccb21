"""What freshness and completeness are counted by beside the stage, at a price (docs/adr/0017)."""

from typing import Literal

Detail = Literal["stage", "tenant", "table"]


def dimensions(detail: Detail, tenant_id: str, table: str) -> dict[str, str]:
    """The dimensions of a value beside its service."""
    if detail == "stage":
        return {}
    return {"tenant_id": tenant_id} | ({"table": table} if detail == "table" else {})
