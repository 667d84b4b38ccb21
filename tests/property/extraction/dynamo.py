"""DynamoDB in memory, in the forms the services use; anything else is an error here.

moto takes 2 to 60 ms a call, which a walk of thousands of calls cannot pay; that this double
agrees with it is tested (`test_dynamo.py`).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from boto3.dynamodb.conditions import AttributeBase, ConditionBase
from botocore.exceptions import ClientError

from tests.property.extraction.stage import Stage

Item = dict[str, Any]
Key = tuple[Any, ...]


class TransactionCanceledException(ClientError):
    """As boto3's client names it."""


@dataclass
class Database:
    """All tables, and the client that writes to several at once."""

    stage: Stage
    tables: dict[str, "Table"] = field(default_factory=dict)
    exceptions: Any = field(
        default_factory=lambda: SimpleNamespace(
            TransactionCanceledException=TransactionCanceledException
        )
    )

    def table(self, name: str, *key: str) -> "Table":
        """A new table."""
        made = self.tables[name] = Table(self, name, key)
        return made

    def transact_write_items(self, **request: Any) -> None:
        with self.stage.effect("transact_write_items"):
            changes = [
                (self.tables[write["TableName"]], kind, write)
                for entry in request["TransactItems"]
                for kind, write in entry.items()
            ]
            held = [table.holds(write) for table, _, write in changes]
            if not all(held):
                raise _cancelled(held)
            for table, kind, write in changes:
                table.apply(kind, write)


def _cancelled(held: list[bool]) -> TransactionCanceledException:
    reasons = [{"Code": "None" if one else "ConditionalCheckFailed"} for one in held]
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException"},
        "CancellationReasons": reasons,
    }
    return TransactionCanceledException(answer, "TransactWriteItems")


class Table:
    """A table as boto3's resource gives it."""

    def __init__(self, database: Database, name: str, key: tuple[str, ...]) -> None:
        self.name = name
        self.meta = SimpleNamespace(client=database)
        self.items: dict[Key, Item] = {}
        self.on_write: Callable[[Item], None] = lambda _: None
        self._stage = database.stage
        self._key = key

    def get_item(self, **request: Any) -> Item:
        found = self.items.get(self._place(request["Key"]))
        return {} if found is None else {"Item": deepcopy(found)}

    def query(self, **request: Any) -> Item:
        assert request["ConsistentRead"], "a stale read is not played here"
        condition = request["KeyConditionExpression"]
        found = [item for _, item in sorted(self.items.items()) if _holds(condition, item)]
        return {"Items": deepcopy(found)}

    def scan(self, **_: Any) -> Item:
        return {"Items": deepcopy(list(self.items.values()))}

    def put_item(self, **request: Any) -> None:
        self._write("Put", request)

    def update_item(self, **request: Any) -> None:
        self._write("Update", request)

    def delete_item(self, **request: Any) -> None:
        self._write("Delete", request)

    def holds(self, request: Mapping[str, Any]) -> bool:
        """Whether the request's condition holds."""
        condition = request.get("ConditionExpression")
        item = self.items.get(self._place(request.get("Key") or request["Item"]), {})
        if isinstance(condition, str):
            return any(_text_holds(part, item, request) for part in condition.split(" OR "))
        return condition is None or _holds(condition, item)

    def apply(self, kind: str, request: Mapping[str, Any]) -> None:
        """Make the change, whatever the condition."""
        place = self._place(request.get("Key") or request["Item"])
        if kind == "Delete":
            self.items.pop(place, None)
            return
        item = request["Item"] if kind == "Put" else self._updated(place, request)
        _check_types(item)
        self.items[place] = deepcopy(item)
        self.on_write(item)

    def _write(self, kind: str, request: Item) -> None:
        with self._stage.effect(f"{kind} {self.name}"):
            if not self.holds(request):
                code = "ConditionalCheckFailedException"
                raise ClientError({"Error": {"Code": code}}, kind)
            self.apply(kind, request)

    def _place(self, item: Mapping[str, Any]) -> Key:
        return tuple(item[name] for name in self._key)

    def _updated(self, place: Key, request: Mapping[str, Any]) -> Item:
        old = self.items.get(place, {})
        item = {**dict(zip(self._key, place, strict=True)), **old}
        sets, _, removes = re.sub("^SET ", "", request["UpdateExpression"]).partition("REMOVE ")
        for assignment in _parts(sets):
            target, value = (side.strip() for side in assignment.split("=", 1))
            item[_name(target, request)] = _value(value, old, request)
        for target in _parts(removes):
            item.pop(_name(target, request), None)
        return item


def _parts(text: str) -> Iterator[str]:
    """`a = :a, b = if_not_exists(b, :b)` at the commas that are not inside brackets."""
    return (part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip())


def _name(text: str, request: Mapping[str, Any]) -> str:
    if text.startswith("#"):
        return str(request["ExpressionAttributeNames"][text])
    assert re.fullmatch("[a-z_]+", text), text
    return text


def _value(text: str, item: Item, request: Mapping[str, Any]) -> Any:
    found = re.fullmatch(r"if_not_exists\((.+), *(:.+)\)", text)
    if found and _name(found[1], request) in item:
        return item[_name(found[1], request)]
    return request["ExpressionAttributeValues"][found[2] if found else text]


def _text_holds(text: str, item: Item, request: Mapping[str, Any]) -> bool:
    if absent := re.fullmatch(r"attribute_not_exists\((.+)\)", text):
        return _name(absent[1], request) not in item
    name, value = text.split(" = ")
    return bool(item.get(_name(name, request)) == _value(value, item, request))


def _holds(condition: ConditionBase, item: Item) -> bool:
    parts = condition.get_expression()
    operator, values = parts["operator"], parts["values"]
    if operator in ("AND", "OR", "NOT"):
        held = [_holds(value, item) for value in values]
        return {"AND": all(held), "OR": any(held), "NOT": not held[0]}[operator]
    assert isinstance(values[0], AttributeBase)
    name = values[0].name
    if operator in ("attribute_exists", "attribute_not_exists"):
        return (name in item) == (operator == "attribute_exists")
    if name not in item:
        return False
    there, given = item[name], values[1]
    return bool({"=": there == given, "<": there < given, "<=": there <= given}[operator])


def _check_types(value: Any) -> None:
    """boto3 refuses floats: what is written here must be possible there."""
    assert not isinstance(value, float), f"DynamoDB takes no float: {value}"
    for inner in value.values() if isinstance(value, dict) else ():
        _check_types(inner)
    for inner in value if isinstance(value, list | tuple) else ():
        _check_types(inner)
