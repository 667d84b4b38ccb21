"""Commits: the objects in S3 that say what the history of one tenant and table is.

`{tenant}/state/{table}/commits/{revision:012d}.json`, revisions 1, 2, 3, ... without gaps, each
written once by a conditional put. The newest one names the whole index; all of them together name
every canonical file. Nothing else decides: what no commit names is not part of the history.
"""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from cwp_shared import keys
from cwp_shared.clock import UtcTime
from cwp_shared.errors import Terminal
from cwp_shared.events import CanonicalColumn, CanonicalCommitted, WarehouseLayout
from cwp_transformer.canonical_text import HASH_VERSION
from cwp_transformer.index import Run
from cwp_transformer.lake import Lake

#: Goes up when the index or the commits change their form; `HASH_VERSION` for the hashes in it.
FORMAT: Final = 2


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

    format: Literal[2] = FORMAT
    hash_version: Literal[1] = HASH_VERSION
    tenant_id: str
    canonical_table: str
    revision: int
    sequence: int
    committed_at: UtcTime
    mapping_version: int
    mapping_digest: str
    #: Of the records; it cannot change within one history.
    key: tuple[CanonicalColumn, ...]
    raw_keys: tuple[str, ...]
    run_ids: tuple[str, ...]
    #: None: facts were added, but no version changed.
    canonical: CanonicalFile | None
    #: The whole index, newest run first.
    runs: tuple[Run, ...]
    tally: Tally
    totals: Totals

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


def commit_key(tenant_id: str, canonical_table: str, revision: int) -> str:
    """Where a revision is."""
    return keys.state(tenant_id, canonical_table, f"commits/{revision:012d}.json")


def read_commit(lake: Lake, key: str) -> Commit:
    """Read one revision.

    Raises:
        Terminal: it was written by a release with another form of index.
    """
    try:
        return Commit.model_validate_json(lake.read(key))
    except ValidationError as error:
        raise Terminal(
            f"{key} was not written by this release ({error.error_count()} fields do not fit, "
            f"first {error.errors()[0]['loc']}); make the history anew from raw/"
        ) from None


def commits_after(lake: Lake, tenant_id: str, canonical_table: str, revision: int) -> list[Commit]:
    """All revisions greater than `revision`, in order."""
    prefix = keys.state(tenant_id, canonical_table, "commits/")
    after = commit_key(tenant_id, canonical_table, revision)
    return [read_commit(lake, key) for key in lake.keys_after(prefix, after)]


def put_commit(lake: Lake, commit: Commit) -> bool:
    """Make the commit part of the history; False if another one has its revision."""
    key = commit_key(commit.tenant_id, commit.canonical_table, commit.revision)
    return lake.create(key, commit.model_dump_json().encode())
