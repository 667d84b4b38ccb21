"""A history made anew from its raw files: `cwpipe rebuild TENANT TABLE`.

1. Take all raw files, oldest first, into an index that nobody knows yet (rebuild_draft). When the
   time is up, keep how far it is and ask the bus to go on.
2. Compare the history's facts with these, key by key, and write what has to change as one canonical
   file (scd2.md R6, R10).
3. Put one commit that names the new index and that file, on condition that its revision is free.
   A lost race: take what has been committed meanwhile, and compare again.

So readers see the old history or the new one. Sequences continue, and if the raw files say what the
history says already, there is no file, and nothing to load.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from aws_lambda_powertools import Logger

from cwp_shared.errors import Retriable, Terminal
from cwp_shared.events import RebuildRequested
from cwp_shared.mapping_files import Mappings
from cwp_transformer import rebuild_draft, remapping
from cwp_transformer.announcing import Standing, announce, catch_up
from cwp_transformer.backends import Backends
from cwp_transformer.batch import tell_set_aside
from cwp_transformer.commits import Commit, Tally, put_commit
from cwp_transformer.committing import ATTEMPTS, check_mapping
from cwp_transformer.drafting import Drafting, Part
from cwp_transformer.facts import fact_schema
from cwp_transformer.history import all_known, changes
from cwp_transformer.index_files import Index, side_by_side
from cwp_transformer.ledger import HistoryRef
from cwp_transformer.rebuild_draft import Draft, Rebuild

#: How long one message takes raw files; the function has 5 minutes for that and the comparison.
WORK: Final = timedelta(seconds=90)
#: Facts that are compared at once.
_ROWS: Final = 2**17
_DONE: Final = "done"

logger = Logger()


def rebuild(request: RebuildRequested, mappings: Mappings, backends: Backends) -> None:
    """Do a part of a rebuild, or the last of it. A repeated message does nothing twice.

    Raises:
        Terminal: there is no such mapping, or raw files of the history are gone.
        Retriable: others committed all the time.
    """
    history = HistoryRef(request.tenant_id, request.canonical_table)
    mapping = mappings.of_table(request.canonical_table)
    if mapping is None:
        raise Terminal(f"{history} cannot be made anew: there is no (valid) mapping of that name")
    asked = Rebuild(history, request.rebuild_id, mapping)
    lake = backends.lake
    if asked.key(_DONE) in lake.keys_after(asked.key(""), ""):
        return
    until, before = backends.clock() + WORK, rebuild_draft.newest(asked, lake)
    draft, is_whole = rebuild_draft.absorbed(asked, before, backends, until)
    is_late = draft != before and backends.clock() >= until
    if not is_whole or is_late:
        if rebuild_draft.keep(asked, draft, lake):
            backends.bus.publish([request])
        return
    made = _commit(asked, draft, backends)
    tell_set_aside(history, made.tally.quarantined)
    lake.create(asked.key(_DONE), str(made.revision).encode())
    logger.info(
        "rebuilt",
        extra={**history._asdict(), "revision": made.revision, "raw_files": len(draft.raw_keys)},
    )


def _commit(asked: Rebuild, draft: Draft, backends: Backends) -> Commit:
    for _ in range(ATTEMPTS):
        # In this order: what the head knows is in raw/ by now.
        standing = catch_up(asked.history, backends)
        draft, _is_whole = rebuild_draft.absorbed(asked, draft, backends, until=None)
        made = _draft(asked, draft, standing, backends)
        if put_commit(backends.lake, made):
            announce(made, standing.pointer, backends)
            return made
    raise Retriable(f"rebuild of {asked.history}: lost {ATTEMPTS} races", retry_after=60)


def _draft(asked: Rebuild, draft: Draft, standing: Standing, backends: Backends) -> Commit:
    history, mapping, head = asked.history, asked.mapping, standing.head
    check_mapping(mapping, head)
    drafting = Drafting(history, mapping, head, backends)
    run_ids: set[str] = set()
    drafting.write(_parts(asked, draft, drafting, run_ids))
    taken = [key for key in draft.raw_keys if key not in draft.unreadable]
    known = backends.ledger.done(history, taken)
    return drafting.commit(
        raw_keys=tuple(key for key in taken if key not in known),
        run_ids=run_ids,
        runs=draft.runs,
        tally=Tally(rows=draft.rows, quarantined=draft.quarantined),
        rebuild_id=asked.rebuild_id,
    )


def _parts(asked: Rebuild, draft: Draft, drafting: Drafting, run_ids: set[str]) -> Iterator[Part]:
    """What differs between the history and the draft; the runs that say so go into `run_ids`."""
    head, lake = drafting.head, drafting.backends.lake
    old = Index(head.runs if head else (), fact_schema(asked.mapping), lake)
    for before, after in side_by_side(old, asked.index(draft, lake), _ROWS):
        _check_raw(asked, draft, before)
        if _in_order(before).equals(_in_order(after)):
            continue
        change = changes(before, all_known(after))
        run_ids.update(pc.unique(change.operations["run_id"]).to_pylist())
        nothing = remapping.no_rows(asked.mapping)
        yield drafting.part(change, nothing, len(after) - len(before))


def _check_raw(asked: Rebuild, draft: Draft, facts: pa.Table) -> None:
    gone = set(pc.unique(facts["raw_key"]).to_pylist()).difference(draft.raw_keys)
    if gone:
        raise Terminal(
            f"{asked.history} cannot be made anew: it holds rows of {len(gone)} raw files "
            f"that are not in raw/ any more, {min(gone)} first; bring them back (the bucket "
            "keeps old versions for 30 days)"
        )


def _in_order(facts: pa.Table) -> pa.Table:
    """Facts in the one order there is of them, their texts as such and not by number."""
    texts = [
        f.with_type(pa.string()) if pa.types.is_dictionary(f.type) else f for f in facts.schema
    ]
    order = [(name, "ascending") for name in ("key_hash", "kind", "start", "upper")]
    return facts.cast(pa.schema(texts)).sort_by(order)
