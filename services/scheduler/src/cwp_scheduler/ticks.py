"""Ticks: the schedule's message, and the one for each tenant that it fans out to."""

import json
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from cwp_shared.names import TenantId


class Tick(BaseModel):
    """`{"tick": true}`, with a `tenant_id` if it is for one tenant alone."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)

    tick: bool
    tenant_id: TenantId | None = None


def parse_tick(body: str) -> Tick | None:
    """The tick in a message; None if it is something else."""
    try:
        found = Tick.model_validate_json(body)
    except ValidationError:
        return None
    return found if found.tick else None


class TickQueue:
    """The scheduler's own requests queue. The tenant is the message group, so it stays fair."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs = sqs
        self._queue_url = queue_url

    def send(self, tenant_ids: Iterable[str]) -> None:
        """Send each tenant's tick: 1,000 take about ten seconds.

        One call each: the embedded cloud checks SendMessageBatch as a right of its own, which AWS
        does not know. After a death in between all are sent again; a second tick finds less due.
        """
        for tenant_id in tenant_ids:
            self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody=json.dumps({"tick": True, "tenant_id": tenant_id}),
                MessageGroupId=tenant_id,
            )
