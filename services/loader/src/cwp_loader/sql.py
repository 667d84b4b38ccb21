"""SQL that loads commits: one BatchExecuteStatement, one transaction.

The ledger row commits together with the rows it vouches for. Two loads of the same commits cannot
both commit, whichever isolation level the warehouse has: one that begins later is stopped by the
guard; and of two that run at the same time both must update the same ledger row, so the warehouse
refuses one of them.
"""
# ruff: noqa: S608 - every name and value below goes through quoting.py, or is a number

from dataclasses import dataclass
from typing import Final

from cwp_loader.layout import Columns, definitions, ledger, names, target, warehouse_columns
from cwp_loader.quoting import identifier, literal
from cwp_loader.table import TableRef

#: Places in the batch: the statements that fail on purpose, and the first that reads the files.
GUARD: Final = 0
COPY: Final = 2
ROW_COUNT: Final = 3

#: What a `close` brings to a row; its other columns are NULL in the file or describe attributes.
CLOSED_COLUMNS: Final = (
    "effective_from",
    "effective_to",
    "is_current",
    "is_deleted",
    "recorded_at",
    "run_id",
    "sequence",
)


@dataclass(frozen=True)
class Load:
    """Commits `first` to `last`, which continue the ledger without a gap and have equal columns."""

    load_id: str
    first: int
    last: int
    rows: int
    #: Of the files, in file order: `op` first.
    columns: Columns
    manifest_url: str
    copy_role_arn: str

    @property
    def staging(self) -> str:
        """The temporary table; no other session sees it, and no other load has its name."""
        return identifier(f"staging_{self.load_id}")


def load(table: TableRef, plan: Load) -> list[str]:
    """Load the files of one manifest.

    Applying operations in sequence order leaves, for each `sk`: the last `open`, unless a later
    `remove` took it; and on what is then there, old or new, the last `close` that is not older.
    Within one sequence the order is remove, open, close.
    """
    return [
        guard(table, plan.first),
        *stage(plan),
        _delete_replaced(table, plan),
        _insert_opened(table, plan),
        _update_closed(table, plan),
        claim_position(table, plan.first, plan.load_id),
        _record(table, plan),
    ]


def stage(plan: Load) -> list[str]:
    """Read the files into the temporary table, and see that they have the rows announced."""
    return [_create_staging(plan), _copy(plan), _row_count(plan)]


def guard(table: TableRef, first: int) -> str:
    """Fails unless the ledger stands right before `first`."""
    # Division by zero is the one way to fail on purpose in plain SQL.
    return f"""SELECT 1 / CASE WHEN COALESCE(MAX("last_sequence"), -1) = {first - 1}
  THEN 1 ELSE 0 END AS "guard"
FROM {ledger(table)}
WHERE "table_name" = {literal(table.canonical_table)}"""


def _create_staging(plan: Load) -> str:
    # A JSON column is text in the file, and COPY would make a text of it in SUPER, not a document.
    staged = (
        column.model_copy(update={"type": "varchar(65535)"}) if column.type == "super" else column
        for column in plan.columns
    )
    return f"CREATE TEMP TABLE {plan.staging} ({definitions(staged)})"


def _copy(plan: Load) -> str:
    return f"""COPY {plan.staging} ({names(plan.columns)})
FROM {literal(plan.manifest_url)}
IAM_ROLE {literal(plan.copy_role_arn)}
FORMAT AS PARQUET MANIFEST"""


def _row_count(plan: Load) -> str:
    return f"""SELECT 1 / CASE WHEN COUNT(*) = {plan.rows}
  THEN 1 ELSE 0 END AS "row_count"
FROM {plan.staging}"""


def _delete_replaced(table: TableRef, plan: Load) -> str:
    # A replayed `open` finds its row and puts the same in its place.
    return f"""DELETE FROM {target(table)}
USING {plan.staging} AS "s"
WHERE {identifier(table.canonical_table)}."sk" = "s"."sk" AND "s"."op" IN ('open', 'remove')"""


def _insert_opened(table: TableRef, plan: Load) -> str:
    columns = warehouse_columns(plan.columns)
    values = ", ".join(
        f"JSON_PARSE({identifier(column.name)})" if column.type == "super" else names([column])
        for column in columns
    )
    return f"""INSERT INTO {target(table)} ({names(columns)})
SELECT {values}
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY "sk" ORDER BY "sequence" DESC, "op") AS "nth"
  FROM {plan.staging}
  WHERE "op" IN ('open', 'remove')
) AS "s"
WHERE "nth" = 1 AND "op" = 'open'"""


def _update_closed(table: TableRef, plan: Load) -> str:
    values = ", ".join(f'{identifier(name)} = "s".{identifier(name)}' for name in CLOSED_COLUMNS)
    row = identifier(table.canonical_table)
    return f"""UPDATE {target(table)}
SET {values}
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY "sk" ORDER BY "sequence" DESC) AS "nth"
  FROM {plan.staging}
  WHERE "op" = 'close'
) AS "s"
WHERE {row}."sk" = "s"."sk" AND "s"."nth" = 1 AND "s"."sequence" >= {row}."sequence\""""


def claim_position(table: TableRef, first: int, load_id: str) -> str:
    """Write into the row before `first`: two who do it at once cannot both commit."""
    return f"""UPDATE {ledger(table)}
SET "next_load_id" = {literal(load_id)}
WHERE "table_name" = {literal(table.canonical_table)} AND "last_sequence" = {first - 1}"""


def _record(table: TableRef, plan: Load) -> str:
    name = literal(table.canonical_table)
    return f"""INSERT INTO {ledger(table)}
  ("load_id", "table_name", "first_sequence", "last_sequence", "rows", "loaded_at")
SELECT {literal(plan.load_id)}, {name}, {plan.first}, {plan.last}, COUNT(*), GETDATE()
FROM {plan.staging}"""
