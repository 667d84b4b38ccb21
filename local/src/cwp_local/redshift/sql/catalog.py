"""What the warehouse knows of its tables: columns with the types they were declared with."""

from dataclasses import dataclass
from typing import Protocol

from cwp_local.redshift.sql.types import RedshiftType

#: DuckDB's names for the three places a table can be. Qualified names are always written with
#: theirs, so that a schema may be called `temp` or `memory` without meaning anything else; and no
#: tenant can be called as the warehouse is.
WAREHOUSE = "rs$warehouse"
TEMPORARY = "temp"
SYSTEM = "memory"


@dataclass(frozen=True)
class TableName:
    """A table as a statement names it: schema, or none and then temporary tables come first."""

    schema: str | None
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class Column:
    """A column of a table; `default` is DuckDB's text of the expression."""

    name: str
    type: RedshiftType
    nullable: bool = True
    default: str | None = None


@dataclass(frozen=True)
class View:
    """A view; `query` is DuckDB's text. A late-binding one depends on nothing."""

    name: TableName
    query: str
    late_binding: bool = False


class Catalog(Protocol):
    """What the rules need to know of the warehouse, inside the running transaction."""

    def columns(self, table: TableName) -> tuple[Column, ...]:
        """The columns in order; empty if there is no such table."""
        ...

    def has_schema(self, name: str) -> bool:
        """Whether there is a schema of this name."""
        ...

    def views(self) -> tuple["View", ...]:
        """All views."""
        ...

    def longest_text(self, table: TableName, column: str) -> int:
        """The most bytes that a value of the column has."""
        ...

    def result_columns(self, query: str) -> tuple[tuple[str, str], ...]:
        """Names and DuckDB's types of a DuckDB query's columns, without running it."""
        ...

    def people(self) -> frozenset[tuple[str, str]]:
        """Users, groups and roles that were made: kind (`USER`, `GROUP`, `ROLE`) and name."""
        ...

    def complaint(self, query: str) -> str:
        """What DuckDB's binder has against a query, in DuckDB's words; "" if nothing."""
        ...


@dataclass(frozen=True)
class Context:
    """Where a statement runs.

    `database` is the one the request names; `in_batch` says that other statements share the
    transaction.
    """

    catalog: Catalog
    database: str
    in_batch: bool = False
