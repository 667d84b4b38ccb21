"""Publishing on the bus, every receipt checked."""

from collections.abc import Iterable
from typing import Any, Protocol

from cwp_shared.batches import batches
from cwp_shared.errors import Retriable
from cwp_shared.events import Event

#: PutEvents takes ten entries a call.
_ENTRIES_PER_CALL = 10


class Publisher(Protocol):
    """What logic needs of a bus."""

    def publish(self, events: Iterable[Event]) -> None:
        """Publish all events, or raise."""


class Bus:
    """EventBridge. `publish` returns only when the bus has taken every event."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self._name = name

    def publish(self, events: Iterable[Event]) -> None:
        """Publish all events.

        Raises:
            Retriable: the bus refused some; all may be sent again, consumers are idempotent.
        """
        for batch in batches(events, _ENTRIES_PER_CALL):
            answer = self._client.put_events(Entries=[self._entry(event) for event in batch])
            if answer["FailedEntryCount"]:
                codes = sorted({e["ErrorCode"] for e in answer["Entries"] if "ErrorCode" in e})
                raise Retriable(f"bus {self._name} refused {answer['FailedEntryCount']}: {codes}")

    def _entry(self, event: Event) -> dict[str, str]:
        return {
            "EventBusName": self._name,
            "Source": event.source,
            "DetailType": event.detail_type,
            "Detail": event.model_dump_json(),
        }
