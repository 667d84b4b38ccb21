"""SQL that makes the warehouse ready for a table, and reads where the table stands.

Each function gives one batch: one BatchExecuteStatement of at most 40 statements. `prepare` and
`shape` are one transaction each, and end with the same two reads, which say what to do next.
"""
# ruff: noqa: S608 - every name and value below goes through quoting.py, or is a number

from collections.abc import Iterable
from typing import Final

from cwp_loader.layout import (
    LONGEST_PROBLEM,
    Columns,
    Shape,
    current_view,
    definitions,
    ledger,
    names,
    registry,
    target,
)
from cwp_loader.plan import compare
from cwp_loader.quoting import identifier, literal
from cwp_loader.table import TableRef

#: Places of the two reads in a batch, from its end.
READ_POSITION: Final = -2
READ_COLUMNS: Final = -1

#: A column needs a statement of its own, and a batch has room for 34 beside the other six.
COLUMNS_PER_BATCH: Final = 34


def prepare(table: TableRef, known_sequence: int) -> list[str]:
    """Make what all tables of the tenant need, if it is missing, and read where `table` stands."""
    return [
        f"CREATE SCHEMA IF NOT EXISTS {identifier(table.tenant_id)}",
        _create_ledger(table),
        _create_registry(table),
        *reads(table, known_sequence),
    ]


def shape(
    table: TableRef, has: Shape, wanted: Shape, load_id: str, known_sequence: int
) -> list[str]:
    """Give `table` the columns it lacks, or make it; write down what `widen` has done before.

    A table that is to get more columns than one batch can add gets the first of them. Nothing here
    says IF NOT EXISTS: a batch that comes twice must fail the second time, or the registry would
    say more than the table has.
    """
    lacks = compare(has, wanted)
    if not has.columns:
        return [
            _create_table(table, wanted),
            _open_ledger(table, load_id),
            *_register(table, wanted.columns, 1, wanted.key),
            _create_view(table, wanted.columns),
            *reads(table, known_sequence),
        ]
    added = lacks.missing[:COLUMNS_PER_BATCH]
    return [
        *_add_columns(table, added),
        _drop_view(table),
        *_register(table, added, len(has.columns) + 1, has.key),
        *_register_widened(table, lacks.widened[:COLUMNS_PER_BATCH]),
        _create_view(table, has.columns + added),
        *reads(table, known_sequence),
    ]


def widen(table: TableRef, has: Shape, wanted: Shape) -> list[str]:
    """Make room for longer texts; not as a transaction, for there Redshift refuses it.

    The registry learns of it only from the `shape` that follows, so it never says more than the
    table has; what a crash leaves in between is done again. A bound view would stand in the way.
    """
    widened = compare(has, wanted).widened[:COLUMNS_PER_BATCH]
    return [
        _drop_view(table),
        *(
            f"ALTER TABLE {target(table)} "
            f"ALTER COLUMN {identifier(column.name)} TYPE {column.type.upper()}"
            for column in widened
        ),
        _create_view(table, has.columns),
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
  "column_type" VARCHAR(32) NOT NULL,
  "is_key" BOOLEAN NOT NULL
)"""


def _create_table(table: TableRef, wanted: Shape) -> str:
    # What a mapping does not say is sorted by effective_from: as-of questions read the blocks up to
    # their day, and a load appends mostly at the end, so little is left for vacuum. And AUTO: a
    # small table is kept on every node, a large one spread by the joins that are really asked for.
    by = wanted.layout.distribute_by
    is_style = by in {"auto", "all", "even"}
    style = f"DISTSTYLE {by.upper()}" if is_style else f"DISTSTYLE KEY DISTKEY ({identifier(by)})"
    sorted_by = ", ".join(map(identifier, wanted.layout.sort_by))
    columns = definitions(wanted.columns)
    return f"CREATE TABLE {target(table)} ({columns})\n{style} SORTKEY ({sorted_by})"


def _open_ledger(table: TableRef, load_id: str) -> str:
    # Sequence 0: there is always a row that two loads at the same time would both have to update.
    return f"""INSERT INTO {ledger(table)}
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at")
VALUES ({literal(load_id)}, {literal(table.canonical_table)}, 0, 0, 0, GETDATE())"""


def _add_columns(table: TableRef, columns: Columns) -> Iterable[str]:
    # Redshift takes one column a statement.
    return (f"ALTER TABLE {target(table)} ADD COLUMN {definitions([c])}" for c in columns)


def _drop_view(table: TableRef) -> str:
    return f"DROP VIEW IF EXISTS {current_view(table)}"


def _create_view(table: TableRef, columns: Columns) -> str:
    # Redshift replaces a view only by one with the very same columns, so `shape` drops it before.
    return f"""CREATE VIEW {current_view(table)} AS
SELECT {names(columns)}
FROM {target(table)}
WHERE "is_current\""""


def _register(
    table: TableRef, columns: Columns, first_position: int, key: tuple[str, ...]
) -> Iterable[str]:
    name = literal(table.canonical_table)
    rows = ",\n  ".join(
        f"({name}, {position}, {literal(column.name)}, {literal(column.type)}, "
        f"{'TRUE' if column.name in key else 'FALSE'})"
        for position, column in enumerate(columns, first_position)
    )
    if rows:
        yield f"""INSERT INTO {registry(table)}
  ("table_name", "position", "column_name", "column_type", "is_key")
VALUES
  {rows}"""


def _register_widened(table: TableRef, columns: Columns) -> Iterable[str]:
    name = literal(table.canonical_table)
    cases = "\n  ".join(f"WHEN {literal(c.name)} THEN {literal(c.type)}" for c in columns)
    if cases:
        yield f"""UPDATE {registry(table)}
SET "column_type" = CASE "column_name"
  {cases}
  ELSE "column_type" END
WHERE "table_name" = {name}"""


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
    return f"""SELECT "column_name", "column_type", "is_key"
FROM {registry(table)}
WHERE "table_name" = {literal(table.canonical_table)}
ORDER BY "position\""""
