"""Commits arrive: each is checked and kept as pending, and its table waits for its window."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from cwp_loader.layout import LEDGER, REGISTRY
from cwp_loader.load_state import CommitStore
from cwp_loader.sql import CLOSED_COLUMNS
from cwp_loader.table import TableRef
from cwp_loader.wakes import LONGEST_DELAY, Wakes
from cwp_loader.windows import Windows, opening
from cwp_shared import keys
from cwp_shared.clock import Clock
from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalCommitted, parse_envelope

#: What the load's SQL names; the rest of a file is the mapping's business.
_NEEDED_COLUMNS: Final = frozenset({"op", "sk", *CLOSED_COLUMNS})


def read_commit(body: str) -> CanonicalCommitted:
    """The commit in a message of the commits queue.

    Raises:
        Terminal: not a CanonicalCommitted, or one that cannot be loaded as it stands.
    """
    commit = parse_envelope(body, [CanonicalCommitted])
    for complaint in _complaints(commit):
        raise Terminal(
            f"commit {commit.sequence} of {commit.tenant_id}.{commit.canonical_table} {complaint}"
        )
    return commit


def _complaints(commit: CanonicalCommitted) -> Iterable[str]:
    names = [column.name for column in commit.columns]
    if missing := _NEEDED_COLUMNS.difference(names):
        yield f"lacks the columns {', '.join(sorted(missing))}"
    if names[:1] != ["op"]:
        yield "must have 'op' as its first column"
    if len(set(names)) < len(names):
        yield "names a column twice"
    # A file of another tenant's prefix would put that tenant's rows into this tenant's schema.
    stamp = commit.key.rpartition("/")[2].removesuffix(".parquet")
    if commit.key != keys.canonical(commit.tenant_id, commit.canonical_table, stamp):
        yield f"has the key {commit.key!r}, which is not one of its table"
    if commit.canonical_table in {LEDGER, REGISTRY}:
        yield "has the name of a table that the loader keeps for itself"


@dataclass(frozen=True)
class Keeping:
    """What the logic of `gather` works with."""

    store: CommitStore
    wakes: Wakes
    windows: Windows
    clock: Clock


def gather(on: Keeping, bodies: Mapping[str, str]) -> dict[str, Exception]:
    """Keep the commits of one batch of messages; the error of each message that failed.

    A commit is acknowledged only when it is kept and its table has been given a time to load.
    """
    failures: dict[str, Exception] = {}
    kept: dict[TableRef, dict[str, int]] = defaultdict(dict)
    for message_id, body in bodies.items():
        try:
            commit = read_commit(body)
            on.store.add(commit)
        except Exception as error:  # noqa: BLE001 - one message's failure must not be another's
            failures[message_id] = error
        else:
            table = TableRef(commit.tenant_id, commit.canonical_table)
            kept[table][message_id] = commit.sequence
    for table, sequences in kept.items():
        try:
            _put_down(on, table, max(sequences.values()))
        except Exception as error:  # noqa: BLE001 - as above, table by table
            failures.update(dict.fromkeys(sequences, error))
    return failures


def _put_down(on: Keeping, table: TableRef, highest: int) -> None:
    """The table is to be loaded when its window opens; what SQS cannot hold so long, sweeps find.

    `due` comes last: whoever sees it sees the commits too.
    """
    now = on.clock()
    on.store.raise_highest(table, highest)
    due = on.store.set_due(table, opening(now, on.windows.length(table)))
    delay = max(due - now, timedelta(0))
    if delay <= LONGEST_DELAY:
        on.wakes.send(table, "commit", delay)
