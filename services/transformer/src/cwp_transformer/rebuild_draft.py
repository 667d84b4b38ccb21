"""How far a rebuild is: an index of its own, made from raw files, that no commit names yet.

`{tenant}/state/{table}/rebuilds/{rebuild id}/{step:06d}.json`, written once each by a conditional
put. The newest one counts, so a rebuild goes on where it was, whoever died meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final
from uuid import uuid4

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ConfigDict

from cwp_shared import keys
from cwp_shared.errors import Terminal
from cwp_shared.mapping import Mapping
from cwp_transformer.backends import Backends
from cwp_transformer.batch import read_files
from cwp_transformer.facts import fact_schema
from cwp_transformer.history import merge
from cwp_transformer.index import Run
from cwp_transformer.index_files import Index
from cwp_transformer.lake import Lake
from cwp_transformer.ledger import HistoryRef

#: Raw Parquet that is taken at once.
_BYTES: Final = 2**23
_FILES: Final = 200

logger = Logger()


class Draft(BaseModel):
    """The raw files that were taken, those of them that could not be read, and the index so far."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    step: int = 0
    mapping_digest: str
    raw_keys: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    rows: int = 0
    quarantined: int = 0
    runs: tuple[Run, ...] = ()


@dataclass(frozen=True)
class Rebuild:
    """Which history is made anew, under which mapping."""

    history: HistoryRef
    rebuild_id: str
    mapping: Mapping

    def key(self, name: str) -> str:
        """Where something of this rebuild is."""
        return keys.state(*self.history, f"rebuilds/{self.rebuild_id}/{name}")

    def new_run_key(self) -> str:
        """Where a new file of its index goes."""
        return self.key(f"runs/{uuid4().hex}.arrow")

    def index(self, draft: Draft, lake: Lake) -> Index:
        """The index so far."""
        return Index(draft.runs, fact_schema(self.mapping), lake)


def newest(rebuild: Rebuild, lake: Lake) -> Draft:
    """The draft to go on with.

    Raises:
        Terminal: it was begun under another mapping.
    """
    steps = [k for k in lake.keys_after(rebuild.key(""), "") if k.endswith(".json")]
    if not steps:
        return Draft(mapping_digest=rebuild.mapping.digest)
    draft = Draft.model_validate_json(lake.read(steps[-1]))
    if draft.mapping_digest != rebuild.mapping.digest:
        raise Terminal(
            f"rebuild {rebuild.rebuild_id} of {rebuild.history} was begun under another mapping "
            f"than mappings/{rebuild.mapping.table}.json has now; ask for a new one"
        )
    return draft


def keep(rebuild: Rebuild, draft: Draft, lake: Lake) -> bool:
    """Write the next step; False if another worker was faster."""
    made = draft.model_copy(update={"step": draft.step + 1})
    key = rebuild.key(f"{made.step:06d}.json")
    return lake.create(key, made.model_dump_json().encode())


def absorbed(
    rebuild: Rebuild, draft: Draft, backends: Backends, until: datetime | None
) -> tuple[Draft, bool]:
    """The draft with the raw files it has not taken; whether that are all there are.

    `until`: when to stop, but not before something was done; None: not before the last.
    """
    while groups := list(_groups(rebuild, draft, backends.lake)):
        for raw_keys in groups:
            draft = _with(rebuild, draft, raw_keys, backends)
            if until and backends.clock() >= until:
                return draft, False
    return draft, True


def _groups(rebuild: Rebuild, draft: Draft, lake: Lake) -> Iterator[list[str]]:
    done = set(draft.raw_keys)
    some: list[str] = []
    size = 0
    prefix = keys.raw_prefix(rebuild.history.tenant_id, rebuild.mapping.source)
    for key, length in lake.sizes(prefix).items():
        if key in done:
            continue
        if some and (size + length > _BYTES or len(some) == _FILES):
            yield some
            some, size = [], 0
        some.append(key)
        size += length
    if some:
        yield some


def _with(rebuild: Rebuild, draft: Draft, raw_keys: list[str], backends: Backends) -> Draft:
    batch, failures = read_files(rebuild.history, rebuild.mapping, raw_keys, backends.lake)
    for key, error in failures.items():
        logger.warning("raw file left out of the rebuild", extra={"raw_key": key}, exc_info=error)
    update: dict[str, object] = {
        "raw_keys": (*draft.raw_keys, *raw_keys),
        "unreadable": (*draft.unreadable, *failures),
    }
    if batch:
        index = rebuild.index(draft, backends.lake)
        known = index.known(batch.facts)
        merged = merge(known, batch.facts.select(known.column_names))
        if merged.added:
            index = index.having(merged.facts, partial(Rebuild.new_run_key, rebuild))
        update |= {
            "runs": index.runs,
            "rows": draft.rows + len(batch.facts) + batch.quarantined,
            "quarantined": draft.quarantined + batch.quarantined,
        }
    return draft.model_copy(update=update)
