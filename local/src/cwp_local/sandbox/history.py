"""The change log: every change ever made to a row, in the order it was made.

From it a test can compute any history of a row without asking the API. Rows as the company was
made are not in it, until one changes: then what it was until then comes first, as `initial`. So
the log has all versions of a row that ever changed, and every other row has one: what it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from cwp_local.sandbox.models import TableChanges
from cwp_local.sandbox.sessions import Session
from cwp_local.sandbox.tables import TABLES, Table
from cwp_shared.clock import iso_seconds

Kind = Literal["initial", "added", "updated", "deleted"]

_INITIAL = (
    "INSERT INTO history (time, kind, name, row_id, packed) "
    "SELECT coalesce(last_updated, '1970-01-01T00:00:00Z'), 'initial', '{table}', id, packed "
    "FROM {table} "
    "WHERE id = ? AND NOT EXISTS (SELECT 1 FROM history WHERE name = '{table}' AND row_id = ?)"
)
_ADD = "INSERT INTO history (time, kind, name, row_id, packed) VALUES (?, ?, ?, ?, ?)"
_SINCE = (
    "SELECT seq, time, kind, name, row_id, packed FROM history WHERE seq > ? ORDER BY seq LIMIT ?"
)
_KINDS = "SELECT kind, name, row_id FROM history WHERE seq > ? AND seq <= ? ORDER BY seq"
_LAST_TIME = "SELECT time FROM history WHERE kind != 'initial' ORDER BY seq DESC LIMIT 1"
_LAST = "SELECT coalesce(max(seq), 0) FROM history"


class Change(NamedTuple):
    """One entry. `time` is the server's at the change, of an `initial` one the row's lastUpdated;
    `body` is the row's JSON from then on, None if it is deleted.
    """  # noqa: D205 - what a tuple holds, in one sentence

    seq: int
    time: str
    kind: Kind
    table: str
    row_id: int
    body: bytes | None


def log_before(session: Session, table: Table, row_id: int) -> None:
    """To be called before a row that is there changes: keeps what it is if it never changed."""
    session.connection.execute(_INITIAL.format(table=table.id), (row_id, row_id))


def log_change(
    session: Session, kind: Kind, table: Table, row_id: int, *, at: datetime, packed: bytes | None
) -> None:
    """Note a change that was just made."""
    entry = (iso_seconds(at), kind, table.id, row_id, packed)
    session.connection.execute(_ADD, entry)


def last_change(session: Session) -> int:
    """The `seq` of the newest entry; 0 if there is none."""
    return int(session.connection.execute(_LAST).fetchone()[0])


def last_change_time(session: Session) -> datetime | None:
    """The server's time at the newest change; None if there is none."""
    found = session.connection.execute(_LAST_TIME).fetchone()
    return datetime.fromisoformat(found[0]) if found else None


def changes_since(session: Session, seq: int, limit: int) -> Iterator[Change]:
    """Up to `limit` entries after `seq`, oldest first."""
    found = session.connection.execute(_SINCE, (seq, limit))
    for number, time, kind, name, row_id, packed in found:
        body = None if packed is None else session.codecs.of(name).unpack(packed)
        yield Change(number, time, kind, name, row_id, body)


def changed_between(session: Session, after: int, until: int) -> Mapping[str, TableChanges]:
    """Per table, which rows are not as they were at `after`, each in one list only.

    A row that was added and deleted in between is in none.
    """
    entries = session.connection.execute(_KINDS, (after, until))
    return summary((kind, name, row_id) for kind, name, row_id in entries)


def summary(entries: Iterable[tuple[Kind, str, int]]) -> Mapping[str, TableChanges]:
    """What changes in this order amount to; entries are (kind, table, row id)."""
    first: dict[tuple[str, int], Kind] = {}
    last: dict[tuple[str, int], Kind] = {}
    for kind, name, row_id in entries:
        if kind != "initial":
            first.setdefault((name, row_id), kind)
            last[name, row_id] = kind
    net: dict[str, dict[str, list[int]]] = {}
    for (name, row_id), kind in sorted(last.items()):
        outcome = _outcome(first[name, row_id], kind)
        if outcome is not None:
            net.setdefault(name, {}).setdefault(outcome, []).append(row_id)
    return {name: TableChanges.model_validate(net.get(name, {})) for name in TABLES}


def _outcome(first: Kind, last: Kind) -> Kind | None:
    """A ticket that is converted and converted back is deleted and added again."""
    was_there, is_there = first != "added", last != "deleted"
    if was_there and is_there:
        return "updated"
    if was_there or is_there:
        return "deleted" if was_there else "added"
    return None
