"""SQL around a file that cannot be loaded: try another, go on without it, come back to it.

`set_aside` and `rewind` end with the two reads of `schema_sql.py`.
"""
# ruff: noqa: S608 - every name and value below goes through quoting.py, or is a number

from typing import Final

from cwp_loader import schema_sql, sql
from cwp_loader.layout import LONGEST_PROBLEM, ledger
from cwp_loader.quoting import literal, prose
from cwp_loader.table import TableRef

#: Place of the first statement of `probe` that reads the files.
PROBE_COPY: Final = 1


def probe(plan: sql.Load) -> list[str]:
    """Read files without loading them: the temporary table is gone with the session."""
    return sql.stage(plan)


def set_aside(table: TableRef, sequence: int, load_id: str, problem: str) -> list[str]:
    """The ledger passes over one commit, and says why; no row comes in."""
    return [
        sql.guard(table, sequence),
        sql.claim_position(table, sequence, load_id),
        _record_problem(table, sequence, load_id, problem),
        *schema_sql.reads(table, sequence - 1),
    ]


def rewind(table: TableRef, sequence: int) -> list[str]:
    """The ledger forgets all from `sequence` on. The rows stay; loading again mends them.

    A load under way at the same time cannot commit: it writes into a row that is deleted here, or
    finds its guard closed.
    """
    name = literal(table.canonical_table)
    return [
        f"""DELETE FROM {ledger(table)}
WHERE "table_name" = {name} AND "last_sequence" >= {sequence}""",
        f"""UPDATE {ledger(table)}
SET "next_load_id" = NULL
WHERE "table_name" = {name} AND "last_sequence" = (
  SELECT MAX("last_sequence") FROM {ledger(table)} WHERE "table_name" = {name}
)""",
        *schema_sql.reads(table, sequence - 1),
    ]


def _record_problem(table: TableRef, sequence: int, load_id: str, problem: str) -> str:
    return f"""INSERT INTO {ledger(table)}
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at", "problem")
VALUES ({literal(load_id)}, {literal(table.canonical_table)}, {sequence}, {sequence}, 0, GETDATE(),
  {prose(problem, LONGEST_PROBLEM)})"""
