"""A tenant's raw files of one table, counted: which fields occur, and what does not fit a mapping.

The values are taken by the transformer's own code, so what fits here fits there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from cwp_shared import keys
from cwp_shared.mapping import Mapping
from cwp_shared.raw_columns import SYSTEM_COLUMNS
from cwp_transformer.binding import Binding, bind
from cwp_transformer.engine import query
from cwp_transformer.raw_file import fields, open_raw, read_rows, says_absences

#: Longest piece of a value that is shown.
_SHOWN: Final = 40


@dataclass(frozen=True)
class Misfit:
    """Rows whose value a column cannot take; `longest` in bytes."""

    column: str
    type: str
    rows: int
    example: str
    longest: int

    @property
    def told(self) -> str:
        """For people."""
        size = f", the longest is {self.longest} bytes" if self.type.startswith("varchar") else ""
        return f"{self.rows:,} rows do not fit {self.type}, such as {self.example!r}{size}"


@dataclass
class Census:
    """What was counted: rows with a value, by the path of an API field in `fields`.

    In `custom` by the column that a custom field is to be.
    """

    files: int = 0
    rows: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    custom: Counter[str] = field(default_factory=Counter)
    misfits: list[Misfit] = field(default_factory=list)


def newest_files(s3: Any, bucket: str, prefix: str, most: int) -> Iterator[tuple[str, bytes]]:
    """Keys and bodies of the newest objects under a prefix whose names sort by time."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = sorted(item["Key"] for page in pages for item in page.get("Contents", ()))
    for key in found[-most:]:
        yield key, s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def take_census(files: Iterable[tuple[str, bytes]], mapping: Mapping) -> Census:
    """Count the rows of raw files (key, body).

    Raises:
        Terminal: an object is no raw file of the table.
    """
    census, misfits = Census(), dict[str, Misfit]()
    for key, body in files:
        file = open_raw(body, key)
        if says_absences(file):
            continue
        census.files += 1
        census.rows += file.metadata.num_rows
        census.fields.update(_fields(file))
        binding = bind(fields(read_rows(file, key, mapping)), mapping)
        census.custom.update(_custom(binding, mapping))
        for found in _misfits(binding, mapping):
            misfits[found.column] = _together(misfits.get(found.column), found)
    census.misfits = list(misfits.values())
    return census


def raw_prefix(tenant_id: str, mapping: Mapping) -> str:
    """Where a mapping's raw files lie."""
    return keys.raw_prefix(tenant_id, mapping.source)


def _fields(file: pq.ParquetFile) -> Counter[str]:
    """Rows with a value, by path, as the footer tells."""
    counted: Counter[str] = Counter()
    groups = (file.metadata.row_group(number) for number in range(file.metadata.num_row_groups))
    for group in groups:
        for chunk in (group.column(number) for number in range(group.num_columns)):
            name = chunk.path_in_schema
            if name not in SYSTEM_COLUMNS:
                statistics = chunk.statistics
                nulls = statistics.null_count if statistics else 0
                counted[name.replace("__", "/")] += group.num_rows - (nulls or 0)
    return +counted


def _custom(binding: Binding, mapping: Mapping) -> dict[str, int]:
    pairs = zip(mapping.columns, binding.columns, strict=True)
    given = {c.name: bound.given for c, bound in pairs if c.custom_field is not None}
    if not given:
        return {}
    chosen = ", ".join(f'count(*) FILTER ({sql}) AS "{name}"' for name, sql in given.items())
    counted: dict[str, int] = query(
        f"SELECT {chosen} FROM raw",  # noqa: S608 - the mapping model checks names
        raw=pa.table(binding.inputs),
    ).to_pylist()[0]
    return {name: rows for name, rows in counted.items() if rows}


def _misfits(binding: Binding, mapping: Mapping) -> Iterator[Misfit]:
    asked = [*_columns(binding, mapping), *_times(binding, mapping)]
    values = [f"{bound.value} AS v{number}" for number, bound in enumerate(binding.columns)]
    chosen = ", ".join(
        f"count(*) FILTER ({bad}) AS n{place}, "
        f"min(left(CAST({shown} AS VARCHAR), {_SHOWN})) FILTER ({bad}) AS e{place}, "
        f"max(strlen(CAST({shown} AS VARCHAR))) FILTER ({bad}) AS l{place}"
        for place, (_, _, bad, shown) in enumerate(asked)
    )
    # Every name and literal is the binding's: columns by number, texts quoted.
    counted = query(
        f"WITH typed AS (SELECT *, {', '.join(values)} FROM raw) SELECT {chosen} FROM typed",  # noqa: S608 - see above
        raw=pa.table(binding.inputs),
    ).to_pylist()[0]
    for place, (name, kind, _, _) in enumerate(asked):
        if rows := counted[f"n{place}"]:
            example, longest = counted[f"e{place}"], counted[f"l{place}"]
            yield Misfit(name, kind, rows, example or "", longest or 0)


def _columns(binding: Binding, mapping: Mapping) -> Iterator[tuple[str, str, str, str]]:
    """Name, type, SQL that is true where it does not fit, SQL of what is there."""
    pairs = enumerate(zip(mapping.columns, binding.columns, strict=True))
    for number, (column, bound) in pairs:
        name = f"v{number}"
        missing = f"OR {name} IS NULL" if column.name in mapping.key else ""
        yield column.name, column.type, f"({bound.misfit(name)} {missing})", bound.shown


def _times(binding: Binding, mapping: Mapping) -> Iterator[tuple[str, str, str, str]]:
    updated, created = binding.updated, binding.created
    if mapping.updated_at:
        yield mapping.updated_at, "a time", f"({updated.value}) IS NULL", updated.shown
    if mapping.created_at:
        bad = f"{created.given} AND ({created.value}) IS NULL"
        yield mapping.created_at, "a time", bad, created.shown


def _together(one: Misfit | None, other: Misfit) -> Misfit:
    if one is None:
        return other
    return replace(one, rows=one.rows + other.rows, longest=max(one.longest, other.longest))
