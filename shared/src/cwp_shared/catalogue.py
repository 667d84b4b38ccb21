"""Which fields the API's entities have: `connectwise_entities.json`, and what is odd about them.

A field is named by its path from the record: `summary`, `company/id`, `_info/lastUpdated`. Its type
is written as in the catalogue: `int`, `double`, `bool`, `string`, `string(50)`, `date-time`,
`enum:A|B`, `object`, `->Reference`, `[]element`.
"""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

from cwp_shared.names import did_you_mean

_IN_INFO: Final = "_info/"

#: The part of a record's `_info` that is about the record and not a link.
_INFO_FIELDS: Final = {
    "_info/lastUpdated": "date-time",
    "_info/updatedBy": "string",
    "_info/dateEntered": "date-time",
    "_info/enteredBy": "string",
}

#: Seen on live instances, absent from the published descriptions.
_ODD_FIELDS: Final = {
    "/service/tickets": {"status/Sort": "int", "respondByGoalUTC": "date-time"},
    "/time/entries": {"_info/chargeToMobileGuid": "string"},
}


class UnknownField(LookupError):
    """The entity has no such field; the text says where the path goes wrong."""


@cache
def _catalogue() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(
        files("cwp_shared").joinpath("connectwise_entities.json").read_text("utf-8")
    )
    return content


def entity_paths() -> tuple[str, ...]:
    """The entities there are, by path (`/service/tickets/{id}/notes`)."""
    return tuple(_catalogue()["entities"])


def entity_fields(entity: str) -> dict[str, str]:
    """The fields of an entity, and their types."""
    fields: dict[str, str] = _catalogue()["entities"][entity]["fields"]
    return fields


def reference_fields(reference: str) -> dict[str, str]:
    """The fields of a reference object or of a list's items, and their types."""
    fields: dict[str, str] = _catalogue()["references"][reference]
    return fields


def field_type(entity: str, path: str) -> str:
    """The catalogue's type of `path` in `entity` (`/service/tickets`).

    Raises:
        UnknownField: no such entity or field, with the nearest name there is.
    """
    extra = _INFO_FIELDS | _ODD_FIELDS.get(entity, {})
    if path in extra:
        return extra[path]
    if path.startswith(_IN_INFO):
        known = [name.removeprefix(_IN_INFO) for name in extra if name.startswith(_IN_INFO)]
        step = path.removeprefix(_IN_INFO)
        raise UnknownField(f"_info of {entity} has no field {step!r}{did_you_mean(step, known)}")
    entities = _catalogue()["entities"]
    if entity not in entities:
        raise UnknownField(f"{entity} is not in the entity catalogue")
    return _walk(entity, entities[entity]["fields"], path.split("/"))


def _walk(owner: str, fields: dict[str, str], steps: list[str]) -> str:
    step, *rest = steps
    if step not in fields:
        raise UnknownField(f"{owner} has no field {step!r}{did_you_mean(step, fields)}")
    kind = fields[step]
    if not rest:
        return kind
    if not kind.startswith("->"):
        raise UnknownField(f"{step!r} of {owner} is {kind}: nothing can be named inside it")
    reference = kind.removeprefix("->")
    return _walk(reference, reference_fields(reference), rest)
