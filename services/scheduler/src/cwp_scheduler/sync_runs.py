"""SyncRuns: runs and their receipts.

Under `{tenant}#{table}`: the headers `RUN#{run_id}` of runs that bring rows and `SWEEP#{run_id}` of
those that sweep ids, and `OPEN` and `OPEN#SWEEP`, the locks that keep a second one of either kind
from starting. Under `{run_id}`: `PAGE#{job_id}`, its receipts. Receipts and headers of ended runs
expire (`expires_at`).

A run is opened and ended in one transaction, together with the mark of LastUpdated that it is
open: whoever reads any of the three sees the same. LastUpdated also names the run that was opened
last, so that many tables' newest headers can be read in one request.
"""

from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from cwp_scheduler.dynamo import Item, put_if, query, set_if, write_all
from cwp_scheduler.receipts import Progress, Receipt
from cwp_scheduler.runs import Run, Window
from cwp_shared.errors import Retriable
from cwp_shared.events import Mode

#: How long what a run was is kept; its outcome is in S3 for good.
KEPT = timedelta(days=30)

_RUN = "RUN#"
_SWEEP = "SWEEP#"


class RunStore:
    """SyncRuns.

    Args:
        table: the table (boto3 resource).
        last_updated: the name of LastUpdated.
    """

    def __init__(self, table: Any, last_updated: str) -> None:
        self._table = table
        self._last_updated = last_updated

    def find_open(self, tenant_id: str, table: str, mode: Mode) -> Run | None:
        """The open run of a table that brings rows, or that sweeps ids, as `mode` does."""
        lock = self._get(_owner(tenant_id, table), _lock(mode))
        return self.find(tenant_id, table, lock["run_id"]) if lock else None

    def find(self, tenant_id: str, table: str, run_id: str) -> Run | None:
        """A run's header, of either kind: events do not say which it is."""
        owner = _owner(tenant_id, table)
        for kind in (_RUN, _SWEEP):
            if item := self._get(owner, f"{kind}{run_id}"):
                return Run.model_validate(item)
        return None

    def open(self, run: Run) -> bool:
        """Keep a new run, lock its table and mark it; False if the table is locked."""
        lock = {**_lock_key(run), "run_id": run.run_id}
        held = write_all(
            self._table,
            [
                {"Put": self._write(Item=lock, ConditionExpression="attribute_not_exists(pk)")},
                {"Put": self._write(Item=_header_item(run))},
                {"Update": self._mark_open(run)},
            ],
        )
        return held is None

    def refuse(self, run: Run) -> None:
        """Keep a run that was refused before it was opened, so that `cwpipe status` shows why."""
        self._table.put_item(Item={**_header_item(run), "expires_at": _expiry(run.opened_at)})

    def plan_windows(self, run: Run, windows: tuple[Window, ...], expected_rows: int) -> bool:
        """Keep what a survey found; False if a former copy of the survey's answer did."""
        return self._update(
            run,
            Attr("windows").not_exists(),
            windows=[window.model_dump(mode="json") for window in windows],
            expected_rows=expected_rows,
        )

    def touch(self, run: Run, now: datetime) -> None:
        """Note that the run moves."""
        self._update(run, touched_at=now.isoformat())

    def pick_up(self, run: Run, now: datetime) -> None:
        """Note that the run's jobs were sent once more, as `run` has it."""
        self._update(run, touched_at=now.isoformat(), picked_up=run.picked_up, is_try=run.is_try)

    def add_receipts(self, run: Run, receipts: list[Receipt], now: datetime) -> None:
        """Keep one receipt a page. The first one counts: a page written twice is one page."""
        for receipt in receipts:
            item = {"pk": run.run_id, "sk": f"PAGE#{receipt.job_id}", **_plain(receipt)}
            put_if(
                self._table,
                {**item, "expires_at": _expiry(now)},
                Attr("pk").not_exists(),
            )

    def receipts(self, run: Run) -> list[Receipt]:
        """All receipts of a run, read consistently: the last page to arrive must see the others."""
        return [Receipt.model_validate(i) for i in query(self._table, Key("pk").eq(run.run_id))]

    def complete(self, run: Run, done: Progress, now: datetime) -> None:
        """End the run and free its table."""
        self._end(
            run,
            now,
            status="COMPLETED",
            pages=done.pages,
            rows=done.rows,
            raw_keys=list(done.raw_keys),
            quarantined=done.quarantined,
            counted=done.counted,
            missing=done.missing,
        )

    def fail(self, run: Run, reason_class: str, reason: str, now: datetime) -> None:
        """End the run without its watermark and free its table."""
        self._end(run, now, status="FAILED", reason_class=reason_class, reason=reason)

    def _end(self, run: Run, now: datetime, **changes: Any) -> None:
        known = {name: value for name, value in changes.items() if value is not None}
        known |= {"ended_at": now.isoformat(), "expires_at": _expiry(now)}
        held = write_all(
            self._table,
            [
                {"Update": self._end_header(run, known)},
                {"Delete": self._free_lock(run)},
                {"Update": self._mark_ended(run)},
            ],
        )
        # The first: a copy of the message ended it already.
        if held == 1:
            raise Retriable(
                f"run {run.run_id} cannot be ended: {run.tenant_id}/{run.table} is locked by "
                "another run; see the OPEN items of the table in SyncRuns"
            )

    def _end_header(self, run: Run, changes: Item) -> Item:
        return self._write(
            Key=_header_key(run),
            UpdateExpression="SET #status = :status, "
            + ", ".join(f"#{name} = :{name}" for name in changes if name != "status"),
            ConditionExpression="#status = :open",
            ExpressionAttributeNames={f"#{name}": name for name in changes},
            ExpressionAttributeValues={":open": "OPEN"}
            | {f":{name}": value for name, value in changes.items()},
        )

    def _free_lock(self, run: Run) -> Item:
        return self._write(
            Key=_lock_key(run),
            ConditionExpression="attribute_not_exists(pk) OR run_id = :run",
            ExpressionAttributeValues={":run": run.run_id},
        )

    def _mark_open(self, run: Run) -> Item:
        opened = run.opened_at.isoformat()
        if run.mode == "reconcile":
            return self._mark(
                run,
                UpdateExpression="SET open_sweep = :run, last_sweep = :run, "
                "sweep_attempted_at = :at",
                ExpressionAttributeValues={":run": run.run_id, ":at": opened},
            )
        return self._mark(
            run,
            UpdateExpression="SET open_run = :run, last_run = :run, attempted_at = :at, "
            "started_at = if_not_exists(started_at, :at)",
            ExpressionAttributeValues={":run": run.run_id, ":at": opened},
        )

    def _mark_ended(self, run: Run) -> Item:
        mark = "open_sweep" if run.mode == "reconcile" else "open_run"
        return self._mark(run, UpdateExpression=f"REMOVE {mark}")

    def _mark(self, run: Run, **request: Any) -> Item:
        key = {"tenant_id": run.tenant_id, "table": run.table}
        return {"TableName": self._last_updated, "Key": key, **request}

    def _write(self, **request: Any) -> Item:
        return {"TableName": self._table.name, **request}

    def _update(self, run: Run, condition: Any = None, **changes: Any) -> bool:
        is_open = Attr("status").eq("OPEN")
        whole = is_open & condition if condition else is_open
        return set_if(self._table, _header_key(run), whole, changes)

    def _get(self, pk: str, sk: str) -> Item | None:
        answer = self._table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True)
        item: Item | None = answer.get("Item")
        return item


def _owner(tenant_id: str, table: str) -> str:
    return f"{tenant_id}#{table}"


def _lock(mode: Mode) -> str:
    return "OPEN#SWEEP" if mode == "reconcile" else "OPEN"


def _lock_key(run: Run) -> dict[str, str]:
    return {"pk": _owner(run.tenant_id, run.table), "sk": _lock(run.mode)}


def _header_key(run: Run) -> dict[str, str]:
    kind = _SWEEP if run.mode == "reconcile" else _RUN
    return {"pk": _owner(run.tenant_id, run.table), "sk": f"{kind}{run.run_id}"}


def _header_item(run: Run) -> Item:
    return {**_header_key(run), **_plain(run)}


def _plain(model: Run | Receipt) -> Item:
    return model.model_dump(mode="json", exclude_none=True)


def _expiry(now: datetime) -> int:
    return int((now + KEPT).timestamp())
