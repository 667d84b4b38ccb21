"""What the API calls its fields: names and types, from the catalogue that mappings use too."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

Kind = Literal["numeric", "string", "boolean", "datetime", "enum", "reference", "list", "object"]
Types = Mapping[str, str]

_SCALARS: dict[str, Kind] = {
    "int": "numeric",
    "double": "numeric",
    "bool": "boolean",
    "date-time": "datetime",
    "object": "object",
}

#: `_info` is an open map; these of its names can be filtered and sorted by.
_INFO: Types = {
    "lastUpdated": "date-time",
    "updatedBy": "string",
    "dateEntered": "date-time",
    "enteredBy": "string",
}
#: Work as bare names wherever a row has no field of its own of that name.
_BARE_INFO = ("lastupdated", "dateentered")

#: Real answers spell these otherwise than the published descriptions do.
_SPELLING = {("ServiceStatusReference", "sort"): "Sort"}


class UnknownNameError(ValueError):
    """A name that the rows of a collection do not have; carries the name as the caller wrote it."""


@dataclass(frozen=True)
class Field:
    """One value of a row: where it lies in the JSON, and what can be compared with it."""

    path: tuple[str, ...]
    type: str

    @property
    def kind(self) -> Kind:
        """The type's family."""
        return kind_of(self.type)

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of an enum, as the API spells them; empty for other kinds."""
        found = re.fullmatch(r"enum:(.+)", self.type)
        return tuple(found[1].split("|")) if found else ()

    @property
    def max_length(self) -> int | None:
        """Longest text the API takes, if it says so."""
        found = re.fullmatch(r"string\((\d+)\)", self.type)
        return int(found[1]) if found else None


def kind_of(type_text: str) -> Kind:
    """The family of a type as the catalogue writes it, `string(50)` or `->BoardReference`."""
    if type_text.startswith("[]"):
        return "list"
    if type_text.startswith("->"):
        return "reference"
    if type_text.startswith("enum:"):
        return "enum"
    return _SCALARS.get(type_text, "string")


def reference_types(reference: str) -> dict[str, str]:
    """Names and types of a reference object's parts, spelled as real answers spell them."""
    types: Types = _catalogue()["references"][reference]
    return {_SPELLING.get((reference, name), name): kind for name, kind in types.items()}


class Entity:
    """The fields that rows of one collection have; `path` as in the catalogue.

    Args:
        path: `/service/tickets`.
        never_returned: fields that only a POST takes, and that no answer carries.
    """

    def __init__(self, path: str, never_returned: Iterable[str] = ()) -> None:
        hidden = frozenset(never_returned)
        types: Types = _catalogue()["entities"][path]["fields"]
        self.types = {name: kind for name, kind in types.items() if name not in hidden}
        self._known: dict[str, Field] = {}

    def field(self, name: str) -> Field:
        """The field a condition means by `name`: `Board/Id`, `_info/lastUpdated`, `lastUpdated`.

        Raises:
            UnknownNameError: rows have no such field, or it lies inside a list.
        """
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._resolve(name)
        return found

    def _resolve(self, name: str) -> Field:
        found = _walk(self.types, name.split("/"))
        if found is None and name.lower() in _BARE_INFO:
            found = _walk(self.types, ["_info", name])
        if found is None:
            raise UnknownNameError(name)
        return found


def _walk(types: Types, words: list[str]) -> Field | None:
    spelled = {known.lower(): known for known in types}.get(words[0].lower())
    if spelled is None:
        return None
    type_text = "object" if spelled == "_info" else types[spelled]
    if len(words) == 1:
        return None if kind_of(type_text) in ("list", "object") else Field((spelled,), type_text)
    inner = _parts(spelled, type_text)
    found = _walk(inner, words[1:]) if inner else None
    return Field((spelled, *found.path), found.type) if found else None


def _parts(name: str, type_text: str) -> Types:
    if name == "_info":
        return _INFO
    return reference_types(type_text[2:]) if kind_of(type_text) == "reference" else {}


@cache
def _catalogue() -> dict[str, Any]:
    text = files("cwp_shared").joinpath("connectwise_entities.json").read_text("utf-8")
    catalogue: dict[str, Any] = json.loads(text)
    return catalogue
