"""Commits: the objects in S3 that say what the history of one tenant and table is.

`{tenant}/state/{table}/commits/{revision:012d}.json`, revisions 1, 2, 3, ... without gaps, each
written once by a conditional put. The newest one names the whole index; all of them together name
every canonical file. Nothing else decides: what no commit names is not part of the history.
"""

from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cwp_shared import keys
from cwp_shared.clock import UtcTime
from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalColumn, CanonicalCommitted, WarehouseLayout
from cwp_shared.mapping import Mapping
from cwp_transformer.canonical_text import HASH_VERSION
from cwp_transformer.index import Run
from cwp_transformer.lake import Lake

#: Goes up when the index or the commits change their form; `HASH_VERSION` for the hashes in it.
FORMAT: Final = 3

_AT_ONCE: Final = 64
_COMMITS: Final = "commits/"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CanonicalFile(_Part):
    """The canonical file of a commit; `replaced` versions were opened again in place."""

    key: str
    size_bytes: int
    rows: int
    opened: int
    closed: int
    removed: int
    replaced: int
    columns: tuple[CanonicalColumn, ...]
    key_columns: tuple[str, ...]
    layout: WarehouseLayout = WarehouseLayout()


class Totals(_Part):
    """The whole history after a commit."""

    keys: int = 0
    versions: int = 0
    current: int = 0
    facts: int = 0


class Tally(_Part):
    """What became of the rows of a commit's raw files."""

    rows: int = 0
    quarantined: int = 0
    #: Facts that were not known before.
    added: int = 0
    late: int = 0
    same_second: int = 0


class Commit(_Part):
    """One revision. `sequence` is that of the newest canonical file, this one's or an older."""

    format: Literal[3] = FORMAT
    hash_version: Literal[1] = HASH_VERSION
    tenant_id: str
    canonical_table: str
    revision: int
    sequence: int
    committed_at: UtcTime
    mapping_version: int
    mapping_digest: str
    #: Digests of the other versions that made commits before, by version.
    older_mappings: dict[int, str] = Field(default_factory=dict)
    #: Of the records; it cannot change within one history.
    key: tuple[CanonicalColumn, ...]
    raw_keys: tuple[str, ...]
    run_ids: tuple[str, ...]
    #: Of the rebuild that made this revision; then the index is a new one.
    rebuild_id: str | None = None
    #: None: facts were added, but no version changed.
    canonical: CanonicalFile | None
    #: The whole index, newest run first.
    runs: tuple[Run, ...]
    tally: Tally
    totals: Totals

    @property
    def mapping_digests(self) -> dict[int, str]:
        """Of every version of the mapping that made a commit, this one's too."""
        return {**self.older_mappings, self.mapping_version: self.mapping_digest}

    @property
    def event(self) -> CanonicalCommitted | None:
        """What the bus is told; None if no version changed."""
        if (file := self.canonical) is None:
            return None
        return CanonicalCommitted(
            tenant_id=self.tenant_id,
            canonical_table=self.canonical_table,
            sequence=self.sequence,
            mapping_version=self.mapping_version,
            run_ids=self.run_ids,
            **file.model_dump(exclude={"replaced"}),
        )


def record_key(mapping: Mapping) -> tuple[CanonicalColumn, ...]:
    """What identifies a record."""
    return tuple(CanonicalColumn(name=c.name, type=c.type) for c in mapping.key_columns)


def commit_key(tenant_id: str, canonical_table: str, revision: int) -> str:
    """Where a revision is."""
    return keys.state(tenant_id, canonical_table, f"{_COMMITS}{revision:012d}.json")


def read_commit(lake: Lake, key: str) -> Commit:
    """Read one revision.

    Raises:
        Terminal: it was written by a release with another form of index.
    """
    return _parsed(key, lake.read(key))


def _parsed(key: str, body: bytes) -> Commit:
    try:
        return Commit.model_validate_json(body)
    except ValidationError as error:
        raise Terminal(
            f"{key} was not written by this release ({error.error_count()} fields do not fit, "
            f"first {error.errors()[0]['loc']}); delete state/ and canonical/ of this table, "
            "have it loaded from scratch (services/loader/README.md), then `cwpipe recover` sends "
            "its raw files again"
        ) from None


def newest_commit(lake: Lake, tenant_id: str, canonical_table: str) -> Commit | None:
    """The head of a history; None if nothing was ever committed.

    Raises:
        Terminal: as `read_commit`.
    """
    found = lake.keys_after(keys.state(tenant_id, canonical_table, _COMMITS), "")
    return read_commit(lake, found[-1]) if found else None


def commits_after(lake: Lake, tenant_id: str, canonical_table: str, revision: int) -> list[Commit]:
    """All revisions greater than `revision`, in order."""
    prefix = keys.state(tenant_id, canonical_table, _COMMITS)
    after = commit_key(tenant_id, canonical_table, revision)
    found = lake.keys_after(prefix, after)
    return [_parsed(key, body) for key, body in zip(found, lake.read_all(found), strict=True)]


def newest_commits(lake: Lake, head: Commit, until: datetime, at_least: int) -> list[Commit]:
    """`head` and those before it, newest first: all that were the newest one since `until`.

    That is one that is older than that, too. At least so many, or all there are.
    """
    found = [head]
    while (oldest := found[-1]).revision > 1:
        if oldest.committed_at < until and len(found) >= at_least:
            break
        first = max(oldest.revision - _AT_ONCE, 1)
        wanted = [
            commit_key(head.tenant_id, head.canonical_table, revision)
            for revision in range(oldest.revision - 1, first - 1, -1)
        ]
        bodies = lake.read_all(wanted)
        found += [_parsed(key, body) for key, body in zip(wanted, bodies, strict=True)]
    return found


def put_commit(lake: Lake, commit: Commit) -> bool:
    """Make the commit part of the history; False if another one has its revision."""
    key = commit_key(commit.tenant_id, commit.canonical_table, commit.revision)
    return lake.create(key, commit.model_dump_json().encode())
