"""How a statement ended, what follows from it, and who looks when nobody was told.

Events are published before the head moves on: they may come twice, they are not lost.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from cwp_loader import schema_sql, sql
from cwp_loader.collaborators import Collaborators
from cwp_loader.data_api import Busy, Outcome
from cwp_loader.head import BUSY_DELAY, WATCH, Head, Position, Work
from cwp_loader.layout import Shape
from cwp_loader.messages import Because, StatementEnded
from cwp_loader.start import begin, claim, restart, resume, widened
from cwp_loader.suspicion import load_failed, probed
from cwp_loader.table import TableRef
from cwp_loader.trouble import ask_for_commits, fail, retry
from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalColumn, TableLoaded

#: Texts by which Redshift refuses one of two transactions that meet: SERIALIZABLE and SNAPSHOT
#: conflicts, two that create the same thing, and our own guard, if no place is told.
_RACES: Final = re.compile(
    r"\b1023\b|serializable isolation|concurrent transaction"
    r"|already exists|duplicate key|divi(sion|de) by zero",
    re.IGNORECASE,
)


#: Batches that do not end with the two reads.
_SILENT: Final = frozenset({"load", "probe", "widen"})


class Census(NamedTuple):
    """How many tables need somebody."""

    #: Loading has stopped: the last failure was final, or a commit does not come.
    held_up: int
    #: A file was set aside.
    incomplete: int


@dataclass(frozen=True)
class _Reading:
    position: Position
    shape: Shape


def ended(on: Collaborators, statement: StatementEnded) -> None:
    """A statement ended. If it is not the one in flight, it is old news, or its head is lost."""
    head = on.state.head(statement.name.table)
    if head.work and head.work.load_id == statement.name.load_id:
        _settle(on, head, head.work, statement.statement_id)
    else:
        wake(on, statement.name.table, "sweep")


def wake(on: Collaborators, table: TableRef, because: Because) -> None:
    """Look at a table: start what can start, or see about a statement whose lease ran out."""
    head = on.state.head(table)
    now = on.clock()
    if head.work:
        if now >= head.work.lease_until:
            _look(on, head, head.work)
    elif because == "operator":
        begin(on, head.doubted())
    elif head.is_known and head.may_start(now):
        begin(on, head)


def reload(on: Collaborators, table: TableRef, first: int) -> None:
    """Have the ledger forget all loads from `first` on, and the commits announced again.

    Raises:
        Terminal: the table was never heard of.
    """
    head = on.state.head(table)
    if not head.is_known:
        raise Terminal(
            f"{table} cannot be loaded again: the loader does not know it; if LoadState was lost, "
            "wake the table without reload_from first"
        )
    if head.work:
        on.wakes.send(table, "operator", WATCH, reload_from=first)
    else:
        claim(on, head.doubted(), "rewind", first=first)


def sweep(on: Collaborators) -> Census:
    """Wake every table that should have moved by now, each by its own message; how all stand."""
    now = on.clock()
    held_up = incomplete = 0
    for head in on.state.heads():
        held_up += head.is_held_up
        incomplete += head.set_aside > 0
        if head.is_due(now):
            on.wakes.send(head.table, "sweep")
    return Census(held_up, incomplete)


def _look(on: Collaborators, head: Head, work: Work) -> None:
    if work.statement_id is None:
        resume(on, head, work)
    else:
        _settle(on, head, work, work.statement_id)


def _settle(on: Collaborators, head: Head, work: Work, statement_id: str) -> None:
    try:
        outcome = on.statements.describe(statement_id)
        reading = _read(on, work, outcome)
    except Busy:
        _ask_again_soon(on, head, statement_id)
        return
    if outcome is None:
        restart(on, head)
    elif outcome.status == "running":
        on.state.save(head.submitted(statement_id, on.clock() + WATCH))
    elif outcome.status == "failed":
        _failed(on, head, work, statement_id, outcome)
    else:
        _finished(on, head, work, statement_id, reading)


def _finished(
    on: Collaborators, head: Head, work: Work, statement_id: str, reading: _Reading | None
) -> None:
    if work.kind == "load":
        _loaded(on, head, work, statement_id)
    elif work.kind == "probe":
        probed(on, head)
    elif work.kind == "widen":
        widened(on, head, work)
    elif reading is None:
        restart(on, head)
    else:
        _prepared(on, head, work, statement_id, reading)


def _ask_again_soon(on: Collaborators, head: Head, statement_id: str) -> None:
    if on.state.save(head.submitted(statement_id, on.clock() + BUSY_DELAY)):
        on.wakes.send(head.table, "sweep", BUSY_DELAY)


def _loaded(on: Collaborators, head: Head, work: Work, statement_id: str) -> None:
    on.bus.publish([_table_loaded(head, work.last, work.rows, statement_id)])
    if saved := on.state.save(head.loaded(work, statement_id, on.clock())):
        begin(on, saved)


def _prepared(
    on: Collaborators, head: Head, work: Work, statement_id: str, reading: _Reading
) -> None:
    position = reading.position
    prepared = head.prepared(position, reading.shape)
    if position.sequence > head.loaded_sequence:
        # A load committed and nobody heard of it, or a file was set aside.
        event = _table_loaded(prepared, position.sequence, position.new_rows, statement_id)
        on.bus.publish([event])
    if work.kind == "rewind":
        ask_for_commits(on, prepared)
    if saved := on.state.save(prepared):
        on.state.raise_highest(head.table, position.sequence)
        begin(on, saved)


def _failed(on: Collaborators, head: Head, work: Work, statement_id: str, outcome: Outcome) -> None:
    reason = _reason(head, work, outcome)
    raced = _lost_a_race(work, outcome)
    if raced and not head.is_last_attempt:
        retry(on, head, reason)
    elif work.kind == "load" and not raced and (outcome.failed_at or 0) >= sql.COPY:
        load_failed(on, head, work, reason, statement_id)
    else:
        fail(on, head, work, reason, statement_id)


def _lost_a_race(work: Work, outcome: Outcome) -> bool:
    """Somebody else did the same, or something in its way: the ledger will say. No failed load."""
    if work.kind == "probe":
        return False
    if work.kind == "load" and outcome.failed_at in {sql.GUARD, sql.ROW_COUNT}:
        return outcome.failed_at == sql.GUARD
    return bool(_RACES.search(outcome.error))


def _reason(head: Head, work: Work, outcome: Outcome) -> str:
    if work.kind == "probe":
        return (
            f"commit {work.first} cannot be read either, so the fault may not be in the file of "
            f"commit {head.loaded_sequence + 1}: {outcome.error}"
        )
    if work.kind == "load" and outcome.failed_at == sql.GUARD:
        return f"the ledger does not stand at sequence {work.first - 1}: {outcome.error}"
    if work.kind == "load" and outcome.failed_at == sql.ROW_COUNT:
        return (
            f"the files of commits {work.first} to {work.last} do not hold the {work.rows} rows "
            f"that their events announced: {outcome.error}"
        )
    return outcome.error


def _read(on: Collaborators, work: Work, outcome: Outcome | None) -> _Reading | None:
    """What a batch's two reads say; None if it has none, or they are gone."""
    if outcome is None or outcome.status != "finished" or work.kind in _SILENT:
        return None
    positions = on.statements.rows(outcome.parts[schema_sql.READ_POSITION])
    columns = on.statements.rows(outcome.parts[schema_sql.READ_COLUMNS])
    if positions is None or columns is None:
        return None
    shape = Shape(
        columns=tuple(CanonicalColumn(name=name, type=type_) for name, type_, _ in columns),
        key=tuple(name for name, _, is_key in columns if is_key),
    )
    return _Reading(_position(*positions[0]), shape)


def _position(
    last_sequence: Any, all_rows: Any, new_rows: Any, loaded_at: Any, set_aside: Any
) -> Position:
    # The Data API gives whole numbers as numbers or, from an expression, as text.
    return Position(
        sequence=int(last_sequence),
        all_rows=int(all_rows),
        new_rows=int(new_rows),
        loaded_at=None if loaded_at is None else datetime.fromtimestamp(int(loaded_at), UTC),
        set_aside=int(set_aside),
    )


def _table_loaded(head: Head, sequence: int, rows: int, statement_id: str) -> TableLoaded:
    return TableLoaded(
        tenant_id=head.tenant_id,
        canonical_table=head.canonical_table,
        sequence=sequence,
        rows=rows,
        statement_id=statement_id,
        set_aside=head.set_aside,
    )
