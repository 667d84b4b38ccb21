"""The directory of mapping files, read so that one broken file stops only its own table."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cwp_shared.mapping import Mapping, MappingError
from cwp_shared.mapping_check import complaints

SCHEMA_FILE: Final = "mapping.schema.json"


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
    try:
        _check_names(text)
        mapping = Mapping.model_validate_json(text)
    except _NamedTwice as error:
        raise MappingError(f"mappings/{file_name}: {error}") from None
    except ValidationError as error:
        wrong = "; ".join(_describe(e["loc"], e["msg"], text) for e in error.errors())
        raise MappingError(f"mappings/{file_name}: {wrong}") from None
    if found := complaints(mapping, file_name):
        raise MappingError(f"mappings/{file_name}: {'; '.join(found)}")
    return mapping


class _NamedTwice(Exception):
    """An object of the file has a member twice, and only one of the two would count."""


def _check_names(text: str) -> None:
    try:
        json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return  # the model says it better


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(members)
    if len(found) < len(members):
        names = [name for name, _ in members]
        twice = ", ".join(name for name in found if names.count(name) > 1)
        whose = f"column {found['name']}: " if "name" in found and "type" in found else ""
        raise _NamedTwice(f"{whose}{twice} is there twice")
    return found


def _describe(place: tuple[int | str, ...], message: str, text: str) -> str:
    message = message.removeprefix("Value error, ")
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
    return _sorted_out([(path.name, path.read_text("utf-8", "replace")) for path in names])


def _sorted_out(files: Iterable[tuple[str, str]]) -> Mappings:
    valid, broken = [], []
    for name, text in files:
        try:
            valid.append(parse_mapping(text, name))
        except MappingError as error:
            broken.append(BrokenMapping(_source_of(text), error))
    return Mappings(tuple(valid), tuple(broken))


def _source_of(text: str) -> str | None:
    try:
        source = json.loads(text)["source"]
    except (ValueError, KeyError, TypeError):
        return None
    return source if isinstance(source, str) else None
