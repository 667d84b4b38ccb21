"""One commit: facts in, a new revision of the history out, whole or not at all.

1. catch up with what others committed (announcing);
2. read what the index knows of the batch's keys, compute what changes (history);
3. write the canonical file and the index's new run under keys that nobody knows yet;
4. put the commit object, on condition that its revision is free: **the commit point**;
5. announce it.

A crash before 4 leaves objects that nothing names; after 4, the next invocation announces. A lost
race at 4 starts over at 1, against the new state.
"""

from functools import partial
from typing import Final
from uuid import uuid4

import pyarrow.compute as pc

from cwp_shared import keys
from cwp_shared.clock import sortable
from cwp_shared.errors import Retriable
from cwp_shared.mapping import Mapping, MappingError
from cwp_transformer import remapping
from cwp_transformer.announcing import Standing, announce, catch_up
from cwp_transformer.backends import Backends
from cwp_transformer.batch import Batch
from cwp_transformer.commits import Commit, Tally, put_commit, record_key
from cwp_transformer.drafting import Drafting
from cwp_transformer.facts import fact_schema
from cwp_transformer.history import Merged, changes, merge
from cwp_transformer.index_files import Index
from cwp_transformer.ledger import HistoryRef

#: Races lost in a row before the messages are left to come back later.
ATTEMPTS: Final = 8
_RETRY_AFTER: Final = 15


def commit(batch: Batch, standing: Standing, backends: Backends) -> Commit | None:
    """Make the batch part of the history; None if it was already.

    Raises:
        Retriable: every race was lost.
        Terminal: the mapping changed without a new version, or contradicts what it made.
    """
    for _ in range(ATTEMPTS):
        made = _draft(batch, standing.head, backends)
        if made is None:
            revision, sequence = standing.revision, standing.sequence
            backends.ledger.mark(batch.history, batch.raw_keys, revision, sequence)
            return None
        if put_commit(backends.lake, made):
            announce(made, standing.pointer, backends)
            return made
        standing = catch_up(batch.history, backends)
    raise Retriable(f"{batch.history}: lost {ATTEMPTS} races", retry_after=_RETRY_AFTER)


def _draft(batch: Batch, head: Commit | None, backends: Backends) -> Commit | None:
    """The next revision, everything written but the commit; None if the batch says nothing new."""
    history, mapping, lake = batch.history, batch.mapping, backends.lake
    check_mapping(mapping, head)
    index = Index(head.runs if head else (), fact_schema(mapping), lake)
    known = index.known(batch.facts)
    remapped = remapping.to_version(known, history.tenant_id, mapping, lake)
    merged = merge(remapped.facts, batch.facts.select(known.column_names))
    if not merged.added and not remapped.changed:
        return None
    drafting = Drafting(history, mapping, head, backends)
    more = len(merged.facts) - len(known)
    drafting.write([drafting.part(changes(known, merged), batch.facts, more)])
    return drafting.commit(
        raw_keys=batch.raw_keys,
        run_ids=pc.unique(batch.facts["run_id"]).to_pylist(),
        runs=index.having(merged.facts, partial(new_key, history, backends)).runs,
        tally=_tally(batch, merged),
    )


def new_key(history: HistoryRef, backends: Backends) -> str:
    """Where a new file of the index goes."""
    # Racing workers never have one name; the time says when it may be cleaned up.
    return keys.state(*history, f"runs/{sortable(backends.clock())}-{uuid4().hex}.arrow")


def check_mapping(mapping: Mapping, head: Commit | None) -> None:
    """See that the mapping may continue the history.

    Raises:
        MappingError: it changed without a new version, or took one again, or has another key.
    """
    if head is None:
        return
    if head.mapping_digests.get(mapping.version, mapping.digest) != mapping.digest:
        how = "still" if mapping.version == head.mapping_version else "again"
        raise MappingError(
            f"mappings/{mapping.table}.json: version: the mapping changed but its version is {how} "
            f"{mapping.version}; raise it"
        )
    if head.key != record_key(mapping):
        raise MappingError(
            f"mappings/{mapping.table}.json: key: it was {', '.join(c.name for c in head.key)} and "
            "cannot change within one history; make a table of another name"
        )


def _tally(batch: Batch, merged: Merged) -> Tally:
    return Tally(
        rows=len(batch.facts) + batch.quarantined,
        quarantined=batch.quarantined,
        added=merged.added,
        late=merged.late,
        same_second=merged.same_second,
    )
