"""Starting a statement: choose it, claim the head, submit, record.

No call here waits for a statement. A worker may die between any two calls: the claim's lease runs
out, and `resume` submits the same batch under the same token, which runs it once.
"""

from collections.abc import Sequence

from cwp_loader import repair_sql, schema_sql, sql
from cwp_loader.collaborators import Collaborators
from cwp_loader.data_api import Busy, Refused
from cwp_loader.head import CLAIM, TOKEN_LIFE, WATCH, Head, Work
from cwp_loader.layout import wanted_shape
from cwp_loader.messages import Kind, StatementName
from cwp_loader.plan import MOST_COMMITS, compare, next_batch
from cwp_loader.trouble import NO_STATEMENT, fail, postpone, refuse, watch_gap
from cwp_shared.events import CanonicalCommitted

Commits = Sequence[CanonicalCommitted]


def begin(on: Collaborators, head: Head) -> None:
    """Start what the table needs next, if it needs anything. Nothing is in flight."""
    if head.phase != "idle":
        claim(on, head, "prepare")
        return
    # Those just loaded, and any that was announced again since.
    on.state.forget(head.table, head.loaded_sequence)
    pending = on.state.pending(head.table, head.loaded_sequence + 1, MOST_COMMITS)
    batch = next_batch(pending, head.loaded_sequence)
    if not batch:
        watch_gap(on, head)
    elif head.wants_probe and len(pending) > 1:
        claim(on, head, "probe", pending[-1:])
    else:
        _begin_load(on, head, batch)


def _begin_load(on: Collaborators, head: Head, batch: tuple[CanonicalCommitted, ...]) -> None:
    lacks = compare(head.shape, wanted_shape(batch[0]))
    if lacks.refused:
        refuse(on, head, batch, lacks)
    elif head.columns and lacks.widened:
        claim(on, head, "widen", batch[:1])
    elif lacks.missing:
        claim(on, head, "shape", batch[:1])
    else:
        claim(on, head, "load", batch[: head.at_most(MOST_COMMITS)])


def resume(on: Collaborators, head: Head, work: Work) -> None:
    """The worker who claimed did not record a statement: submit again, which runs it once."""
    now = on.clock()
    commits = _claimed_commits(on, head, work)
    if commits is None or now - work.started_at > TOKEN_LIFE:
        restart(on, head)
    elif renewed := on.state.save(head.leased(now + CLAIM)):
        _submit(on, renewed, work, commits)


def widened(on: Collaborators, head: Head, work: Work) -> None:
    """Longer texts have room: write it down, and add what columns are missing."""
    commits = _claimed_commits(on, head, work)
    if commits:
        claim(on, head, "shape", commits)
    else:
        restart(on, head)


def restart(on: Collaborators, head: Head) -> None:
    """Nobody can say any more how the statement ended: ask the ledger."""
    if forgotten := on.state.save(head.forgotten()):
        begin(on, forgotten)


def claim(
    on: Collaborators, head: Head, kind: Kind, commits: Commits = (), *, first: int = 0
) -> None:
    """Claim the head for a statement, and submit it; nothing if somebody else was faster."""
    now = on.clock()
    work = Work(
        kind=kind,
        load_id=on.new_id(),
        first=commits[0].sequence if commits else first,
        last=commits[-1].sequence if commits else 0,
        rows=sum(commit.rows for commit in commits),
        started_at=now,
        lease_until=now + CLAIM,
    )
    if claimed := on.state.save(head.claimed(work)):
        _submit(on, claimed, work, commits)


def _submit(on: Collaborators, head: Head, work: Work, commits: Commits) -> None:
    name = StatementName(
        tenant_id=head.tenant_id,
        canonical_table=head.canonical_table,
        kind=work.kind,
        load_id=work.load_id,
    )
    batch = _batch(on, head, work, commits)
    try:
        statement_id = on.statements.submit(
            str(name), batch, token=work.load_id, transaction=work.kind != "widen"
        )
    except Busy as error:
        postpone(on, head, str(error))
    except Refused as error:
        fail(on, head, work, str(error), NO_STATEMENT)
    else:
        # If this is lost to the statement's own event, which came first, nothing is missing.
        on.state.save(head.submitted(statement_id, on.clock() + WATCH))


def _batch(on: Collaborators, head: Head, work: Work, commits: Commits) -> list[str]:
    """The SQL: the same for the same head and work, so that a repeated submit is the same."""
    table, known = head.table, head.loaded_sequence
    match work.kind:
        case "prepare":
            return schema_sql.prepare(table, known)
        case "widen":
            return schema_sql.widen(table, head.shape, wanted_shape(commits[0]))
        case "shape":
            wanted = wanted_shape(commits[0])
            return schema_sql.shape(table, head.shape, wanted, work.load_id, known)
        case "load":
            return sql.load(table, _plan(on, head, work, commits))
        case _:
            return _repair_batch(on, head, work, commits)


def _repair_batch(on: Collaborators, head: Head, work: Work, commits: Commits) -> list[str]:
    if work.kind == "probe":
        return repair_sql.probe(_plan(on, head, work, commits))
    if work.kind == "rewind":
        return repair_sql.rewind(head.table, work.first)
    reason = head.last_error or ""
    on.quarantine.note(commits[0], reason)
    return repair_sql.set_aside(head.table, work.first, work.load_id, reason)


def _plan(on: Collaborators, head: Head, work: Work, commits: Commits) -> sql.Load:
    return sql.Load(
        load_id=work.load_id,
        first=work.first,
        last=work.last,
        rows=work.rows,
        columns=commits[0].columns,
        manifest_url=on.manifests.write(head.table, work.load_id, commits),
        copy_role_arn=on.copy_role_arn,
    )


def _claimed_commits(on: Collaborators, head: Head, work: Work) -> Commits | None:
    """The commits the claim was made for; None if they are not all here."""
    if not work.last:
        return ()
    wanted = list(range(work.first, work.last + 1))
    commits = on.state.pending(head.table, work.first, len(wanted))
    return commits if [commit.sequence for commit in commits] == wanted else None
