"""A load failed while it read its files: which of them is it, and may the rest go on without it?

The load is halved until one file fails alone. That file is set aside only if the fault is proven to
be its own: it failed alone twice, then another file behind it was read without fault (a *probe*:
COPY and row count into a temporary table), then it failed once more. If the probe fails too, the
trouble may be anywhere (a role, the bucket, the disk), and the table waits as for any failure. A
file that holds nothing up is not set aside either.

What is set aside leaves the table wrong where that file's rows are, and known to be: its ledger row
has the reason. Loading it again *and all after it* puts every row right, because for each `sk` the
last operations decide (`sql.load`), whatever was there before.
"""

from cwp_loader.collaborators import Collaborators
from cwp_loader.head import Head, Work
from cwp_loader.start import begin, claim, restart
from cwp_loader.trouble import publish_failure, retry


def load_failed(on: Collaborators, head: Head, work: Work, reason: str, statement_id: str) -> None:
    """Halve the load; or doubt its one file, and set it aside if it was doubted enough."""
    condemned = work.first == work.last == head.proven
    publish_failure(on, head, work, reason, statement_id, set_aside=condemned)
    if work.first < work.last:
        if narrowed := on.state.save(head.narrowed(work, reason, on.clock())):
            begin(on, narrowed)
    elif condemned:
        _set_aside(on, head, work, reason)
    else:
        retry(on, head.doubting(work), reason)


def probed(on: Collaborators, head: Head) -> None:
    """Another file was read without fault: the one in question gets its last chance."""
    if proven := on.state.save(head.proved()):
        begin(on, proven)


def _set_aside(on: Collaborators, head: Head, work: Work, reason: str) -> None:
    commits = on.state.pending(head.table, work.first, 1)
    if [commit.sequence for commit in commits] == [work.first]:
        claim(on, head.condemning(reason, on.clock()), "set_aside", commits)
    else:
        restart(on, head)
