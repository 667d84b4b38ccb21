"""The source tables the pipeline can pull: one declarative entry each, in `tables.json`."""

import json
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from cwp_shared.errors import Terminal
from cwp_shared.names import TableId, table_id

#: The most rows the API gives in a page (connectwise-api.md 2.1).
LARGEST_PAGE = 1000


class Parent(BaseModel):
    """The table whose rows a nested collection hangs on: one request for each of them.

    `which` says whose children an incremental run asks for: of `all` rows of the parent table (few
    parents), or of those `changed` inside the run's own window (many parents; a child that changes
    without its parent arrives with the next full run, see `SourceTable.reconcile_hours`).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: TableId
    which: Literal["all", "changed"]


class SourceTable(BaseModel):
    """How one ConnectWise collection is pulled.

    `path` is relative to the API root; `{id}` in it is the id of a row of `parent`. A table that
    is not `incremental` cannot be asked by lastUpdated and is read in full each time.
    `sensitive_fields` are never stored (`cwp_shared.sensitive`).
    `cadence_minutes` is how often a tick opens a run, `reconcile_hours` how often ids are swept for
    deletes (None: never), unless a tenant says otherwise. Of children of `changed` parents, which
    cost a request a parent either way, all rows are read that often, not the ids alone. `default`
    tables are those that a tenant gets who names none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(pattern=r"^(/([A-Za-z]+|\{id\}))+$")
    incremental: bool
    parent: Parent | None = None
    sensitive_fields: tuple[str, ...] = ()
    page_size: int = Field(default=LARGEST_PAGE, ge=1, le=LARGEST_PAGE)
    cadence_minutes: int = Field(ge=1, le=10_080)
    reconcile_hours: int | None = Field(default=24, ge=1, le=720)
    default: bool = True

    @property
    def swept_by_full_runs(self) -> bool:
        """Whether full runs come by themselves, and list the ids as well as a sweep would."""
        return not self.incremental or self.of_changed_parents

    @property
    def of_changed_parents(self) -> bool:
        """Whether an incremental run asks changed parents only."""
        return self.parent is not None and self.parent.which == "changed"


@cache
def source_tables() -> dict[str, SourceTable]:
    """All tables by id, in the order a tenant's sync shows them.

    Raises:
        ValueError: tables.json contradicts itself; the text names the entry.
    """
    entries = json.loads(files("cwp_shared").joinpath("tables.json").read_text("utf-8"))
    tables = {name: SourceTable.model_validate(entry) for name, entry in entries.items()}
    for name, table in tables.items():
        if name != table_id(table.path):
            raise ValueError(f"tables.json: {name!r} should be {table_id(table.path)!r}")
        if (table.parent is not None) != ("{id}" in table.path):
            raise ValueError(
                f"tables.json: {name!r}: a path with {{id}} needs a parent, and no other"
            )
        if table.parent and tables[table.parent.table].parent:
            raise ValueError(f"tables.json: {name!r}: its parent is nested itself")
    return tables


@cache
def default_tables() -> tuple[str, ...]:
    """What a tenant gets who names no tables."""
    return tuple(name for name, table in source_tables().items() if table.default)


def source_table(name: str) -> SourceTable:
    """One table's entry.

    Raises:
        Terminal: no such table, with the names there are.
    """
    tables = source_tables()
    if name not in tables:
        raise Terminal(f"unknown table {name!r}; known tables: {', '.join(tables)}")
    return tables[name]
