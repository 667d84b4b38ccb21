"""What the services keep, read for people: runs, watermarks, history files, loads.

The items are the services' own; nothing here writes them but `cwp_ops.recover`, which makes lost
ones anew, and `cwp_ops.quarantine`, which has raw files read again.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from boto3.dynamodb.conditions import Key

from cwp_ops.paging import Item, items, items_at

#: A tenant's id, and the name of one of its tables.
Pair = tuple[str, str]


@dataclass(frozen=True)
class Stores:
    """The tables of a stage (boto3 Table resources)."""

    tenants: Any
    watermarks: Any
    runs: Any
    histories: Any
    loads: Any

    @classmethod
    def of(cls, cloud: Any) -> Self:
        """The tables of a `Cloud`."""
        return cls(
            tenants=cloud.table("TenantServices"),
            watermarks=cloud.table("LastUpdated"),
            runs=cloud.table("SyncRuns"),
            histories=cloud.table("CanonicalState"),
            loads=cloud.table("LoadState"),
        )

    def open_run(self, tenant_id: str, table: str, *, sweep: bool = False) -> Item | None:
        """The header of the run that is open; with `sweep` of the one that sweeps ids."""
        lock = _get(self.runs, _pair(tenant_id, table), "OPEN#SWEEP" if sweep else "OPEN")
        return self.run(tenant_id, table, lock["run_id"]) if lock else None

    def run(self, tenant_id: str, table: str, run_id: str) -> Item | None:
        """A run's header, of either kind."""
        pair = _pair(tenant_id, table)
        return _get(self.runs, pair, f"RUN#{run_id}") or _get(self.runs, pair, f"SWEEP#{run_id}")

    def newest_run(self, tenant_id: str, table: str) -> Item | None:
        """The header of the run that brings rows, opened last."""
        return next(iter(self.newest_runs(tenant_id, table, 1)), None)

    def newest_runs(
        self, tenant_id: str, table: str, count: int, *, sweep: bool = False
    ) -> list[Item]:
        """The headers of the runs opened last, newest first: run ids sort by time."""
        answer = self.runs.query(
            KeyConditionExpression=Key("pk").eq(_pair(tenant_id, table))
            & Key("sk").begins_with("SWEEP#" if sweep else "RUN#"),
            ScanIndexForward=False,
            Limit=count,
            ConsistentRead=True,
        )
        return list(answer["Items"])

    def headers(self, runs: Mapping[Pair, str], *, sweep: bool = False) -> dict[Pair, Item]:
        """The headers of runs given by their ids, a run a table, as far as they are there."""
        kind = "SWEEP" if sweep else "RUN"
        return _get_many(self.runs, {pair: f"{kind}#{run_id}" for pair, run_id in runs.items()})

    def receipts(self, run_id: str) -> list[Item]:
        """The pages of a run that are durable in raw/."""
        return list(
            items(
                self.runs.query,
                KeyConditionExpression=Key("pk").eq(run_id) & Key("sk").begins_with("PAGE#"),
            )
        )

    def file(self, tenant_id: str, canonical_table: str, raw_key: str) -> Item | None:
        """What became of a raw file; None: it is not in the history yet."""
        return _get(self.histories, _pair(tenant_id, canonical_table), f"FILE#{raw_key}")

    def forget_file(self, tenant_id: str, canonical_table: str, raw_key: str) -> None:
        """Make the transformer read a raw file again when it is named the next time."""
        key = {"pk": _pair(tenant_id, canonical_table), "sk": f"FILE#{raw_key}"}
        self.histories.delete_item(Key=key)

    def pointer(self, tenant_id: str, canonical_table: str) -> Item | None:
        """Where a history stands."""
        return _get(self.histories, _pair(tenant_id, canonical_table), "POINTER")

    def load_head(self, tenant_id: str, canonical_table: str) -> Item | None:
        """Where the loading of a table stands."""
        return _get(self.loads, _pair(tenant_id, canonical_table), "HEAD")

    def load_heads(self, pairs: Iterable[Pair]) -> dict[Pair, Item]:
        """Where the loading of canonical tables stands."""
        return _get_many(self.loads, dict.fromkeys(pairs, "HEAD"))

    def all_watermarks(self) -> dict[str, dict[str, Item]]:
        """The LastUpdated items of all tenants, by tenant and table."""
        found: dict[str, dict[str, Item]] = defaultdict(dict)
        for item in items(self.watermarks.scan):
            found[item["tenant_id"]][item["table"]] = item
        return found

    def watermarks_of(self, tenant_id: str) -> dict[str, Item]:
        """The LastUpdated items of a tenant, by table."""
        found = items(self.watermarks.query, KeyConditionExpression=Key("tenant_id").eq(tenant_id))
        return {item["table"]: item for item in found}


def _pair(tenant_id: str, table: str) -> str:
    return f"{tenant_id}#{table}"


def _get(table: Any, pk: str, sk: str) -> Item | None:
    answer = table.get_item(Key={"pk": pk, "sk": sk}, ConsistentRead=True)
    item: Item | None = answer.get("Item")
    return item


def _get_many(table: Any, sort_keys: Mapping[Pair, str]) -> dict[Pair, Item]:
    """Items by their pairs; of each pair one, at its sort key."""
    pairs = {_pair(*pair): pair for pair in sort_keys}
    keys = [{"pk": pk, "sk": sort_keys[pair]} for pk, pair in pairs.items()]
    return {pairs[item["pk"]]: item for item in items_at(table, keys)}
