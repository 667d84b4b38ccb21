"""A commit in the making: its canonical file, made part by part, and what follows from that.

A part is about some keys, and about all that is known of them. History is made of each key by
itself (scd2.md section 2), so the operations of the parts together are those of the commit.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import pyarrow as pa

from cwp_shared import keys
from cwp_shared.clock import sortable
from cwp_shared.errors import Retriable
from cwp_shared.events import WarehouseLayout
from cwp_shared.mapping import Mapping
from cwp_transformer import canonical, remapping
from cwp_transformer.backends import Backends
from cwp_transformer.commits import CanonicalFile, Commit, Tally, Totals, record_key
from cwp_transformer.history import Change, Counts
from cwp_transformer.index import Run
from cwp_transformer.ledger import HistoryRef

#: Tries to find a microsecond that no other canonical file of the table has taken.
_FREE_NAMES: Final = 10


class Part(NamedTuple):
    """Rows of the canonical file, what they do, and how many more facts there are of their keys."""

    rows: pa.Table
    counts: Counts
    facts: int


@dataclass
class Drafting:
    """What a commit after `head` writes. What its parts do is added up while they are written."""

    history: HistoryRef
    mapping: Mapping
    head: Commit | None
    backends: Backends
    counts: Counts = field(default_factory=Counts)
    facts: int = 0
    rows: int = 0
    file: CanonicalFile | None = None

    def __post_init__(self) -> None:
        self._sequence = self.head.sequence if self.head else 0
        self._provenance = canonical.Provenance(
            self.history.tenant_id, self._sequence + 1, self.backends.clock()
        )

    def part(self, change: Change, facts: pa.Table, more: int) -> Part:
        """The part with these operations, which show wide `facts`; there are `more` than before.

        Raises:
            Terminal: the raw row of a version does not fit the mapping any more.
        """
        tenant_id, lake = self.history.tenant_id, self.backends.lake
        shown = remapping.shown_rows(change.operations, facts, tenant_id, self.mapping, lake)
        rows = canonical.rows(shown.operations, shown.facts, self.mapping, self._provenance)
        return Part(rows, change.counts, more)

    def write(self, parts: Iterable[Part]) -> None:
        """Write the rows of the parts, in this order, as the file; no file if there are none."""
        rows = self._counted(parts)
        if (first := next(rows, None)) is not None:
            body = canonical.encode(first, rows)  # which goes through all parts, and counts them
            self.file = self._put(body)

    def commit(
        self,
        *,
        raw_keys: tuple[str, ...],
        run_ids: Iterable[str],
        runs: tuple[Run, ...],
        tally: Tally,
        rebuild_id: str | None = None,
    ) -> Commit:
        """The next revision, with what was written."""
        known = self.head.mapping_digests if self.head else {}
        return Commit(
            tenant_id=self.history.tenant_id,
            canonical_table=self.history.canonical_table,
            revision=self.head.revision + 1 if self.head else 1,
            sequence=self._sequence + bool(self.file),
            committed_at=self.backends.clock(),
            mapping_version=self.mapping.version,
            mapping_digest=self.mapping.digest,
            older_mappings={v: known[v] for v in known if v != self.mapping.version},
            key=record_key(self.mapping),
            raw_keys=raw_keys,
            run_ids=tuple(sorted(run_ids)),
            rebuild_id=rebuild_id,
            canonical=self.file,
            runs=runs,
            tally=tally,
            totals=self._totals(),
        )

    def _totals(self) -> Totals:
        was = self.head.totals if self.head else Totals()
        return Totals(
            keys=was.keys + self.counts.keys,
            versions=was.versions + self.counts.opened - self.counts.removed,
            current=was.current + self.counts.current,
            facts=was.facts + self.facts,
        )

    def _counted(self, parts: Iterable[Part]) -> Iterator[pa.Table]:
        for part in parts:
            self.counts = self.counts.plus(part.counts)
            self.facts += part.facts
            self.rows += len(part.rows)
            if len(part.rows):
                yield part.rows

    def _put(self, body: bytes) -> CanonicalFile:
        """Put the file under a name that is free."""
        for _ in range(_FREE_NAMES):
            key = keys.canonical(*self.history, sortable(self.backends.clock()))
            if self.backends.lake.create(key, body):
                return CanonicalFile(
                    key=key,
                    size_bytes=len(body),
                    rows=self.rows,
                    opened=self.counts.opened,
                    closed=self.counts.closed,
                    removed=self.counts.removed,
                    replaced=self.counts.replaced,
                    columns=canonical.columns(self.mapping),
                    key_columns=self.mapping.key,
                    layout=WarehouseLayout.model_validate(self.mapping.warehouse.model_dump()),
                )
        raise Retriable(f"{self.history}: no free name for a canonical file")
