"""When a table cannot move now: say so, remember why, and see that it is looked at again."""

from typing import Final

from cwp_loader.collaborators import Collaborators
from cwp_loader.head import BUSY_DELAY, GAP_IS_FAILURE, GAP_PATIENCE, Head, Work
from cwp_loader.plan import Difference
from cwp_shared.events import CanonicalCommitted, CommitsRequested, LoadFailed

#: LoadFailed carries one; where nothing was submitted there is none.
NO_STATEMENT: Final = ""


def fail(on: Collaborators, head: Head, work: Work, reason: str, statement_id: str) -> None:
    """The batch failed, or was refused: publish it, and try again later."""
    publish_failure(on, head, work, reason, statement_id)
    retry(on, head, reason)


def retry(on: Collaborators, head: Head, reason: str) -> None:
    """Try again later; after the last attempt the table is blocked."""
    now = on.clock()
    saved = on.state.save(head.failed(reason, now))
    if saved and saved.retry_at:
        on.wakes.send(head.table, "sweep", saved.retry_at - now)


def refuse(
    on: Collaborators, head: Head, batch: tuple[CanonicalCommitted, ...], difference: Difference
) -> None:
    """The files do not fit the table, and trying cannot change that."""
    reason = (
        f"commits {batch[0].sequence} to {batch[-1].sequence} do not fit the warehouse table, "
        f"which cannot be changed so in place: {'; '.join(difference.refused)}. Map the field to a "
        "new column, or the record to a new table"
    )
    _publish(on, head, (batch[0].sequence, batch[-1].sequence), reason)
    on.state.save(head.refused(reason, on.clock()))


def postpone(on: Collaborators, head: Head, reason: str) -> None:
    """The warehouse is too busy; that is no failure."""
    if on.state.save(head.postponed(reason, on.clock())):
        on.wakes.send(head.table, "sweep", BUSY_DELAY)


def watch_gap(on: Collaborators, head: Head) -> None:
    """The next commit is not here. If a later one is, wait a while, then ask for it."""
    if not head.is_behind:
        if head.due_at:
            on.state.save(head.rested())
        return
    now = on.clock()
    if head.gap_since is None:
        if on.state.save(head.gap_noticed(now)):
            on.wakes.send(head.table, "sweep", GAP_PATIENCE)
    elif now >= head.gap_since + head.gap_patience:
        ask_for_commits(on, head)
        reported = head.gap_reported(now)
        if reported.gap_asked == GAP_IS_FAILURE:
            _publish(on, head, _open_range(head), str(reported.last_error))
        on.state.save(reported)


def ask_for_commits(on: Collaborators, head: Head) -> None:
    """Have everything announced again that comes after what is loaded."""
    request = CommitsRequested(
        tenant_id=head.tenant_id,
        canonical_table=head.canonical_table,
        after_sequence=head.loaded_sequence,
    )
    on.bus.publish([request])


def publish_failure(
    on: Collaborators,
    head: Head,
    work: Work,
    reason: str,
    statement_id: str,
    *,
    set_aside: bool = False,
) -> None:
    """Say that a batch was rolled back or not taken, and what for."""
    commits = (work.first, work.last) if work.last else _open_range(head)
    _publish(on, head, commits, reason, statement_id, set_aside=set_aside)


def _open_range(head: Head) -> tuple[int, int]:
    first = head.loaded_sequence + 1
    return first, max(first, head.highest_sequence)


def _publish(
    on: Collaborators,
    head: Head,
    commits: tuple[int, int],
    reason: str,
    statement_id: str = NO_STATEMENT,
    *,
    set_aside: bool = False,
) -> None:
    event = LoadFailed(
        tenant_id=head.tenant_id,
        canonical_table=head.canonical_table,
        first_sequence=commits[0],
        last_sequence=commits[1],
        reason=reason,
        statement_id=statement_id,
        set_aside=set_aside,
    )
    on.bus.publish([event])
