"""Removing a tenant with all its data. Repeating it after an interruption goes on where it stood.

The order matters: the tenant must be disabled and have no open run, so that nothing new is made;
its item in TenantServices goes last, so that the command can be repeated until all is gone. On AWS
the secret can be brought back for a week, and nothing else can.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from cwp_ops.errors import OperatorError
from cwp_ops.paging import Item, items
from cwp_ops.stores import Stores
from cwp_ops.tenants import TenantBook
from cwp_ops.warehouse import Warehouse, quoted
from cwp_shared.tenants import SERVICE, secret_name

_SECRET_KEPT_DAYS = 7


@dataclass(frozen=True)
class Belongings:
    """What a tenant has. `items`: by table, how many; `objects`: versions and delete marks too."""

    prefix: str
    objects: int
    items: Mapping[str, int]
    schema: str | None
    secret: str | None

    def told(self) -> list[str]:
        """What removing deletes, line by line."""
        lines = [f"{self.objects} object versions under {self.prefix} in S3"]
        lines += [f"{count} items of {name}" for name, count in self.items.items() if count]
        lines += [f"schema {self.schema} of the warehouse, with every table"] if self.schema else []
        lines += [f"secret {self.secret}"] if self.secret else []
        return [*lines, "its item of TenantServices"]


@dataclass(frozen=True)
class Removal:
    """Finds and deletes what one tenant has."""

    book: TenantBook
    stores: Stores
    warehouse: Warehouse
    tenant_id: str

    def belongings(self) -> Belongings:
        """What there is to delete."""
        tables = self._tables()
        has_schema = bool(self._schema())
        secret = secret_name(self.book.stage, self.tenant_id)
        return Belongings(
            prefix=self._prefix,
            objects=sum(1 for _ in self._versions()),
            items={table.name: sum(1 for _ in keys(table)) for table, keys in tables},
            schema=self.tenant_id if has_schema else None,
            secret=secret if self.book.has_keys(self.tenant_id) else None,
        )

    def remove(self, say: Callable[[str], None]) -> None:
        """Delete everything; `say` is told what is being deleted."""
        if self._schema():
            say("deleting the warehouse schema")
            self.warehouse.query(f"DROP SCHEMA {quoted(self.tenant_id)} CASCADE")
        for table, keys in self._tables():
            say(f"deleting items of {table.name}")
            with table.batch_writer() as writer:
                for key in keys(table):
                    writer.delete_item(Key=key)
        say("deleting objects in S3")
        self._delete_objects()
        self._delete_secret()
        self.book.table.delete_item(Key={"tenant_id": self.tenant_id, "service": SERVICE})

    @property
    def _prefix(self) -> str:
        return f"{self.tenant_id}/"

    def _schema(self) -> bool:
        # information_schema does not show schemas to those who have no right in them.
        answer = self.warehouse.query(
            "SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = :name",
            name=self.tenant_id,
        )
        return bool(answer.rows[0][0])

    def _tables(self) -> list[tuple[Any, Callable[[Any], Iterator[Item]]]]:
        """The tables, each with what finds the tenant's keys in it."""
        return [
            (self.stores.watermarks, self._standing_keys),
            (self.stores.histories, self._paired_keys),
            (self.stores.loads, self._paired_keys),
            (self.stores.runs, self._run_keys),
        ]

    def _standing_keys(self, _: Any) -> Iterator[Item]:
        for name in self.stores.watermarks_of(self.tenant_id):
            yield {"tenant_id": self.tenant_id, "table": name}

    def _paired_keys(self, table: Any) -> Iterator[Item]:
        for item in items(table.scan, ProjectionExpression="pk, sk"):
            if str(item["pk"]).split("#", 1)[0] == self.tenant_id:
                yield {"pk": item["pk"], "sk": item["sk"]}

    def _run_keys(self, table: Any) -> Iterator[Item]:
        """Headers and locks; before a header its receipts, which can only be found by it."""
        for key in self._paired_keys(table):
            kind, _, run_id = str(key["sk"]).partition("#")
            if kind in {"RUN", "SWEEP"}:
                yield from ({"pk": r["pk"], "sk": r["sk"]} for r in self.stores.receipts(run_id))
            yield key

    def _versions(self) -> Iterator[dict[str, str]]:
        pages = self.book.s3.get_paginator("list_object_versions").paginate(
            Bucket=self.book.bucket, Prefix=self._prefix
        )
        for page in pages:
            for found in [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]:
                yield {"Key": found["Key"], "VersionId": found["VersionId"]}

    def _delete_objects(self) -> None:
        while batch := [found for found, _ in zip(self._versions(), range(1_000), strict=False)]:
            answer = self.book.s3.delete_objects(
                Bucket=self.book.bucket, Delete={"Objects": batch, "Quiet": True}
            )
            if failed := answer.get("Errors"):
                raise OperatorError(
                    f"S3 did not delete {len(failed)} objects, the first {failed[0]['Key']}: "
                    f"{failed[0].get('Message', failed[0].get('Code'))}; repeat the command"
                )

    def _delete_secret(self) -> None:
        name = secret_name(self.book.stage, self.tenant_id)
        try:
            self.book.secrets.delete_secret(SecretId=name, RecoveryWindowInDays=_SECRET_KEPT_DAYS)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {
                "ResourceNotFoundException",
                "InvalidRequestException",  # it is deleted already, and can still be brought back
            }:
                raise
