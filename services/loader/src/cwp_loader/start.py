"""Starting a statement: choose it, claim the head, submit, record.

No call here waits for a statement. A worker may die between any two calls: the claim's lease runs
out, and `resume` submits the same batch under the same token, which runs it once.
"""

from collections.abc import Sequence

from cwp_loader import schema_sql, sql
from cwp_loader.collaborators import Collaborators
from cwp_loader.data_api import Busy, Refused
from cwp_loader.head import CLAIM, TOKEN_LIFE, WATCH, Head, Work
from cwp_loader.layout import warehouse_columns
from cwp_loader.messages import Kind, StatementName
from cwp_loader.plan import MOST_COMMITS, compare, next_batch
from cwp_loader.trouble import NO_STATEMENT, fail, postpone, refuse, watch_gap
from cwp_shared.events import CanonicalCommitted

Commits = Sequence[CanonicalCommitted]


def begin(on: Collaborators, head: Head) -> None:
    """Start what the table needs next, if it needs anything. Nothing is in flight."""
    if head.phase != "idle":
        _claim(on, head, "prepare", ())
        return
    # Those just loaded, and any that was announced again since.
    on.state.forget(head.table, head.loaded_sequence)
    pending = on.state.pending(head.table, head.loaded_sequence + 1, MOST_COMMITS)
    batch = next_batch(pending, head.loaded_sequence)
    if not batch:
        watch_gap(on, head)
        return
    difference = compare(head.columns, batch[0].columns)
    if difference.changed:
        refuse(on, head, batch, difference)
    elif difference.missing:
        _claim(on, head, "shape", batch[:1])
    else:
        _claim(on, head, "load", batch)


def resume(on: Collaborators, head: Head, work: Work) -> None:
    """The worker who claimed did not record a statement: submit again, which runs it once."""
    now = on.clock()
    commits = _claimed_commits(on, head, work)
    if commits is None or now - work.started_at > TOKEN_LIFE:
        restart(on, head)
    elif renewed := on.state.save(head.leased(now + CLAIM)):
        _submit(on, renewed, work, commits)


def restart(on: Collaborators, head: Head) -> None:
    """Nobody can say any more how the statement ended: ask the ledger."""
    if forgotten := on.state.save(head.forgotten()):
        begin(on, forgotten)


def _claim(on: Collaborators, head: Head, kind: Kind, commits: Commits) -> None:
    now = on.clock()
    work = Work(
        kind=kind,
        load_id=on.new_id(),
        first=commits[0].sequence if commits else 0,
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
        statement_id = on.statements.submit(str(name), batch, token=work.load_id)
    except Busy as error:
        postpone(on, head, str(error))
    except Refused as error:
        fail(on, head, work, str(error), NO_STATEMENT)
    else:
        # If this is lost to the statement's own event, which came first, nothing is missing.
        on.state.save(head.submitted(statement_id, on.clock() + WATCH))


def _batch(on: Collaborators, head: Head, work: Work, commits: Commits) -> list[str]:
    """The SQL: the same for the same head and work, so that a repeated submit is the same."""
    known = head.loaded_sequence
    if work.kind == "prepare":
        return schema_sql.prepare(head.table, known)
    if work.kind == "shape":
        wanted = warehouse_columns(commits[0].columns)
        return schema_sql.shape(head.table, head.columns, wanted, work.load_id, known)
    plan = sql.Load(
        load_id=work.load_id,
        first=work.first,
        last=work.last,
        rows=work.rows,
        columns=commits[0].columns,
        manifest_url=on.manifests.write(head.table, work.load_id, commits),
        copy_role_arn=on.copy_role_arn,
    )
    return sql.load(head.table, plan)


def _claimed_commits(on: Collaborators, head: Head, work: Work) -> Commits | None:
    """The commits the claim was made for; None if they are not all here."""
    if not work.last:
        return ()
    wanted = list(range(work.first, work.last + 1))
    commits = on.state.pending(head.table, work.first, len(wanted))
    return commits if [commit.sequence for commit in commits] == wanted else None
