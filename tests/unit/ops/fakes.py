"""Hand-written stand-ins for AWS, as far as cwp_ops asks."""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from cwp_shared.events import Event


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "Operation")


@dataclass
class FakeBus:
    published: list[Event] = field(default_factory=list)

    def publish(self, events: Iterable[Event]) -> None:
        self.published += events


@dataclass
class FakeTable:
    """A DynamoDB table of items; understands only the conditions that cwp_ops writes."""

    key: tuple[str, str]
    items: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    name: str = "table"

    @property
    def meta(self) -> SimpleNamespace:
        return SimpleNamespace(client=self)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's names
        wanted = RequestItems[self.name]
        assert wanted["ConsistentRead"]
        assert 0 < len(wanted["Keys"]) <= 100
        found = [self.items.get((key[self.key[0]], key[self.key[1]])) for key in wanted["Keys"]]
        return {"Responses": {self.name: [item for item in found if item]}}

    def put(self, *items: Mapping[str, Any]) -> None:
        for item in items:
            self.items[item[self.key[0]], item[self.key[1]]] = dict(item)

    def put_item(self, Item: dict[str, Any], ConditionExpression: Any = None) -> None:  # noqa: N803 - boto3's names
        place = (Item[self.key[0]], Item[self.key[1]])
        old = self.items.get(place)
        if ConditionExpression is not None and old and not _holds(ConditionExpression, old):
            raise refused("ConditionalCheckFailedException")
        self.items[place] = dict(Item)

    def get_item(self, Key: dict[str, str], ConsistentRead: bool = False) -> dict[str, Any]:  # noqa: N803
        assert ConsistentRead
        item = self.items.get((Key[self.key[0]], Key[self.key[1]]))
        return {"Item": item} if item else {}

    def query(self, **request: Any) -> dict[str, Any]:
        found = [i for i in self.items.values() if _holds(request["KeyConditionExpression"], i)]
        found.sort(
            key=lambda item: str(item[self.key[1]]),
            reverse=not request.get("ScanIndexForward", True),
        )
        return {"Items": found[: request.get("Limit")]}

    def scan(self, **_: Any) -> dict[str, Any]:
        return {"Items": list(self.items.values())}


def _holds(condition: Any, item: Mapping[str, Any]) -> bool:
    """Evaluate a boto3 condition object."""
    built = condition.get_expression()
    operator, values = built["operator"], built["values"]
    if operator == "AND":
        return all(_holds(value, item) for value in values)
    if operator == "OR":
        return any(_holds(value, item) for value in values)
    name = values[0].name
    if operator == "attribute_not_exists":
        return name not in item
    match operator:
        case "=":
            return bool(item.get(name) == values[1])
        case "<":
            return name in item and bool(item[name] < values[1])
        case "begins_with":
            return str(item.get(name, "")).startswith(values[1])
        case _:
            raise NotImplementedError(operator)


@dataclass
class FakeSecrets:
    values: dict[str, str] = field(default_factory=dict)

    def create_secret(self, Name: str, SecretString: str) -> None:  # noqa: N803 - boto3's names
        if Name in self.values:
            raise refused("ResourceExistsException")
        self.values[Name] = SecretString

    def put_secret_value(self, SecretId: str, SecretString: str) -> None:  # noqa: N803 - boto3's names
        assert SecretId in self.values
        self.values[SecretId] = SecretString

    def describe_secret(self, SecretId: str) -> dict[str, str]:  # noqa: N803 - boto3's names
        if SecretId not in self.values:
            raise refused("ResourceNotFoundException")
        return {"Name": SecretId}


@dataclass
class FakeS3:
    objects: dict[str, bytes] = field(default_factory=dict)

    def put_object(self, Bucket: str, Key: str, Body: bytes, ContentType: str) -> None:  # noqa: N803 - boto3's names
        assert Bucket
        assert ContentType
        self.objects[Key] = Body

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket
        if Key not in self.objects:
            raise refused("NoSuchKey")
        return {"Body": io.BytesIO(self.objects[Key])}

    def get_paginator(self, name: str) -> "FakeS3":
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str = "", Delimiter: str = "") -> Iterator[Any]:  # noqa: N803 - boto3's names
        assert Bucket
        found = [key for key in sorted(self.objects) if key.startswith(Prefix)]
        if Delimiter:
            prefixes = sorted({key.split(Delimiter, 1)[0] + Delimiter for key in found})
            yield {"CommonPrefixes": [{"Prefix": prefix} for prefix in prefixes]}
            return
        # One key a page: paging is exercised whenever there are two.
        for key in found:
            yield {"Contents": [{"Key": key, "Size": len(self.objects[key])}]}
        yield {}
