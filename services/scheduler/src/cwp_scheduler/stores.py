"""Where runs, watermarks and tenants are kept: adapters over DynamoDB and S3.

SyncRuns holds, under `{tenant}#{table}`: `OPEN`, the lock that keeps a second run from starting,
and `RUN#{run_id}`, a run's header; under `{run_id}`: `PAGE#{job_id}`, its receipts.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from cwp_scheduler.runs import Progress, Receipt, Run, Window
from cwp_shared import keys
from cwp_shared.clock import iso_seconds
from cwp_shared.errors import Terminal
from cwp_shared.events import RunCompleted
from cwp_shared.tenants import SERVICE, TenantConfig

_LOCK = "OPEN"


class RunStore:
    """SyncRuns."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def find_open(self, tenant_id: str, table: str) -> Run | None:
        """The open run of a table, if there is one."""
        lock = self._get(_owner(tenant_id, table), _LOCK)
        return self.find(tenant_id, table, lock["run_id"]) if lock else None

    def find(self, tenant_id: str, table: str, run_id: str) -> Run | None:
        """A run's header."""
        item = self._get(_owner(tenant_id, table), _header(run_id))
        return Run.model_validate(item) if item else None

    def open(self, run: Run) -> bool:
        """Keep a new run and lock its table, both or neither; False if the table is locked."""
        owner = _owner(run.tenant_id, run.table)
        put_lock = {
            "Item": {"pk": owner, "sk": _LOCK, "run_id": run.run_id},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        try:
            self._transact({"Put": put_lock}, {"Put": {"Item": self._header_item(run)}})
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                return False
            raise
        return True

    def refuse(self, run: Run) -> None:
        """Keep a run that was refused before it was opened, so that `cwpipe status` shows why."""
        self._table.put_item(Item=self._header_item(run))

    def plan_windows(self, run: Run, windows: tuple[Window, ...], expected_rows: int) -> bool:
        """Keep what a survey found; False if a former copy of the survey's answer did."""
        return self._update(
            run,
            Attr("status").eq("OPEN") & Attr("windows").not_exists(),
            windows=[window.model_dump(mode="json") for window in windows],
            expected_rows=expected_rows,
        )

    def touch(self, run: Run, now: datetime) -> None:
        """Note that the run moves."""
        self._update(run, Attr("status").eq("OPEN"), touched_at=now.isoformat())

    def add_receipts(self, run: Run, receipts: list[Receipt]) -> None:
        """Keep one receipt a page. The first one counts: a page written twice is one page."""
        for receipt in receipts:
            item = {"pk": run.run_id, "sk": f"PAGE#{receipt.job_id}", **_plain(receipt)}
            try:
                self._table.put_item(Item=item, ConditionExpression=Attr("pk").not_exists())
            except ClientError as error:
                _only_condition_failed(error)

    def receipts(self, run: Run) -> list[Receipt]:
        """All receipts of a run, read consistently: the last page to arrive must see the others."""
        return [Receipt.model_validate(item) for item in self._query(run.run_id)]

    def complete(self, run: Run, progress: Progress, now: datetime) -> None:
        """End the run and free its table."""
        self._end(
            run,
            status="COMPLETED",
            ended_at=now.isoformat(),
            pages=progress.pages,
            rows=progress.rows,
            raw_keys=list(progress.raw_keys),
        )

    def fail(self, run: Run, reason_class: str, reason: str, now: datetime) -> None:
        """End the run without its watermark and free its table."""
        self._end(
            run,
            status="FAILED",
            ended_at=now.isoformat(),
            reason_class=reason_class,
            reason=reason,
        )

    def _end(self, run: Run, **changes: Any) -> None:
        self._update(run, Attr("status").eq("OPEN"), **changes)
        try:
            self._table.delete_item(
                Key={"pk": _owner(run.tenant_id, run.table), "sk": _LOCK},
                ConditionExpression=Attr("run_id").eq(run.run_id),
            )
        except ClientError as error:
            _only_condition_failed(error)

    def _update(self, run: Run, condition: Any, **changes: Any) -> bool:
        key = {"pk": _owner(run.tenant_id, run.table), "sk": _header(run.run_id)}
        return _set(self._table, key, condition, changes)

    def _header_item(self, run: Run) -> dict[str, Any]:
        return {
            "pk": _owner(run.tenant_id, run.table),
            "sk": _header(run.run_id),
            **_plain(run),
        }

    def _get(self, pk: str, sk: str) -> dict[str, Any] | None:
        answer = self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _query(self, pk: str) -> Iterator[dict[str, Any]]:
        page: dict[str, Any] = {"KeyConditionExpression": Key("pk").eq(pk), "ConsistentRead": True}
        while True:
            answer = self._table.query(**page)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _transact(self, *writes: dict[str, dict[str, Any]]) -> None:
        for write in writes:
            for request in write.values():
                request["TableName"] = self._table.name
        self._table.meta.client.transact_write_items(TransactItems=list(writes))


class WatermarkStore:
    """LastUpdated: one item per tenant and table."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, tenant_id: str, table: str) -> datetime | None:
        """How far the table is complete; None: never synced."""
        answer = self._table.get_item(Key=_place(tenant_id, table), ConsistentRead=True)
        text = answer.get("Item", {}).get("watermark")
        return datetime.fromisoformat(text) if text else None

    def attempts(self, tenant_id: str) -> dict[str, datetime]:
        """When a run of each of the tenant's tables was last opened."""
        answer = self._table.query(KeyConditionExpression=Key("tenant_id").eq(tenant_id))
        return {
            item["table"]: datetime.fromisoformat(item["attempted_at"])
            for item in answer["Items"]
            if "attempted_at" in item
        }

    def note_attempt(self, run: Run) -> None:
        """Remember that a run was opened, so that a failing table is not tried on every tick."""
        place = _place(run.tenant_id, run.table)
        _set(self._table, place, None, {"attempted_at": run.opened_at.isoformat()})

    def advance(self, run: Run) -> None:
        """Move the watermark to the run's upper bound; never backwards."""
        upper = iso_seconds(run.upper)
        forward = Attr("watermark").not_exists() | Attr("watermark").lt(upper)
        place = _place(run.tenant_id, run.table)
        _set(self._table, place, forward, {"watermark": upper, "run_id": run.run_id})


class TenantStore:
    """TenantServices, read only."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def get(self, tenant_id: str) -> TenantConfig:
        """One tenant's settings.

        Raises:
            Terminal: no such tenant, or its item is not valid.
        """
        answer = self._table.get_item(Key={"tenant_id": tenant_id, "service": SERVICE})
        if "Item" not in answer:
            raise Terminal(f"tenant {tenant_id!r} is not set up; add it with `cwpipe tenants add`")
        return TenantConfig.from_item(answer["Item"])

    def all_items(self) -> Iterator[dict[str, Any]]:
        """The items of all tenants, unchecked: one bad item must not hide the others."""
        page: dict[str, Any] = {}
        while True:
            answer = self._table.scan(**page)
            yield from (item for item in answer["Items"] if item.get("service") == SERVICE)
            if "LastEvaluatedKey" not in answer:
                return
            page["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


class RunRecords:
    """Outcomes of completed runs in S3, from which LastUpdated can be made anew."""

    def __init__(self, s3: Any, bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def put(self, completed: RunCompleted) -> None:
        """Keep one; writing it again changes nothing."""
        self._s3.put_object(
            Bucket=self._bucket,
            Key=keys.run_record(completed.tenant_id, completed.table, completed.run_id),
            Body=completed.model_dump_json().encode(),
            ContentType="application/json",
        )


def _owner(tenant_id: str, table: str) -> str:
    return f"{tenant_id}#{table}"


def _header(run_id: str) -> str:
    return f"RUN#{run_id}"


def _place(tenant_id: str, table: str) -> dict[str, str]:
    return {"tenant_id": tenant_id, "table": table}


def _plain(model: Run | Receipt) -> dict[str, Any]:
    return model.model_dump(mode="json", exclude_none=True)


def _set(table: Any, key: dict[str, str], condition: Any, changes: dict[str, Any]) -> bool:
    """Set attributes if the condition holds; whether it did."""
    request: dict[str, Any] = {
        "Key": key,
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in changes),
        "ExpressionAttributeNames": {f"#{name}": name for name in changes},
        "ExpressionAttributeValues": {f":{name}": value for name, value in changes.items()},
    }
    if condition is not None:
        request["ConditionExpression"] = condition
    try:
        table.update_item(**request)
    except ClientError as error:
        _only_condition_failed(error)
        return False
    return True


def _only_condition_failed(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
