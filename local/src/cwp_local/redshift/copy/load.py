"""Running a COPY: manifest, files one by one, rows into the table, all in the open transaction."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from cwp_local.redshift.copy.command import CopyCommand
from cwp_local.redshift.copy.manifest import Entry, read_manifest
from cwp_local.redshift.copy.parquet import check_schema, check_values, spectrum_error
from cwp_local.redshift.errors import SqlError
from cwp_local.redshift.objects import Objects, S3Failure
from cwp_local.redshift.sql import expressions, names, writes
from cwp_local.redshift.sql.catalog import Column, Context

_BATCH = "rs_copy"
_ROWS_PER_BATCH = 65_536


class Loader(Protocol):
    """What a COPY needs of the session it runs in."""

    def insert_from(self, view: str, rows: pa.Table, statement: str) -> int:
        """Run `statement`, which reads `rows` under the name `view`; rows inserted."""
        ...


@dataclass(frozen=True)
class _Target:
    """Where the rows go. `columns` are the list's, in the order of the file."""

    columns: Sequence[Column]
    statement: str


def run_copy(
    command: CopyCommand,
    context: Context,
    loader: Loader,
    objects: Objects,
    check_cancelled: Callable[[], None],
) -> int:
    """Load all files of the manifest; the number of rows.

    Raises:
        SqlError: nothing is loaded, the transaction must be rolled back.
    """
    target = _target(command, context)
    url = f"s3://{command.bucket}/{command.key}"
    try:
        body = objects.read(command.bucket, command.key)
    except S3Failure as error:
        raise SqlError(f"Problem reading manifest file - {error} ({url})") from None
    entries = read_manifest(body, url).entries
    loaded = rows = 0
    with tempfile.TemporaryDirectory(prefix="redshift-copy-") as folder:
        for entry in entries:
            check_cancelled()
            path = Path(folder) / "part.parquet"
            if _fetched(entry, objects, path):
                loaded += 1
                rows += _load(path, entry, command, target, loader)
    if not loaded:
        raise SqlError(f"The manifest {url} names no file that exists")
    return rows


def _listed(command: CopyCommand, context: Context) -> list[Column]:
    columns = {column.name: column for column in context.catalog.columns(command.table)}
    if not columns:
        raise SqlError(f'relation "{command.table}" does not exist')
    for name in command.columns:
        if name not in columns:
            raise SqlError(f'column "{name}" of relation "{command.table}" does not exist')
    return [columns[name] for name in command.columns] or list(columns.values())


def _fetched(entry: Entry, objects: Objects, path: Path) -> bool:
    """Fetch a file; False if it is missing and may be."""
    try:
        size = objects.fetch(entry.bucket, entry.key, path)
    except S3Failure as error:
        if error.missing and not entry.mandatory:
            return False
        raise SqlError(f"{error} ({entry.url})") from None
    if size != entry.meta.content_length:
        raise SqlError(
            f"The manifest says that {entry.url} has {entry.meta.content_length} bytes "
            f"(meta.content_length), but it has {size}"
        )
    return True


def _load(path: Path, entry: Entry, command: CopyCommand, target: _Target, loader: Loader) -> int:
    try:
        file = pq.ParquetFile(path)
    except pa.ArrowInvalid:
        raise spectrum_error(f"File '{entry.url}' is not a Parquet file") from None
    rows = 0
    with file:
        check_schema(
            file, target.columns, entry.url, fill=command.fill, serialize=command.serialize
        )
        for batch in file.iter_batches(batch_size=_ROWS_PER_BATCH):
            check_values(batch, target.columns, entry.url)
            rows += loader.insert_from(_BATCH, _labelled(batch, target.columns), target.statement)
    return rows


def _labelled(batch: pa.RecordBatch, columns: Sequence[Column]) -> pa.Table:
    """The batch with columns `c0`, `c1`, ...; those the file lacks are NULL (FILLRECORD)."""
    arrays = list(batch.columns)
    arrays += [pa.nulls(batch.num_rows)] * (len(columns) - len(arrays))
    return pa.table(arrays, names=[f"c{place}" for place in range(len(arrays))])


def _target(command: CopyCommand, context: Context) -> _Target:
    columns = _listed(command, context)
    into = exp.Schema(
        this=names.existing(command.table, context),
        expressions=[exp.to_identifier(column.name, quoted=True) for column in columns],
    )
    values = [_value(place, column) for place, column in enumerate(columns)]
    insert = exp.Insert(this=into, expression=exp.select(*values).from_(_BATCH))
    return _Target(columns, insert.sql(dialect="duckdb", copy=False))


def _value(place: int, column: Column) -> exp.Expr:
    value: exp.Expr = exp.column(f"c{place}")
    if column.type.name == "super":
        return expressions.call("to_json", value)
    return writes.fitted(value, column) if column.type.name == "character" else value
