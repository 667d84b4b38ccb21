"""The table LoadState: pending commits, and the head of each canonical table.

Items of one canonical table share the key `pk` = `{tenant}#{canonical_table}`: `sk` = `HEAD` is the
head (`head.py`), `sk` = `COMMIT#{sequence:012d}` is a commit that is not loaded yet. All of it can
be made anew: the heads from the ledger, the commits from the transformer (CommitsRequested).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final, Protocol

from cwp_loader.head import Head
from cwp_loader.table import TableRef
from cwp_shared.events import CanonicalCommitted

_HEAD: Final = "HEAD"
_COMMIT: Final = "COMMIT#"
_LAST: Final = 10**12 - 1


class CommitStore(Protocol):
    """What `gather` needs of the state."""

    def add(self, commit: CanonicalCommitted) -> None:
        """Keep a commit as pending; again is the same."""

    def raise_highest(self, table: TableRef, sequence: int) -> None:
        """Note that commits up to `sequence` exist."""

    def set_due(self, table: TableRef, due: datetime) -> datetime:
        """Have the table loaded at `due`, or earlier if that was said before; when it will be."""


class LoadState(CommitStore, Protocol):
    """What `settle` needs of the state. Reads see every earlier write."""

    def head(self, table: TableRef) -> Head:
        """The head, a new one if there is none."""

    def heads(self) -> Iterator[Head]:
        """All heads."""

    def save(self, head: Head) -> Head | None:
        """Save under the next revision; None if somebody else saved since this one was read.

        `highest_sequence` and a `due_at` stay as `gather` wrote them; a `due_at` of None is saved.
        """

    def pending(self, table: TableRef, first: int, limit: int) -> list[CanonicalCommitted]:
        """The kept commits from `first` on, in order, at most `limit`."""

    def forget(self, table: TableRef, last: int) -> None:
        """Drop the kept commits up to `last`: the warehouse has them."""


class LoadStateTable:
    """LoadState in DynamoDB; both protocols. `items` is a boto3 Table."""

    def __init__(self, items: Any) -> None:
        self._items = items
        self._client = items.meta.client

    def add(self, commit: CanonicalCommitted) -> None:
        """Put the commit's item; the event is kept as it came."""
        table = TableRef(commit.tenant_id, commit.canonical_table)
        key = _key(table, _commit_sk(commit.sequence))
        self._items.put_item(Item={**key, "event": commit.model_dump_json()})

    def raise_highest(self, table: TableRef, sequence: int) -> None:
        """Raise `highest_sequence`; it never goes down, and no revision is spent on it."""
        try:
            self._items.update_item(
                Key=_key(table, _HEAD),
                UpdateExpression="SET highest_sequence = :n, tenant_id = :t, canonical_table = :c",
                ConditionExpression=(
                    "attribute_not_exists(highest_sequence) OR highest_sequence < :n"
                ),
                ExpressionAttributeValues={
                    ":n": sequence,
                    ":t": table.tenant_id,
                    ":c": table.canonical_table,
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def set_due(self, table: TableRef, due: datetime) -> datetime:
        """Lower `due_at`, in whole seconds, which compare as numbers."""
        wanted = int(due.timestamp())
        try:
            self._items.update_item(
                Key=_key(table, _HEAD),
                UpdateExpression="SET due_at = :due",
                ConditionExpression="attribute_not_exists(due_at) OR due_at > :due",
                ExpressionAttributeValues={":due": wanted},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return self.head(table).due_at or due
        return datetime.fromtimestamp(wanted, UTC)

    def head(self, table: TableRef) -> Head:
        """Read the head, consistently."""
        answer = self._items.get_item(Key=_key(table, _HEAD), ConsistentRead=True)
        return Head.model_validate({**answer.get("Item", {}), **table._asdict()})

    def heads(self) -> Iterator[Head]:
        """Scan for heads. The table holds only them and what is not loaded yet, so it is small."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._items.name,
            FilterExpression="sk = :head",
            ExpressionAttributeValues={":head": _HEAD},
        )
        for page in pages:
            yield from map(Head.model_validate, page["Items"])

    def save(self, head: Head) -> Head | None:
        """Write the fields that are `settle`'s, if the revision is still the one read."""
        others = {"highest_sequence"} | ({"due_at"} if head.due_at else set())
        fields: dict[str, Any] = head.model_dump(mode="json", exclude=others)
        fields["revision"] = head.revision + 1
        try:
            self._items.update_item(
                Key=_key(head.table, _HEAD), **_assignments(fields, head.revision)
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return head.model_copy(update={"revision": head.revision + 1})

    def pending(self, table: TableRef, first: int, limit: int) -> list[CanonicalCommitted]:
        """Query the commits, consistently."""
        items = self._commits(table, first, _LAST, PaginationConfig={"MaxItems": limit})
        return [CanonicalCommitted.model_validate_json(item["event"]) for item in items]

    def forget(self, table: TableRef, last: int) -> None:
        """Delete the commits; what a crash leaves, the next load's call deletes."""
        with self._items.batch_writer() as batch:
            for item in self._commits(table, 0, last, ProjectionExpression="sk"):
                batch.delete_item(Key=_key(table, item["sk"]))

    def _commits(
        self, table: TableRef, first: int, last: int, **options: Any
    ) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._items.name,
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues={
                ":pk": _pk(table),
                ":first": _commit_sk(first),
                ":last": _commit_sk(last),
            },
            **options,
        )
        for page in pages:
            yield from page["Items"]


def _pk(table: TableRef) -> str:
    return f"{table.tenant_id}#{table.canonical_table}"


def _commit_sk(sequence: int) -> str:
    return f"{_COMMIT}{sequence:012d}"


def _key(table: TableRef, sk: str) -> dict[str, str]:
    return {"pk": _pk(table), "sk": sk}


def _assignments(fields: dict[str, Any], expected_revision: int) -> dict[str, Any]:
    """The update that sets what has a value, removes the rest, and checks the revision."""
    names = {f"#{name}": name for name in fields}
    values = {f":{name}": value for name, value in fields.items() if value is not None}
    sets = ", ".join(f"#{name} = :{name}" for name, value in fields.items() if value is not None)
    removes = ", ".join(f"#{name}" for name, value in fields.items() if value is None)
    unchanged = "#revision = :expected"
    if expected_revision == 0:
        unchanged = "attribute_not_exists(#revision)"
    else:
        values[":expected"] = expected_revision
    return {
        "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
        "ConditionExpression": unchanged,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
