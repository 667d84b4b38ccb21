"""The outcome of an ended run, as the scheduler records it in S3 (`keys.run_record`).

It is what `cwpipe recover` makes `LastUpdated` anew from, so it must be readable for ever.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from cwp_shared.clock import UtcTime
from cwp_shared.events import Mode
from cwp_shared.names import RunId, TableId, TenantId


class RunRecord(BaseModel):
    """One ended run. The counts are those of `RunCompleted`, the reason that of `RunFailed`.

    Records from before there was a `status` are of completed runs that moved their watermark to
    `upper`; they are read so.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    tenant_id: TenantId
    run_id: RunId
    table: TableId
    mode: Mode
    status: Literal["completed", "failed"]
    lower: UtcTime | None
    upper: UtcTime
    #: Where the run moved its table's watermark; None: it left it where it was.
    watermark: UtcTime | None
    pages: int = 0
    rows: int = 0
    raw_keys: tuple[str, ...] = ()
    quarantined: int = 0
    counted: int | None = None
    missing: int | None = None
    reason_class: str | None = None
    reason: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _read_former(cls, record: Any) -> Any:
        if isinstance(record, dict) and "status" not in record:
            return {**record, "status": "completed", "watermark": record.get("upper")}
        return record
