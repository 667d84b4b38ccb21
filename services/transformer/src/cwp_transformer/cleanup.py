"""Deleting what no commit names: runs that were merged away, and what dead or slower workers left.

A function lives 5 minutes. What it holds is a commit that was the newest one when it began, and
names of files that it is about to commit. So a file may go when it is older than `KEEP`, and no
commit names it that was the newest at any time since then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from aws_lambda_powertools import Logger

from cwp_shared import keys
from cwp_shared.clock import sortable
from cwp_transformer.commits import Commit, newest_commits
from cwp_transformer.lake import Lake
from cwp_transformer.ledger import HistoryRef

#: Far longer than a function lives, and than clocks differ.
KEEP: Final = timedelta(hours=2)
#: The same for what a rebuild writes until it is committed: that may take days.
KEEP_REBUILDS: Final = timedelta(days=7)
#: A commit in so many cleans up; each looks back over twice as many, so none is passed over.
EVERY: Final = 64

_CLOCKS_DIFFER: Final = timedelta(minutes=1)

logger = Logger()


def is_due(made: Commit) -> bool:
    """Whether this commit is one that cleans up."""
    return made.revision % EVERY == 0


def clean_up(made: Commit, lake: Lake, now: datetime) -> list[str]:
    """Delete what nobody needs any more; the keys of that. Twice is once."""
    history = HistoryRef(made.tenant_id, made.canonical_table)
    commits = newest_commits(lake, made, until=now - KEEP, at_least=2 * EVERY)
    old = [*_old_runs(history, commits, lake, now), *_old_files(history, commits, lake, now)]
    if old:
        lake.delete(old)
        logger.info(
            "deleted what no commit names", extra={**history._asdict(), "objects": len(old)}
        )
    return old


def _old_runs(
    history: HistoryRef, commits: Sequence[Commit], lake: Lake, now: datetime
) -> list[str]:
    older = (number for number, c in enumerate(commits) if c.committed_at < now - KEEP)
    held = commits[: next(older, len(commits)) + 1]
    named = {segment.key for c in held for run in c.runs for segment in run.segments}
    old = []
    for folder, keep in (("runs/", KEEP), ("rebuilds/", KEEP_REBUILDS)):
        prefix = keys.state(*history, folder)
        limit = prefix + sortable(now - keep)
        old += [key for key in lake.keys_after(prefix, "") if key < limit and key not in named]
    return old


def _old_files(
    history: HistoryRef, commits: Sequence[Commit], lake: Lake, now: datetime
) -> list[str]:
    """Canonical files that were never committed, as far back as these commits go."""
    named = {commit.canonical.key for commit in commits if commit.canonical}
    oldest = commits[-1]
    # Before the first commit there is nothing; before any other one there are older commits' files.
    began = keys.canonical(*history, sortable(oldest.committed_at + _CLOCKS_DIFFER))
    after = began if oldest.revision > 1 else ""
    limit = keys.canonical(*history, sortable(now - KEEP))
    found = lake.keys_after(keys.canonical_prefix(*history), after)
    return [key for key in found if key < limit and key not in named]
