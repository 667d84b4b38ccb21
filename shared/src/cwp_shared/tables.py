"""The source tables the pipeline can pull: one declarative entry each, in `tables.json`."""

import json
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, Field

from cwp_shared.errors import Terminal
from cwp_shared.names import table_id


class SourceTable(BaseModel):
    """How one ConnectWise collection is pulled.

    `sensitive_fields` are dropped by the writer before anything is stored in raw/; `page_size` is
    at most 1,000, the most the API gives.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str = Field(pattern=r"^(/[A-Za-z]+)+$")
    incremental: bool
    sensitive_fields: tuple[str, ...] = ()
    page_size: int = Field(default=1000, ge=1, le=1000)


@cache
def source_tables() -> dict[str, SourceTable]:
    """All tables by id, in the order a tenant's sync shows them."""
    entries = json.loads(files("cwp_shared").joinpath("tables.json").read_text("utf-8"))
    tables = {name: SourceTable.model_validate(entry) for name, entry in entries.items()}
    for name, table in tables.items():
        if name != table_id(table.path):
            raise ValueError(f"tables.json: {name!r} should be {table_id(table.path)!r}")
    return tables


def source_table(name: str) -> SourceTable:
    """One table's entry.

    Raises:
        Terminal: no such table, with the names there are.
    """
    tables = source_tables()
    if name not in tables:
        raise Terminal(f"unknown table {name!r}; known tables: {', '.join(tables)}")
    return tables[name]
