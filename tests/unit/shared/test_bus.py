from typing import Any

import pytest

from cwp_shared.bus import Bus
from cwp_shared.errors import Retriable
from cwp_shared.events import SyncRequested


class RecordedEvents:
    def __init__(self, failed: int = 0) -> None:
        self.calls: list[list[dict[str, str]]] = []
        self._failed = failed

    def put_events(self, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls.append(Entries)
        receipts = [{"ErrorCode": "ThrottlingException"}] * self._failed
        return {"FailedEntryCount": self._failed, "Entries": receipts}


def test_events_go_out_in_calls_of_ten_with_source_and_type() -> None:
    client = RecordedEvents()
    Bus(client, "connectwise-dev").publish(
        SyncRequested(tenant_id=f"t{number}") for number in range(11)
    )
    assert [len(call) for call in client.calls] == [10, 1]
    entry = client.calls[0][0]
    assert entry["EventBusName"] == "connectwise-dev"
    assert (entry["Source"], entry["DetailType"]) == ("connectwise.operator", "SyncRequested")


def test_refused_entry_is_an_error_although_the_call_succeeded() -> None:
    with pytest.raises(Retriable, match=r"refused 1: \['ThrottlingException'\]"):
        Bus(RecordedEvents(failed=1), "bus").publish([SyncRequested(tenant_id="acme")])
