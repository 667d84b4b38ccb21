"""What DynamoDB remembers of S3's truth, to save work: CanonicalState.

Items, `pk` = `{tenant}#{canonical table}`:

* `sk` = `POINTER`: `revision`, `sequence`, `facts`, `keys`, `versions`, `current`, `updated_at`:
  the newest commit that was announced, and what the history holds.
* `sk` = `FILE#{raw key}`: `revision`, `sequence`: the raw file is in the history since then.

Losing any of them, or all, costs work and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

from botocore.exceptions import ClientError

from cwp_shared.clock import iso_seconds
from cwp_transformer.commits import Commit

_POINTER = "POINTER"
_KEYS_PER_CALL = 100


class HistoryRef(NamedTuple):
    """Whose history: one canonical table of one tenant."""

    tenant_id: str
    canonical_table: str

    def __str__(self) -> str:
        return f"{self.tenant_id}.{self.canonical_table}"

    @property
    def pk(self) -> str:
        """Partition key of its items."""
        return f"{self.tenant_id}#{self.canonical_table}"


class Ledger(Protocol):
    """What was announced, and which raw files are done."""

    def announced(self, history: HistoryRef) -> int:
        """Revision up to which commits were announced; 0 if nothing is known."""

    def done(self, history: HistoryRef, raw_keys: Sequence[str]) -> dict[str, int]:
        """Those of the raw files that are known to be done, with the revision that has them."""

    def mark(
        self, history: HistoryRef, raw_keys: Iterable[str], revision: int, sequence: int
    ) -> None:
        """Remember that these raw files are done."""

    def advance(self, commit: Commit, believed: int) -> None:
        """Remember that `commit` and all before it were announced.

        Never goes back, unless what is remembered is still `believed`, the revision that
        `announced` gave: then S3 has proven it wrong.
        """


class DynamoLedger:
    """A `Ledger` in the table CanonicalState."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def announced(self, history: HistoryRef) -> int:
        """See `Ledger`."""
        answer = self._client.get_item(
            TableName=self._table, Key=_key(history, _POINTER), ConsistentRead=True
        )
        return int(answer["Item"]["revision"]["N"]) if "Item" in answer else 0

    def done(self, history: HistoryRef, raw_keys: Sequence[str]) -> dict[str, int]:
        """See `Ledger`. What the table does not answer in one go counts as not done."""
        found = {}
        for some in _batches(raw_keys):
            wanted = {"Keys": [_key(history, f"FILE#{raw_key}") for raw_key in some]}
            answer = self._client.batch_get_item(RequestItems={self._table: wanted})
            for item in answer["Responses"].get(self._table, ()):
                found[item["sk"]["S"].removeprefix("FILE#")] = int(item["revision"]["N"])
        return found

    def mark(
        self, history: HistoryRef, raw_keys: Iterable[str], revision: int, sequence: int
    ) -> None:
        """See `Ledger`."""
        for raw_key in raw_keys:
            item = _key(history, f"FILE#{raw_key}") | _numbers(revision=revision, sequence=sequence)
            self._client.put_item(TableName=self._table, Item=item)

    def advance(self, commit: Commit, believed: int) -> None:
        """See `Ledger`."""
        numbers = _numbers(
            revision=commit.revision, sequence=commit.sequence, **commit.totals.model_dump()
        )
        history = HistoryRef(commit.tenant_id, commit.canonical_table)
        item = _key(history, _POINTER) | numbers
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item | {"updated_at": {"S": iso_seconds(commit.committed_at)}},
                ConditionExpression=(
                    "attribute_not_exists(pk) OR revision < :revision OR revision = :believed"
                ),
                ExpressionAttributeValues={
                    ":revision": numbers["revision"],
                    ":believed": {"N": str(believed)},
                },
            )
        except ClientError as error:
            # Somebody else is further already.
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise


def _key(history: HistoryRef, sort_key: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": history.pk}, "sk": {"S": sort_key}}


def _numbers(**values: int) -> dict[str, dict[str, str]]:
    return {name: {"N": str(value)} for name, value in values.items()}


def _batches(raw_keys: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(raw_keys)
    while some := list(islice(rest, _KEYS_PER_CALL)):
        yield some
