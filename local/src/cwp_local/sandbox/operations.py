"""The operations of a PATCH, `{op, path, value}`, on the JSON of a row."""

import re
from typing import Any

from cwp_local.sandbox.calls import Call, Row, invalid, refused
from cwp_local.sandbox.tables import Table

_OPERATIONS = ("add", "replace", "remove")


def operations_of(table: Table, call: Call) -> list[Row]:
    """The operations in a call's body.

    Raises:
        Refused: 400, if it is not a list of objects.
    """
    operations = call.json()
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        raise refused(400, "InvalidObject", f"{table.resource} patch must be a list of operations")
    return operations


def apply_operation(table: Table, row: Row, operation: Row, fixed: tuple[str, ...]) -> str:
    """Apply one operation to `row`; the name of the field it touched.

    Paths may begin with a slash, names may be in any case. `fixed` fields stay.

    Raises:
        Refused: 400, if there is no such field, or it cannot be changed in that way.
    """
    name, path = str(operation.get("op", "")).lower(), str(operation.get("path", ""))
    words = [word for word in path.split("/") if word]
    spelled = {known.lower(): known for known in table.entity.types}
    field = spelled.get(words[0].lower()) if words else None
    if field is None or field in fixed:
        raise invalid(table.resource, [("InvalidField", path, f"{path} cannot be changed.")])
    if name not in _OPERATIONS:
        raise invalid(table.resource, [("InvalidField", path, f"{name!r} is not an operation.")])
    value = None if name == "remove" else operation.get("value")
    if not _put(row, [field, *words[1:]], value):
        raise invalid(table.resource, [("InvalidField", path, f"there is no {path}")])
    return field


def _put(target: Any, words: list[str], value: Any) -> bool:
    """Set a value, None for none, inside an object or list; False if there is no such place."""
    word, *rest = words
    if isinstance(target, list):
        return _put_into_list(target, word, rest, value)
    if not isinstance(target, dict):
        return False
    if rest:
        inner = target.get(word)
        # A new id or name replaces the old reference; what else it said no longer holds.
        if inner is None or (isinstance(inner, dict) and "_info" in inner):
            target[word] = {}
        return _put(target[word], rest, value)
    if value is None:
        target.pop(word, None)
    else:
        target[word] = value
    return True


def _put_into_list(target: list[Any], word: str, rest: list[str], value: Any) -> bool:
    if word == "-" and not rest and value is not None:
        target.append(value)
        return True
    if not re.fullmatch(r"[0-9]{1,6}", word) or int(word) >= len(target):
        return False
    if rest:
        return _put(target[int(word)], rest, value)
    target[int(word) : int(word) + 1] = [] if value is None else [value]
    return True
