"""The directory of mapping files, read so that one broken file stops only its own table."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from cwp_shared.mapping import Column, Layout, Mapping, MappingError
from cwp_shared.mapping_check import complaints
from cwp_shared.names import NAME_PATTERN, did_you_mean

SCHEMA_FILE: Final = "mapping.schema.json"

_MARK: Final = "\ufeff"
#: Where in a file, from the outside to the inside: names of members and positions in lists.
_Place = tuple[int | str, ...]


@dataclass(frozen=True)
class BrokenMapping:
    """A file that cannot be used. `source` is None when not even that could be read."""

    source: str | None
    error: MappingError


@dataclass(frozen=True)
class Mappings:
    """All mapping files of one directory."""

    valid: tuple[Mapping, ...]
    broken: tuple[BrokenMapping, ...] = ()

    def of_source(self, source: str) -> tuple[Mapping, ...]:
        """The canonical tables made of a source table; none if nobody mapped it.

        Raises:
            MappingError: a mapping of the table is broken, or a file that may be one is.
        """
        found = tuple(mapping for mapping in self.valid if mapping.source == source)
        for broken in self.broken:
            if broken.source == source or (broken.source is None and not found):
                raise broken.error
        return found

    def of_table(self, table: str) -> Mapping | None:
        """The mapping of one canonical table."""
        return next((mapping for mapping in self.valid if mapping.table == table), None)


def parse_mapping(text: str, file_name: str) -> Mapping:
    """Read and check one mapping.

    Raises:
        MappingError: naming `file_name`, column and reason of everything that is wrong.
    """
    if repeated := _repeated(text):
        raise MappingError(f"mappings/{file_name}: {'; '.join(repeated)}")
    try:
        mapping = Mapping.model_validate_json(text)
    except ValidationError as error:
        wrong = "; ".join(_describe(e["loc"], _reason(e), text) for e in error.errors())
        raise MappingError(f"mappings/{file_name}: {wrong}") from None
    if found := complaints(mapping, file_name):
        raise MappingError(f"mappings/{file_name}: {'; '.join(found)}")
    return mapping


def _repeated(text: str) -> list[str]:
    """Members that one object of the file has twice, of which only one would count."""
    try:
        found = list(_twice(json.loads(text, object_pairs_hook=_Members), ()))
    except (ValueError, RecursionError):
        return []  # the model says it better
    return [_describe(place, f"{name} is there twice", text) for place, name in found]


class _Members(dict[str, object]):
    """A JSON object that knows which names it has twice."""

    def __init__(self, members: list[tuple[str, object]]) -> None:
        super().__init__(members)
        names = [name for name, _ in members]
        self.twice = [name for name in self if names.count(name) > 1]


def _twice(content: object, place: _Place) -> Iterator[tuple[_Place, str]]:
    if isinstance(content, _Members):
        yield from ((place, name) for name in content.twice)
        for name, part in content.items():
            yield from _twice(part, (*place, name))
    if isinstance(content, list):
        for position, part in enumerate(content):
            yield from _twice(part, (*place, position))


def _reason(error: ErrorDetails) -> str:
    if error.get("ctx", {}).get("pattern") == NAME_PATTERN:
        return (
            f"{error['input']!r} is no name: it begins with a lower-case letter, and lower-case "
            "letters, digits and '_' follow, 63 characters in all at most"
        )
    if error["type"] != "extra_forbidden":
        return error["msg"].removeprefix("Value error, ")
    known = [f.alias or name for name, f in _owner(error["loc"]).model_fields.items()]
    return f"there is no such member{did_you_mean(str(error['loc'][-1]), known)}"


def _owner(place: _Place) -> type[BaseModel]:
    match place[0]:
        case "columns":
            return Column
        case "warehouse":
            return Layout
    return Mapping


def _describe(place: _Place, message: str, text: str) -> str:
    match place:
        case ():
            return message
        case ("columns", int(position), *rest):
            columns = json.loads(text)["columns"]
            entry = columns[position]
            name = entry.get("name", position + 1) if isinstance(entry, dict) else position + 1
            return ": ".join([f"column {name}", *map(str, rest), message])
        case _:
            return f"{'.'.join(map(str, place))}: {message}"


def read_mappings(directory: Path) -> Mappings:
    """Read every mapping in `directory`.

    Raises:
        MappingError: there is no such directory.
    """
    if not directory.is_dir():
        raise MappingError(f"there is no mappings directory {directory}; set MAPPINGS_DIR")
    names = sorted(path for path in directory.glob("*.json") if path.name != SCHEMA_FILE)
    return _sorted_out([(path.name, path.read_bytes()) for path in names])


def _sorted_out(files: Iterable[tuple[str, bytes]]) -> Mappings:
    valid, broken = [], []
    for name, content in files:
        try:
            valid.append(parse_mapping(_decoded(content, name), name))
        except MappingError as error:
            broken.append(BrokenMapping(_source_of(content), error))
    return Mappings(tuple(valid), tuple(broken))


def _decoded(content: bytes, file_name: str) -> str:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise MappingError(
            f"mappings/{file_name}: line {line} is not UTF-8; save the file as UTF-8"
        ) from None
    if text.startswith(_MARK):
        raise MappingError(
            f"mappings/{file_name}: it begins with a byte order mark; save it as UTF-8 without one"
        )
    return text


def _source_of(content: bytes) -> str | None:
    try:
        source = json.loads(content.decode("utf-8", "replace").removeprefix(_MARK))["source"]
    except (ValueError, KeyError, TypeError):
        return None
    return source if isinstance(source, str) else None
