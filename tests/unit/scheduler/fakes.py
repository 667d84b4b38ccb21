"""boto3 as far as planning asks, counting its calls."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

#: Items in one page of a scan: DynamoDB's limit is 1 MB.
SCAN_PAGE = 400


@dataclass
class Calls:
    """What was called how often, and which tenants it was about."""

    count: Counter[str] = field(default_factory=Counter)
    tenants: set[str] = field(default_factory=set)

    def take(self) -> dict[str, int]:
        taken = dict(self.count)
        self.count.clear()
        return taken


@dataclass
class FakeTenants:
    calls: Calls
    items: list[dict[str, Any]]

    def scan(self, ExclusiveStartKey: int = 0, **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.calls.count["scan"] += 1
        end = ExclusiveStartKey + SCAN_PAGE
        page = {"Items": self.items[ExclusiveStartKey:end]}
        return page | ({"LastEvaluatedKey": end} if end < len(self.items) else {})

    def get_item(self, Key: dict[str, str]) -> dict[str, Any]:  # noqa: N803
        self.calls.count["get tenant"] += 1
        return {"Item": next(i for i in self.items if i["tenant_id"] == Key["tenant_id"])}


@dataclass
class FakeStandings:
    calls: Calls
    items: list[dict[str, Any]] = field(default_factory=list)

    def query(self, KeyConditionExpression: Any, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.calls.count["query standing"] += 1
        self.calls.tenants.add(KeyConditionExpression.get_expression()["values"][1])
        return {"Items": self.items}


@dataclass
class FakeRuns:
    """SyncRuns; it is its own client."""

    calls: Calls
    name: str = "SyncRuns"

    @property
    def meta(self) -> "FakeRuns":
        return self

    @property
    def client(self) -> "FakeRuns":
        return self

    def transact_write_items(self, TransactItems: list[Any]) -> None:  # noqa: N803
        assert len(TransactItems) == 3
        self.calls.count["transaction"] += 1

    def update_item(self, **_: Any) -> None:
        self.calls.count["touch"] += 1


@dataclass
class FakeSqs:
    calls: Calls
    bodies: list[str] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)

    def send_message(
        self,
        QueueUrl: str,  # noqa: N803
        MessageBody: str,  # noqa: N803
        MessageGroupId: str,  # noqa: N803
        **_: Any,
    ) -> None:
        self.calls.count[f"send {QueueUrl}"] += 1
        self.bodies.append(MessageBody)
        self.groups.append(MessageGroupId)
