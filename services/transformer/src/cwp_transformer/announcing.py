"""From committed in S3 to known by others: roll forward, announce, announce again.

Crash-safe by order: a commit is published first, then its raw files are marked, then the pointer
moves. Whoever comes next begins where the pointer stands, so whatever was left undone is done
again; consumers take an event twice.
"""

from typing import NamedTuple

from cwp_shared.events import CommitsRequested
from cwp_transformer.backends import Backends
from cwp_transformer.commits import Commit, commits_after
from cwp_transformer.ledger import HistoryRef


class Standing(NamedTuple):
    """Where a history stands in S3, and what the pointer said about it before we looked."""

    head: Commit | None
    pointer: int

    @property
    def revision(self) -> int:
        """Of the newest commit; 0 if there is none."""
        return self.head.revision if self.head else 0

    @property
    def sequence(self) -> int:
        """Of the newest canonical file; 0 if there is none."""
        return self.head.sequence if self.head else 0


def catch_up(history: HistoryRef, backends: Backends) -> Standing:
    """Announce every commit that the pointer does not know, and say where the history stands.

    A pointer that is missing, or that names a commit that S3 has not, is made anew by listing.
    """
    pointer = backends.ledger.announced(history)
    # The commit that the pointer names is read too: it is the head, if nothing came after it.
    commits = commits_after(backends.lake, *history, max(pointer - 1, 0))
    known = pointer
    if pointer and (not commits or commits[0].revision != pointer):
        commits, known = commits_after(backends.lake, *history, 0), 0
    for commit in commits:
        if commit.revision > known:
            announce(commit, pointer, backends)
    return Standing(commits[-1] if commits else None, pointer)


def announce(commit: Commit, pointer: int, backends: Backends) -> None:
    """Publish one commit, whose predecessors are published, and remember that."""
    history = HistoryRef(commit.tenant_id, commit.canonical_table)
    if event := commit.event:
        backends.bus.publish([event])
    backends.ledger.mark(history, commit.raw_keys, commit.revision, commit.sequence)
    backends.ledger.advance(commit, pointer)


def announce_again(request: CommitsRequested, backends: Backends) -> int:
    """Publish all commits after a sequence once more; how many there were."""
    history = HistoryRef(request.tenant_id, request.canonical_table)
    catch_up(history, backends)
    # A sequence is never greater than the revision that has it.
    commits = commits_after(backends.lake, *history, request.after_sequence)
    wanted = [c for c in commits if c.sequence > request.after_sequence]
    events = [event for commit in wanted if (event := commit.event)]
    backends.bus.publish(events)
    return len(events)
