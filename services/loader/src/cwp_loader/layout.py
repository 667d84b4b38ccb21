"""The warehouse's layout, and its names as SQL.

A schema per tenant; in it the canonical tables, a view of the current rows of each, and the
loader's own two tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cwp_loader.quoting import identifier
from cwp_loader.table import TableRef
from cwp_shared.events import CanonicalColumn, CanonicalCommitted, WarehouseLayout

Columns = tuple[CanonicalColumn, ...]


@dataclass(frozen=True)
class Shape:
    """What a table looks like, or should: columns in order, and those that identify a record."""

    columns: Columns
    key: tuple[str, ...]
    #: How it is stored; only a table that is yet to be made has one.
    layout: WarehouseLayout = field(default_factory=WarehouseLayout)


def wanted_shape(commit: CanonicalCommitted) -> Shape:
    """What the table must look like to take a commit's file."""
    return Shape(warehouse_columns(commit.columns), commit.key_columns, commit.layout)


#: One row a load. Committed together with the rows it vouches for.
LEDGER: Final = "load_ledger"
#: Bytes of a ledger row's `problem`: why a file was set aside.
LONGEST_PROBLEM: Final = 4000
#: What the canonical tables look like. The warehouse's catalogue says so too, but this is exact
#: about types, and changes in the same transaction as the tables do.
REGISTRY: Final = "load_columns"


def warehouse_columns(file_columns: Columns) -> Columns:
    """The columns that the warehouse table has for a file: all but the operation."""
    return tuple(column for column in file_columns if column.name != "op")


def names(columns: Iterable[CanonicalColumn]) -> str:
    """`"sk", "tenant_id", ...`."""
    return ", ".join(identifier(column.name) for column in columns)


def definitions(columns: Iterable[CanonicalColumn]) -> str:
    """`"sk" VARCHAR(32), "tenant_id" VARCHAR(63), ...`; types are checked by the contract."""
    return ", ".join(f"{identifier(column.name)} {column.type.upper()}" for column in columns)


def target(table: TableRef) -> str:
    """The canonical table."""
    return identifier(table.tenant_id, table.canonical_table)


def current_view(table: TableRef) -> str:
    """The view of its current rows."""
    return identifier(table.tenant_id, f"{table.canonical_table}_current")


def ledger(table: TableRef) -> str:
    """The ledger beside it."""
    return identifier(table.tenant_id, LEDGER)


def registry(table: TableRef) -> str:
    """The registry of columns beside it."""
    return identifier(table.tenant_id, REGISTRY)
