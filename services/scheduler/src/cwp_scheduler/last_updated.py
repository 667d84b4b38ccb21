"""LastUpdated: what a tenant's runs leave behind for the next ones; one query reads all of it.

Of each table an item under its name (`standing.TableStanding`; the mark of an open run is written
with the run, `sync_runs.py`). Beside them, under names that no table can have: `#clock`, how far
the server's clock is ahead; `#blocked` and `#blocked#{table}`, what refuses us.

A block is said once, though many runs find out at the same time and any of them may die: the run
that puts the item says it, and says it again only if it died before it noted that it had.

A tenant that seems blocked may only lack one table: wrong keys and a missing collection both
answer 404. So when another table ends the tenant's block, the table that began it stays blocked
until it is answered itself.
"""

from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr, Key

from cwp_scheduler.dynamo import Item, delete_if, put_if, query, set_if
from cwp_scheduler.runs import Run
from cwp_scheduler.standing import TableStanding, TenantStanding
from cwp_shared.clock import iso_seconds
from cwp_shared.events import SourceBlocked

_CLOCK = "#clock"
_BLOCKED = "#blocked"


class StandingStore:
    """LastUpdated."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def of(self, tenant_id: str) -> TenantStanding:
        """A tenant's standing, read consistently: a watermark not seen would mean a backfill."""
        condition = Key("tenant_id").eq(tenant_id)
        items = {item["table"]: item for item in query(self._table, condition)}
        prefix = f"{_BLOCKED}#"
        return TenantStanding(
            tables={n: TableStanding.model_validate(i) for n, i in items.items() if n[0] != "#"},
            blocked=_BLOCKED in items,
            blocked_tables=frozenset(n[len(prefix) :] for n in items if n.startswith(prefix)),
            clock_offset=timedelta(seconds=int(items.get(_CLOCK, {}).get("offset_s", 0))),
        )

    def note_attempt(self, run: Run) -> None:
        """Remember a run that was refused, so that it is not tried on every tick."""
        attempt = {"attempted_at": run.opened_at.isoformat()}
        set_if(self._table, _place(run), None, attempt)

    def note_clock(self, tenant_id: str, offset: timedelta, now: datetime) -> None:
        """Remember how far the server's clock is ahead; whole seconds, rounded down."""
        key = {"tenant_id": tenant_id, "table": _CLOCK}
        changes = {"offset_s": offset // timedelta(seconds=1), "seen_at": iso_seconds(now)}
        set_if(self._table, key, None, changes)

    def hold(self, run: Run) -> bool:
        """Leave the watermark for one more try; False if the run is that try.

        The same run gets the same answer, however often it asks.
        """
        mine = Attr("held_by").not_exists() | Attr("held_by").eq(run.run_id)
        moved = Attr("run_id").eq(run.run_id)
        return set_if(self._table, _place(run), mine & ~moved, {"held_by": run.run_id})

    def advance(self, run: Run, watermark: datetime) -> None:
        """Move the watermark; never backwards."""
        text = iso_seconds(watermark)
        forward = Attr("watermark").not_exists() | Attr("watermark").lte(text)
        changes = {"watermark": text, "run_id": run.run_id}
        set_if(self._table, _place(run), forward, changes, remove=("held_by",))

    def note_sweep(self, run: Run) -> None:
        """Remember a complete sweep; never backwards."""
        text = iso_seconds(run.upper)
        forward = Attr("reconciled_at").not_exists() | Attr("reconciled_at").lt(text)
        set_if(self._table, _place(run), forward, {"reconciled_at": text})

    def block(self, run: Run, blocked: SourceBlocked, now: datetime) -> bool:
        """Mark a block; whether it is this run that has to say so."""
        item = {
            **_block(run.tenant_id, blocked.table),
            "reason_class": blocked.reason_class,
            "reason": blocked.reason,
            "since": iso_seconds(now),
            "run_id": run.run_id,
            "found_by": run.table,
        }
        unsaid = Attr("run_id").eq(run.run_id) & Attr("said_at").not_exists()
        return put_if(self._table, item, Attr("tenant_id").not_exists() | unsaid)

    def is_table_blocked(self, run: Run) -> bool:
        """Whether the run's table is blocked by itself."""
        return self._block(_block(run.tenant_id, run.table)) is not None

    def note_said(self, run: Run, table: str | None, now: datetime) -> None:
        """The block that this run marked was published."""
        mine = Attr("run_id").eq(run.run_id)
        set_if(self._table, _block(run.tenant_id, table), mine, {"said_at": iso_seconds(now)})

    def unblock(self, run: Run, table: str | None) -> bool:
        """Whether there is a block and it is this run that has to say that it is over."""
        mine = Attr("ended_by").not_exists() | Attr("ended_by").eq(run.run_id)
        there = Attr("tenant_id").exists()
        key = _block(run.tenant_id, table)
        return set_if(self._table, key, there & mine, {"ended_by": run.run_id})

    def drop_block(self, run: Run, table: str | None) -> None:
        """Remove the block whose end this run has said."""
        key = _block(run.tenant_id, table)
        block = self._block(key)
        if block and table is None and block["found_by"] != run.table:
            self._narrow(block)
        delete_if(self._table, key, Attr("ended_by").eq(run.run_id))

    def _narrow(self, block: Item) -> None:
        rest = {name: value for name, value in block.items() if name != "ended_by"}
        place = _block(block["tenant_id"], block["found_by"])
        put_if(self._table, rest | place, Attr("tenant_id").not_exists())

    def _block(self, key: Item) -> Item | None:
        item: Item | None = self._table.get_item(Key=key, ConsistentRead=True).get("Item")
        return item


def _place(run: Run) -> Item:
    return {"tenant_id": run.tenant_id, "table": run.table}


def _block(tenant_id: str, table: str | None) -> Item:
    return {"tenant_id": tenant_id, "table": f"{_BLOCKED}#{table}" if table else _BLOCKED}
