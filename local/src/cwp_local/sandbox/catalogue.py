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


@dataclass(frozen=True)
class ChildField:
    """A value in each element of a list: `field` of the elements of `collection`."""

    collection: str
    field: Field


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
        self._known_children: dict[str, ChildField] = {}

    def field(self, name: str) -> Field:
        """The field a condition means by `name`: `Board/Id`, `_info/lastUpdated`, `lastUpdated`.

        Raises:
            UnknownNameError: rows have no such field, or it lies inside a list.
        """
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._resolve(name)
        return found

    def child(self, name: str) -> ChildField:
        """The field of list elements that a child condition means: `communicationItems/value`.

        Raises:
            UnknownNameError: rows have no such list, or its elements no such field.
        """
        found = self._known_children.get(name)
        if found is None:
            found = self._known_children[name] = self._resolve_child(name)
        return found

    def _resolve(self, name: str) -> Field:
        found = _walk(self.types, name.split("/")) or _info(name)
        if found is None:
            raise UnknownNameError(name)
        return found

    def _resolve_child(self, name: str) -> ChildField:
        first, *words = name.split("/")
        collection = _spelled(self.types, first)
        element = self.types.get(collection or "", "").removeprefix("[]->")
        if collection is None or not words or element not in _catalogue()["references"]:
            raise UnknownNameError(name)
        found = _walk(reference_types(element), words)
        if found is None:
            raise UnknownNameError(name)
        return ChildField(collection, found)


def _info(name: str) -> Field | None:
    """What `_info/updatedBy` or a bare `lastUpdated` means."""
    *within, last = name.lower().split("/")
    if within != ["_info"] and (within or last not in _BARE_INFO):
        return None
    spelled = _spelled(_INFO, last)
    return Field(("_info", spelled), _INFO[spelled]) if spelled else None


def _walk(types: Types, words: list[str]) -> Field | None:
    """The value that words lead to through references; none for a list and for `_info`."""
    spelled = _spelled(types, words[0])
    if spelled is None or spelled == "_info":
        return None
    type_text = types[spelled]
    if len(words) == 1:
        return None if kind_of(type_text) == "list" else Field((spelled,), type_text)
    if kind_of(type_text) != "reference":
        return None
    found = _walk(reference_types(type_text[2:]), words[1:])
    return Field((spelled, *found.path), found.type) if found else None


def _spelled(types: Types, name: str) -> str | None:
    return {known.lower(): known for known in types}.get(name.lower())


@cache
def _catalogue() -> dict[str, Any]:
    text = files("cwp_shared").joinpath("connectwise_entities.json").read_text("utf-8")
    catalogue: dict[str, Any] = json.loads(text)
    return catalogue
