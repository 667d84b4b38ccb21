"""A raw Parquet file, read as far as a mapping needs it (contract: cwp_shared.raw_columns)."""

import io
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cwp_shared import keys
from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping
from cwp_shared.raw_columns import (
    ABSENT_AT,
    KIND_ABSENCES,
    META_KIND,
    META_TABLE,
    META_TENANT,
    PAGE,
    ROW,
    RUN_ID,
    SYSTEM_COLUMNS,
    UPPER,
    WINDOW,
)
from cwp_transformer.casts import source_kind

#: How the system columns are called and typed from here on. Times are UTC without a zone.
_SYSTEM: Final = {
    RUN_ID: ("run_id", pa.string()),
    UPPER: ("upper", pa.timestamp("us")),
    WINDOW: ("id_window", pa.int32()),
    PAGE: ("page", pa.int32()),
    ROW: ("page_row", pa.int32()),
}
#: Columns by name.
Fields = dict[str, pa.ChunkedArray]
SYSTEM_NAMES: Final = (*(name for name, _ in _SYSTEM.values()), "raw_row")


def raw_name(path: str) -> str:
    """The raw column of an API field: `company/id` -> `company__id`."""
    return path.replace("/", "__")


def column_of(path: str) -> str:
    """What `read_raw` calls the column of an API field: no system column begins with a slash."""
    return f"/{path}"


def fields(raw: pa.Table) -> Fields:
    """The columns of `read_raw` by name: a table of many columns looks long for each."""
    return dict(zip(raw.column_names, raw.columns, strict=True))


def read_raw(body: bytes, key: str, mapping: Mapping) -> pa.Table:
    """The file's rows: system columns, `raw_row` (place in the file), and the mapped API fields.

    A field that the file does not have is no column of the result. Names: see `column_of`.

    Raises:
        Terminal: no Parquet, or not a file of this table as the writer makes it; with the reason.
    """
    return read_rows(open_raw(body, key), key, mapping)


def read_rows(file: pq.ParquetFile, key: str, mapping: Mapping) -> pa.Table:
    """As `read_raw`, of a file that is open."""
    names = file.schema_arrow.names
    wanted = {path: raw_name(path) for path in mapping.paths if raw_name(path) in names}
    return _read(file, key, wanted)


def says_absences(file: pq.ParquetFile) -> bool:
    """Whether the file is about ids proven absent, not about rows."""
    metadata = file.schema_arrow.metadata or {}
    return metadata.get(META_KIND) == KIND_ABSENCES


def read_absences(file: pq.ParquetFile, key: str) -> pa.Table:
    """The absences in a file: system columns, `raw_row`, `id` and `absent_at`.

    Raises:
        Terminal: as `read_raw`.
    """
    if missing := {"id", ABSENT_AT} - set(file.schema_arrow.names):
        raise Terminal(f"{key} is no file of absences: it has no column {', '.join(missing)}")
    table = _read(file, key, {"id": "id"})
    columns = {name: table[name] for name in SYSTEM_NAMES}
    columns["id"] = table[column_of("id")]
    columns["absent_at"] = pc.cast(file.read([ABSENT_AT])[ABSENT_AT], pa.timestamp("us"))
    return pa.table(columns)


def _read(file: pq.ParquetFile, key: str, wanted: dict[str, str]) -> pa.Table:
    """The system columns, and the columns `wanted` (by path) under the names of `column_of`."""
    try:
        table = file.read(columns=[*SYSTEM_COLUMNS, *wanted.values()])
        columns = {new: _system(table, old, kind) for old, (new, kind) in _SYSTEM.items()}
        columns["raw_row"] = pa.arange(0, table.num_rows).cast(pa.int32())
        columns |= {column_of(path): _plain(table[name], name) for path, name in wanted.items()}
    except (pa.ArrowException, OSError) as error:
        raise Terminal(f"{key} cannot be read as a raw file: {error}") from error
    # A column without a single value has no type, and says as much as no column.
    return pa.table({n: c for n, c in columns.items() if not pa.types.is_null(c.type)})


def open_raw(body: bytes, key: str) -> pq.ParquetFile:
    """The file, its footer read and its owner checked.

    Raises:
        Terminal: as `read_raw`.
    """
    try:
        file = pq.ParquetFile(io.BytesIO(body))
    except (pa.ArrowException, OSError) as error:
        raise Terminal(f"{key} is not a Parquet file: {error}") from error
    schema = file.schema_arrow
    _check_owner(schema.metadata or {}, key)
    if missing := [name for name in SYSTEM_COLUMNS if name not in schema.names]:
        raise Terminal(f"{key} is not a raw file: it has no column {', '.join(missing)}")
    return file


def _check_owner(metadata: dict[bytes, bytes], key: str) -> None:
    place = keys.parse_raw(key)
    for name, expected in ((META_TENANT, place.tenant_id), (META_TABLE, place.table)):
        if name not in metadata:
            raise Terminal(
                f"{key} does not say whose it is: it has no {name.decode()}, which the writer "
                "always puts; so somebody else made it"
            )
        found = metadata[name].decode("utf-8", "replace")
        if found != expected:
            raise Terminal(
                f"{key} says of itself {name.decode()}={found}: it lies in a wrong place"
            )


def _system(table: pa.Table, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if table[name].null_count:
        raise pa.ArrowInvalid(f"column {name} has NULLs")
    return pc.cast(table[name], kind)


def _plain(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if not pa.types.is_null(column.type) and source_kind(column.type) is None:
        raise pa.ArrowInvalid(
            f"column {name} is {column.type}; raw columns are int64, double, bool or string"
        )
    return column
