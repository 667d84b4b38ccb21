"""SQL that makes the warehouse ready for a table, and reads where the table stands.

Each function gives one batch: one BatchExecuteStatement of at most 40 statements, one transaction.
Both batches end with the same two reads, whose results say what to do next.
"""
# ruff: noqa: S608 - every name and value below goes through quoting.py, or is a number

from collections.abc import Iterable
from typing import Final

from cwp_loader.layout import (
    LONGEST_PROBLEM,
    Columns,
    current_view,
    definitions,
    ledger,
    names,
    registry,
    target,
)
from cwp_loader.quoting import identifier, literal
from cwp_loader.table import TableRef

#: Places of the two reads in a batch, from its end.
READ_POSITION: Final = -2
READ_COLUMNS: Final = -1

#: New columns need a statement each, and a batch has room for 35 beside the other five.
NEW_COLUMNS_PER_BATCH: Final = 35


def prepare(table: TableRef, known_sequence: int) -> list[str]:
    """Make what all tables of the tenant need, if it is missing, and read where `table` stands."""
    return [
        f"CREATE SCHEMA IF NOT EXISTS {identifier(table.tenant_id)}",
        _create_ledger(table),
        _create_registry(table),
        *reads(table, known_sequence),
    ]


def shape(
    table: TableRef, has: Columns, wanted: Columns, load_id: str, known_sequence: int
) -> list[str]:
    """Give `table` the `wanted` columns it has not; make it if it has none.

    A table that is to get more columns than one batch can add gets the first of them. Nothing here
    says IF NOT EXISTS: a batch that comes twice must fail the second time, or the registry would
    say more than the table has.
    """
    known = {column.name for column in has}
    missing = tuple(column for column in wanted if column.name not in known)
    if has:
        added = missing[:NEW_COLUMNS_PER_BATCH]
        changes = [*_add_columns(table, added), f"DROP VIEW IF EXISTS {current_view(table)}"]
    else:
        added = missing
        changes = [_create_table(table, added), _open_ledger(table, load_id)]
    return [
        *changes,
        _register(table, added, first_position=len(has) + 1),
        _create_view(table, has + added),
        *reads(table, known_sequence),
    ]


def reads(table: TableRef, known_sequence: int) -> list[str]:
    """What the ledger and the registry say; `new_rows` counts loads after `known_sequence`."""
    return [_read_position(table, known_sequence), _read_columns(table)]


def _create_ledger(table: TableRef) -> str:
    return f"""CREATE TABLE IF NOT EXISTS {ledger(table)} (
  "load_id" VARCHAR(64) NOT NULL,
  "table_name" VARCHAR(63) NOT NULL,
  "first_sequence" BIGINT NOT NULL,
  "last_sequence" BIGINT NOT NULL,
  "rows" BIGINT NOT NULL,
  "loaded_at" TIMESTAMP NOT NULL,
  "next_load_id" VARCHAR(64),
  "problem" VARCHAR({LONGEST_PROBLEM})
)"""


def _create_registry(table: TableRef) -> str:
    return f"""CREATE TABLE IF NOT EXISTS {registry(table)} (
  "table_name" VARCHAR(63) NOT NULL,
  "position" INTEGER NOT NULL,
  "column_name" VARCHAR(63) NOT NULL,
  "column_type" VARCHAR(32) NOT NULL
)"""


def _create_table(table: TableRef, columns: Columns) -> str:
    # Sorted by effective_from: as-of questions read the blocks up to their day, and a load appends
    # mostly at the end, so little is left for vacuum. DISTSTYLE AUTO: a small table is kept on
    # every node, a large one is spread by the joins that are really asked for; our own joins, by
    # the hash `sk`, would gain from no key column.
    return (
        f"CREATE TABLE {target(table)} ({definitions(columns)})\n"
        'DISTSTYLE AUTO SORTKEY ("effective_from")'
    )


def _open_ledger(table: TableRef, load_id: str) -> str:
    # Sequence 0: there is always a row that two loads at the same time would both have to update.
    return f"""INSERT INTO {ledger(table)}
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at")
VALUES ({literal(load_id)}, {literal(table.canonical_table)}, 0, 0, 0, GETDATE())"""


def _add_columns(table: TableRef, columns: Columns) -> Iterable[str]:
    # Redshift takes one column a statement.
    return (f"ALTER TABLE {target(table)} ADD COLUMN {definitions([c])}" for c in columns)


def _create_view(table: TableRef, columns: Columns) -> str:
    # Redshift replaces a view only by one with the very same columns, so `shape` drops it before.
    return f"""CREATE VIEW {current_view(table)} AS
SELECT {names(columns)}
FROM {target(table)}
WHERE "is_current\""""


def _register(table: TableRef, columns: Columns, first_position: int) -> str:
    name = literal(table.canonical_table)
    rows = ",\n  ".join(
        f"({name}, {position}, {literal(column.name)}, {literal(column.type)})"
        for position, column in enumerate(columns, first_position)
    )
    return f"""INSERT INTO {registry(table)}
  ("table_name", "position", "column_name", "column_type")
VALUES
  {rows}"""


def _read_position(table: TableRef, known_sequence: int) -> str:
    return f"""SELECT
  COALESCE(MAX("last_sequence"), 0) AS "last_sequence",
  CAST(COALESCE(SUM("rows"), 0) AS BIGINT) AS "all_rows",
  CAST(COALESCE(SUM(CASE WHEN "last_sequence" > {known_sequence} THEN "rows" ELSE 0 END), 0)
    AS BIGINT) AS "new_rows",
  CAST(EXTRACT(EPOCH FROM MAX("loaded_at")) AS BIGINT) AS "loaded_at",
  COUNT("problem") AS "set_aside"
FROM {ledger(table)}
WHERE "table_name" = {literal(table.canonical_table)} AND "last_sequence" > 0"""


def _read_columns(table: TableRef) -> str:
    return f"""SELECT "column_name", "column_type"
FROM {registry(table)}
WHERE "table_name" = {literal(table.canonical_table)}
ORDER BY "position\""""
