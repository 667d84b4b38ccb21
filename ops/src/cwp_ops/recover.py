"""Making anew what was lost beside S3 and the warehouse. Repeating it changes nothing.

The order matters: tenants before watermarks, so that nothing runs with settings half there;
watermarks before files, so that no tick begins a backfill that is not needed.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from cwp_ops import recovery_plan as plan
from cwp_ops.tenants import TenantBook
from cwp_shared import keys
from cwp_shared.bus import Publisher
from cwp_shared.clock import Clock, utc_now
from cwp_shared.errors import Terminal
from cwp_shared.tenants import ApiKeys, TenantConfig

_READERS = 8
_MESSAGES_PER_CALL = 10


class Lake(Protocol):
    """What recovery needs of the bucket."""

    def tenants(self) -> list[str]:
        """The prefixes at the top."""

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes under a prefix."""

    def texts(self, wanted: Iterable[str]) -> Iterator[str]:
        """The contents of objects, in any order."""

    def text(self, key: str) -> str | None:
        """One object's content; None if there is none."""


@dataclass
class Recovered:
    """What was made anew, for the operator to read."""

    tenants: list[str] = field(default_factory=list)
    watermarks: int = 0
    histories: int = 0
    files: int = 0
    keys_restored: list[str] = field(default_factory=list)
    keys_missing: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Recovery:
    """Everything that recovery reads and writes."""

    lake: Lake
    bucket: str
    book: TenantBook
    watermarks: Any
    bus: Publisher
    send_files: Callable[[list[tuple[str, str]]], None]
    loaded_sequences: Callable[[str], dict[str, int]]
    #: API keys of a tenant that some system near by knows (the sandbox); None: nobody does.
    find_keys: Callable[[TenantConfig], ApiKeys | None]
    clock: Clock = utc_now

    def run(self, say: Callable[[str], None]) -> Recovered:
        """Make anew what is missing; returns what that was."""
        done = Recovered()
        for tenant_id in self.lake.tenants():
            say(f"recovering tenant {tenant_id}")
            self._tenant(tenant_id, done)
            self._watermarks(tenant_id, done)
            self._histories(tenant_id, done)
        return done

    def _tenant(self, tenant_id: str, done: Recovered) -> None:
        text = self.lake.text(keys.tenant_record(tenant_id))
        if text is None:
            return
        try:
            tenant = TenantConfig.model_validate_json(text)
        except (ValueError, Terminal):
            done.unreadable.append(keys.tenant_record(tenant_id))
            return
        self._restore_keys(tenant, done)
        if _put_if(self.book.table, tenant.to_item(), Attr("tenant_id").not_exists()):
            done.tenants.append(tenant_id)

    def _restore_keys(self, tenant: TenantConfig, done: Recovered) -> None:
        if self.book.has_keys(tenant.tenant_id):
            return
        if found := self.find_keys(tenant):
            self.book.keep_keys(tenant.tenant_id, found)
            done.keys_restored.append(tenant.tenant_id)
        else:
            done.keys_missing.append(tenant.tenant_id)

    def _watermarks(self, tenant_id: str, done: Recovered) -> None:
        found = [key for key, _ in self.lake.keys(f"{tenant_id}/runs/") if plan.is_run_record(key)]
        for item in plan.watermark_items(self.lake.texts(found)):
            older = Attr("watermark").not_exists() | Attr("watermark").lt(item["watermark"])
            done.watermarks += _put_if(self.watermarks, item, older)

    def _histories(self, tenant_id: str, done: Recovered) -> None:
        found = map(plan.commit_object, (key for key, _ in self.lake.keys(f"{tenant_id}/state/")))
        commits = [commit for commit in found if commit]
        loaded = {(tenant_id, name): n for name, n in self.loaded_sequences(tenant_id).items()}
        requests = plan.commit_requests(commits, loaded)
        self.bus.publish(requests)
        done.histories += len(requests)
        committed = plan.committed_raw_keys(self.lake.texts(commit.key for commit in commits))
        done.files += self._send_uncommitted(tenant_id, committed)

    def _send_uncommitted(self, tenant_id: str, committed: set[str]) -> int:
        sizes = {k: size for k, size in self.lake.keys(f"{tenant_id}/raw/") if plan.is_raw(k)}
        missing = plan.uncommitted(sizes, committed)
        now = self.clock()
        self.send_files(
            [(tenant_id, plan.object_created(self.bucket, k, sizes[k], now)) for k in missing]
        )
        return len(missing)


class S3Lake:
    """The bucket."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def tenants(self) -> list[str]:
        """The prefixes at the top."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Delimiter="/"
        )
        found = (prefix["Prefix"] for page in pages for prefix in page.get("CommonPrefixes", ()))
        return [t for t in map(plan.tenant_of, found) if t != keys.UNKNOWN_TENANT]

    def keys(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes under a prefix."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=prefix
        )
        for page in pages:
            for found in page.get("Contents", ()):
                yield found["Key"], found["Size"]

    def texts(self, wanted: Iterable[str]) -> Iterator[str]:
        """The contents of objects, several read at once."""
        with ThreadPoolExecutor(_READERS) as readers:
            yield from filter(None, readers.map(self.text, wanted))

    def text(self, key: str) -> str | None:
        """One object's content; None if there is none."""
        try:
            answer = self._s3.get_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise
        body: bytes = answer["Body"].read()
        return body.decode()

    def modified(self, key: str) -> datetime | None:
        """When an object was last written; None if there is none."""
        try:
            answer = self._s3.head_object(Bucket=self._bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
                return None
            raise
        found: datetime = answer["LastModified"]
        return found

    def delete(self, key: str) -> None:
        """Delete an object; not an error if there is none."""
        self._s3.delete_object(Bucket=self._bucket, Key=key)


def sender(sqs: Any, queue_name: str) -> Callable[[list[tuple[str, str]]], None]:
    """Sends messages, each with its tenant, to a queue; every receipt checked."""

    def send(messages: list[tuple[str, str]]) -> None:
        if not messages:
            return
        url = sqs.get_queue_url(QueueName=queue_name)["QueueUrl"]
        for start in range(0, len(messages), _MESSAGES_PER_CALL):
            batch = messages[start : start + _MESSAGES_PER_CALL]
            entries = [
                {"Id": str(n), "MessageBody": body, "MessageGroupId": tenant_id}
                for n, (tenant_id, body) in enumerate(batch)
            ]
            answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
            if answer.get("Failed"):
                raise RuntimeError(f"{queue_name} refused {len(answer['Failed'])} messages")

    return send


def _put_if(table: Any, item: dict[str, Any], condition: Any) -> bool:
    try:
        table.put_item(Item=item, ConditionExpression=condition)
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True
