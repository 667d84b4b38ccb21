"""What is wrong with mappings, or good to know of them: by the catalogue, and by raw files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from cwp_shared.catalogue import entity_fields, field_type
from cwp_shared.mapping import CUSTOM_FIELDS, Column, Mapping
from cwp_shared.mapping_files import Mappings, read_mappings
from cwp_shared.tables import SourceTable, source_table, source_tables

if TYPE_CHECKING:
    from cwp_ops.raw_census import Census

Kind = Literal[
    "broken", "no mapping", "not mapped", "narrow", "no files", "never occurs", "unknown", "misfit"
]
#: Rows are lost to quarantine, or a whole table stays behind. Everything else is good to know.
WRONG: Final[frozenset[Kind]] = frozenset({"broken", "misfit"})

_BYTES_PER_CHARACTER: Final = 4
_LONGEST: Final = 65_535
#: Part of every record, and taken apart field by field.
_INFO: Final = "_info"


@dataclass(frozen=True)
class Finding:
    """One thing about one table. `field` is an API field or a column, empty for the whole table."""

    table: str
    kind: Kind
    field: str
    detail: str

    @property
    def is_wrong(self) -> bool:
        """Whether somebody has to do something."""
        return self.kind in WRONG


def read(directory: Path, table: str | None) -> tuple[Mappings, list[Finding]]:
    """The mappings of a directory, or one of them; what cannot be used, and what has no mapping."""
    found = read_mappings(directory)
    broken = [Finding("", "broken", "", str(one.error)) for one in found.broken]
    if table:
        named = f"mappings/{table}.json:"
        chosen = Mappings(tuple(m for m in found.valid if m.table == table))
        return chosen, [one for one in broken if one.detail.startswith(named)]
    mapped = {m.source for m in found.valid} | {b.source for b in found.broken}
    unmapped = [
        Finding("", "no mapping", source, "kept in raw/ only")
        for source in source_tables()
        if source not in mapped
    ]
    return found, broken + unmapped


def of_catalogue(mapping: Mapping) -> Iterator[Finding]:
    """What the entity catalogue says about a mapping that can be used."""
    source = source_table(mapping.source)
    known = _known(mapping, source)
    for name, kind in entity_fields(source.path).items():
        if name not in known:
            yield Finding(mapping.table, "not mapped", name, f"{kind}; map it, or name it left_out")
    for column in mapping.columns:
        yield from _narrow(mapping, column, source)


def of_census(mapping: Mapping, census: "Census") -> Iterator[Finding]:
    """What a tenant's raw files say about it."""
    table, source = mapping.table, source_table(mapping.source)
    if not census.files:
        yield Finding(table, "no files", "", "nothing of this table was ever written to raw/")
        return
    looked = f"in {census.rows:,} rows of {census.files} files"
    for name in _absent(mapping, census):
        yield Finding(table, "never occurs", name, looked)
    known = _known(mapping, source)
    catalogue = entity_fields(source.path)
    for name in dict.fromkeys(path.partition("/")[0] for path in census.fields):
        if name not in known and name not in catalogue:
            yield Finding(
                table, "unknown", name, f"sent by the API, not in the catalogue; {looked}"
            )
    for misfit in census.misfits:
        yield Finding(table, "misfit", misfit.column, misfit.told)


def _absent(mapping: Mapping, census: "Census") -> Iterator[str]:
    yield from (path for path in mapping.paths if path not in census.fields)
    for column in mapping.columns:
        if column.custom_field is not None and column.name not in census.custom:
            yield f"{CUSTOM_FIELDS} {column.custom_field!r}"


def _known(mapping: Mapping, source: SourceTable) -> set[str]:
    """The record's own fields that the mapping reads or knowingly leaves."""
    fields: Iterable[str] = (*mapping.paths, *mapping.left_out, *source.sensitive_fields, _INFO)
    return {field.partition("/")[0] for field in fields}


def _narrow(mapping: Mapping, column: Column, source: SourceTable) -> Iterator[Finding]:
    if column.kind != "varchar" or column.values or column.custom_field is not None:
        return
    for path in column.paths:
        kind = field_type(source.path, path)
        if kind.startswith("string("):
            wanted = min(_BYTES_PER_CHARACTER * int(kind[7:-1]), _LONGEST)
            if column.sizes[0] < wanted:
                said = f"{path} is {kind}: varchar({wanted}) holds any, {column.type} does not"
                yield Finding(mapping.table, "narrow", column.name, said)
