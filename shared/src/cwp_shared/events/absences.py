"""Deletes: what complete id sweeps of a table no longer find (scd2.md R11)."""

from typing import ClassVar

from pydantic import Field

from cwp_shared.clock import UtcTime
from cwp_shared.events.envelope import Event
from cwp_shared.names import RunId, TableId


class AbsencesProven(Event):
    """Two complete sweeps in a row missed these ids.

    `raw_key` is a file in raw/ that says so to whoever reads raw/
    (`raw_columns.KIND_ABSENCES`): the proof is a fact like any other, and a history made anew
    from raw/ has it too.
    """

    detail_type: ClassVar[str] = "AbsencesProven"
    source: ClassVar[str] = "connectwise.writer"

    #: The later sweep.
    run_id: RunId
    table: TableId
    #: The upper bound of the first sweep that missed one of them; the file says it of each.
    absent_at: UtcTime
    count: int = Field(ge=1)
    raw_key: str


class AbsencesHeld(Event):
    """More ids are missing than the guard allows; nothing is published until an operator agrees."""

    detail_type: ClassVar[str] = "AbsencesHeld"
    source: ClassVar[str] = "connectwise.writer"

    run_id: RunId
    table: TableId
    #: Ids missing from two sweeps, of so many known ones.
    count: int
    known: int
    reason: str


class AbsencesReleased(Event):
    """An operator agrees that what `run_id` missed is deleted, however much it is."""

    detail_type: ClassVar[str] = "AbsencesReleased"
    source: ClassVar[str] = "connectwise.operator"

    run_id: RunId
    table: TableId
