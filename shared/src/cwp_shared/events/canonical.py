"""From history to warehouse: commits, and loads of them."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from cwp_shared.events.envelope import Event
from cwp_shared.names import NAME_PATTERN, CanonicalTable, RunId

#: The types a canonical column may have; each exists in Redshift and in Parquet.
COLUMN_TYPE_PATTERN = (
    r"^(bigint|integer|double precision|boolean|date|timestamp|super"
    r"|varchar\(\d{1,5}\)|decimal\(\d{1,2},\d{1,2}\))$"
)


class CanonicalColumn(BaseModel):
    """One column of a canonical table, in Redshift's words."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = Field(pattern=NAME_PATTERN)
    type: str = Field(pattern=COLUMN_TYPE_PATTERN)


class WarehouseLayout(BaseModel):
    """How a warehouse should store a table. It counts when the table is made, not later."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sort_by: tuple[str, ...] = Field(
        default=("effective_from",),
        min_length=1,
        description="Columns by which rows are sorted on disk, the first one first.",
    )
    distribute_by: str = Field(
        default="auto",
        description="auto, all (a copy on every node), even, or the column whose equal values are "
        "to be on one node: that of the most frequent join.",
    )


class CanonicalCommitted(Event):
    """A file of history operations is part of the history, as number `sequence` of its table.

    Sequences of one tenant and canonical table are 1, 2, 3, ... without gaps; applied in that
    order the files give the history, applied twice they change nothing (scd2.md, section 2).
    The event carries the file's schema, so that a consumer needs no mapping to load it.
    """

    detail_type: ClassVar[str] = "CanonicalCommitted"
    source: ClassVar[str] = "connectwise.transformer"

    canonical_table: CanonicalTable
    sequence: int = Field(ge=1)
    key: str
    #: Of the Parquet object; a COPY manifest needs it.
    size_bytes: int
    rows: int
    opened: int
    closed: int
    removed: int
    mapping_version: int
    #: All columns of the file, in file order; the first is `op`.
    columns: tuple[CanonicalColumn, ...]
    #: The columns that identify a record.
    key_columns: tuple[str, ...]
    layout: WarehouseLayout = WarehouseLayout()
    #: The runs whose facts are in this commit.
    run_ids: tuple[RunId, ...]


class CommitsRequested(Event):
    """A consumer misses commits after `after_sequence`; the transformer announces them again."""

    detail_type: ClassVar[str] = "CommitsRequested"
    source: ClassVar[str] = "connectwise.operator"

    canonical_table: CanonicalTable
    after_sequence: int = Field(ge=0)


class RebuildRequested(Event):
    """A history is to be made anew from its raw files, under the mapping that is deployed.

    The transformer sends it to itself again, with the same `rebuild_id`, until that is done.
    """

    detail_type: ClassVar[str] = "RebuildRequested"
    source: ClassVar[str] = "connectwise.operator"

    canonical_table: CanonicalTable
    #: Begins with the time at which it was asked for; one is made once.
    rebuild_id: RunId


class TableLoaded(Event):
    """The warehouse holds the history up to `sequence`; the ledger there says the same."""

    detail_type: ClassVar[str] = "TableLoaded"
    source: ClassVar[str] = "connectwise.loader"

    canonical_table: CanonicalTable
    sequence: int
    rows: int
    statement_id: str
    #: Files up to `sequence` that could not be loaded and are missing there.
    set_aside: int = 0


class LoadFailed(Event):
    """A load was rolled back; the warehouse stands where it stood.

    Or no load is possible: a commit does not arrive, or does not fit the table.
    """

    detail_type: ClassVar[str] = "LoadFailed"
    source: ClassVar[str] = "connectwise.loader"

    canonical_table: CanonicalTable
    first_sequence: int
    last_sequence: int
    reason: str
    statement_id: str
    #: The one file of this load is passed over from now on, until an operator has it loaded again.
    set_aside: bool = False
