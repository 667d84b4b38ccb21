"""Values that a client sends, against the types of the catalogue."""

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from cwp_local.sandbox.catalogue import Field, kind_of, reference_types
from cwp_local.sandbox.pointing import targets_of
from cwp_local.sandbox.world import lookups
from cwp_shared.clock import iso_seconds

#: (code, field, message)
Problem = tuple[str, str, str]

#: Appointments of a project ticket's tasks are not kept: who deletes an appointment would have to
#: look into every project ticket.
_NOT_KEPT = "->ScheduleEntryReference"
#: The first year that the service's database can hold.
_FIRST_YEAR = 1753
_LARGEST_INT = 2**31 - 1
_LARGEST = 2.0**53

_PYTHON_TYPES: Mapping[str, tuple[type, ...]] = {
    "numeric": (int, float),
    "string": (str,),
    "enum": (str,),
    "datetime": (str,),
    "boolean": (bool,),
    "reference": (dict,),
    "list": (list,),
}


def problems_of(name: str, type_text: str, value: Any) -> Iterator[Problem]:
    """What is wrong with a value; null is right anywhere, as it stands for no value."""
    kind = kind_of(type_text)
    if value is None or kind == "object":
        return
    if not _fits(value, kind):
        yield "InvalidField", name, f"The field {name} must be a {kind} value."
    elif kind == "list":
        for item in value:
            yield from problems_of(name, type_text[2:], item)
    elif kind == "reference":
        yield from _of_parts(name, type_text[2:], value)
    else:
        yield from _of_scalar(name, Field((name,), type_text), value)


def normal(type_text: str, value: Any) -> Any:
    """A value without problems as rows hold it: whole UTC seconds, enums as the API spells them."""
    kind = kind_of(type_text)
    if value is None:
        return None
    if kind == "list":
        return [normal(type_text[2:], item) for item in value if item is not None]
    if kind == "reference" and not looked_up(type_text[2:]):
        return _normal_parts(reference_types(type_text[2:]), value)
    if type_text == "int":
        return int(value)
    return _NORMAL[kind](type_text, value) if kind in _NORMAL else value


def _normal_parts(types: Mapping[str, str], value: Mapping[str, Any]) -> dict[str, Any]:
    known = {name: type_text for name, type_text in types.items() if type_text != _NOT_KEPT}
    parts = {name: normal(known[name], part) for name, part in value.items() if name in known}
    return {name: part for name, part in parts.items() if part is not None}


def _as_spelled(type_text: str, value: str) -> str:
    choices = Field((), type_text).choices
    return next(choice for choice in choices if choice.lower() == value.lower())


def looked_up(kind: str) -> bool:
    """Whether a reference of that kind names a row of some table, rather than being the data."""
    return bool(targets_of(kind)) or kind in lookups.BY_REFERENCE


def _of_parts(name: str, kind: str, value: Mapping[str, Any]) -> Iterator[Problem]:
    types = reference_types(kind)
    for part, inner in value.items():
        # What else a reference says is read from the row it names.
        if part in types and part != "_info" and not looked_up(kind):
            yield from problems_of(f"{name}/{part}", types[part], inner)


def _of_scalar(name: str, field: Field, value: Any) -> Iterator[Problem]:
    if field.kind == "numeric":
        yield from _of_number(name, field.type, value)
    elif field.choices and value.lower() not in map(str.lower, field.choices):
        yield "InvalidField", name, "Enum value supplied was invalid"
    elif field.max_length and len(value) > field.max_length:
        text = f"The field {name} must be text of at most {field.max_length} characters."
        yield "MaxLengthField", name, text
    elif field.kind == "datetime":
        try:
            _moment(value)
        except (ValueError, OverflowError):
            yield "InvalidField", name, f"The field {name} must be a time, as 2026-01-31T10:00:00Z."


def _of_number(name: str, type_text: str, value: float) -> Iterator[Problem]:
    if abs(value) > (_LARGEST_INT if type_text == "int" else _LARGEST):
        yield "OutOfRange", name, f"The field {name} is too large."
    elif type_text == "int" and not math.isclose(value, int(value), abs_tol=0.0):
        yield "InvalidField", name, f"The field {name} must be a whole number."


def _moment(text: str) -> datetime:
    """A time; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    zoned = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    if zoned.year < _FIRST_YEAR:
        raise ValueError(f"times begin in {_FIRST_YEAR}")
    return zoned


def _fits(value: Any, kind: str) -> bool:
    expected = _PYTHON_TYPES[kind]
    return isinstance(value, expected) and (bool in expected or not isinstance(value, bool))


_NORMAL: Mapping[str, Callable[[str, str], str]] = {
    "datetime": lambda _, value: iso_seconds(_moment(value)),
    "enum": _as_spelled,
}
