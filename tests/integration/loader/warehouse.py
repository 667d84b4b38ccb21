"""The loader's own logic and adapters against the local Data API, with boto3 in between."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from cwp_loader import settle
from cwp_loader.collaborators import Collaborators
from cwp_loader.data_api import DataApi
from cwp_loader.head import Head, Work
from cwp_loader.manifest import ManifestBucket
from cwp_loader.messages import StatementEnded, StatementName
from cwp_loader.quarantine import QuarantineBucket
from cwp_loader.table import TableRef
from cwp_shared.events import CanonicalColumn, CanonicalCommitted
from cwp_transformer.canonical import encode
from tests.integration.redshift.servers import RUN, Api
from tests.unit.loader.fakes import (
    ROLE,
    FakeBus,
    FakeClock,
    FakeState,
    FakeWakes,
    numbered_ids,
)
from tests.unit.local.redshift.fakes import BUCKET, FakeObjects

TENANT = "acme-west"


@dataclass
class ObjectWriter:
    """An S3 client that can put into the objects that the warehouse reads."""

    objects: FakeObjects

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803 - boto3's names
        self.objects.kept[f"{Bucket}/{Key}"] = Body


@dataclass
class RealWarehouse:
    """A tenant's tables there, and what the loader keeps elsewhere in memory."""

    api: Api
    objects: FakeObjects
    state: FakeState = field(default_factory=FakeState)
    bus: FakeBus = field(default_factory=FakeBus)
    wakes: FakeWakes = field(default_factory=FakeWakes)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        ids = numbered_ids()
        s3 = ObjectWriter(self.objects)
        self.on = Collaborators(
            state=self.state,
            statements=DataApi(self.api.client, RUN["WorkgroupName"], RUN["Database"]),
            manifests=ManifestBucket(s3, BUCKET),
            quarantine=QuarantineBucket(s3, BUCKET),
            bus=self.bus,
            wakes=self.wakes,
            copy_role_arn=ROLE,
            clock=self.clock,
            new_id=lambda: next(ids),
        )

    def commit(
        self,
        table: pa.Table,
        columns: Iterable[CanonicalColumn],
        name: str,
        sequence: int = 1,
        key_columns: tuple[str, ...] = ("id",),
    ) -> CanonicalCommitted:
        """Put a canonical file into the lake; its event."""
        body = encode(table)
        key = f"{TENANT}/canonical/{name}/{sequence:04d}.parquet"
        self.objects.kept[f"{BUCKET}/{key}"] = body
        return CanonicalCommitted(
            tenant_id=TENANT,
            canonical_table=name,
            sequence=sequence,
            key=key,
            size_bytes=len(body),
            rows=table.num_rows,
            opened=table.num_rows,
            closed=0,
            removed=0,
            mapping_version=1,
            columns=tuple(columns),
            key_columns=key_columns,
            run_ids=("run-1",),
        )

    def load(self, *commits: CanonicalCommitted) -> Head:
        """Announce commits of one table, and let the loader come to rest."""
        table = TableRef(TENANT, commits[0].canonical_table)
        for each in commits:
            self.state.add(each)
            self.state.raise_highest(table, each.sequence)
        settle.wake(self.on, table, "operator")
        return self.rest(table)

    def rest(self, table: TableRef) -> Head:
        """Bring all statements to their ends, and try again what failed."""
        while True:
            head = self.state.head(table)
            if head.work:
                self._end(table, head.work)
            elif head.phase == "waiting":
                self.clock.advance(hours=1)
                settle.wake(self.on, table, "sweep")
            else:
                return head

    def _end(self, table: TableRef, work: Work) -> None:
        assert work.statement_id
        self.api.ended(work.statement_id)
        name = StatementName(**table._asdict(), kind=work.kind, load_id=work.load_id)
        settle.ended(self.on, StatementEnded(statement_id=work.statement_id, name=name))

    def rows(self, name: str, columns: Iterable[str]) -> list[Mapping[str, Any]]:
        """A table by `sk`, as a query returns it."""
        names = list(columns)
        chosen = ", ".join(f'"{column}"' for column in names)
        found = self.api.rows(f'SELECT {chosen} FROM "{TENANT}"."{name}" ORDER BY "sk"')
        return [dict(zip(names, row, strict=True)) for row in found]
