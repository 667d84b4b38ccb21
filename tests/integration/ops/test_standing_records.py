"""What `cwpipe status` and `watch` read of many tenants, and how often they ask, under moto."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cwp_ops import paging, tenants
from cwp_ops.paging import items_at
from cwp_ops.standing_records import Records, read_records
from cwp_ops.stores import Stores
from cwp_ops.tenants import TenantBook
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.receipts import progress
from cwp_scheduler.runs import Run, new_run
from cwp_scheduler.sync_runs import RunStore
from cwp_shared.events import Mode
from cwp_shared.tenants import TenantConfig, secret_name
from tests.aws_environment import isolate
from tests.integration.scheduler.world import NOW, TABLE, make_table

TABLES = ("service_tickets", "time_entries", "company_companies", "company_contacts")
CANONICAL = {table: (table,) for table in TABLES}
PAIR = ("acme", TABLE)


@dataclass
class World:
    """Runs that the scheduler's own code makes."""

    stores: Stores
    runs: RunStore
    standings: StandingStore
    calls: Counter[str]

    @classmethod
    def make(cls) -> "World":
        watermarks = make_table("LastUpdated", "tenant_id", "table")
        runs = make_table("SyncRuns", "pk", "sk")
        stores = Stores(
            tenants=None,
            watermarks=watermarks,
            runs=runs,
            histories=None,
            loads=make_table("LoadState", "pk", "sk"),
        )
        calls: Counter[str] = Counter()
        for table in (watermarks, runs, stores.loads):
            table.meta.client.meta.events.register(
                "before-call.dynamodb", lambda model, **_: calls.update([model.name])
            )
        return cls(stores, RunStore(runs, "LastUpdated"), StandingStore(watermarks), calls)

    def open(
        self,
        tenant_id: str = "acme",
        table: str = TABLE,
        mode: Mode = "incremental",
        minute: int = 0,
    ) -> Run:
        run = self.unopened(tenant_id, table, mode, NOW + timedelta(minutes=minute))
        assert self.runs.open(run)
        return run

    def unopened(self, tenant_id: str, table: str, mode: Mode, at: datetime) -> Run:
        tenant = TenantConfig(
            tenant_id=tenant_id, site="api-na.myconnectwise.net", company="ACME", tables=TABLES
        )
        return new_run(tenant, table, mode, NOW - timedelta(hours=1), at, at)

    def complete(self, run: Run) -> Run:
        self.runs.complete(run, progress(run, []), NOW)
        return run

    def lead(self, tenant_id: str, table: str) -> None:
        self.stores.loads.put_item(
            Item={"pk": f"{tenant_id}#{table}", "sk": "HEAD", "loaded_sequence": 3}
        )

    def read(self, *tenant_ids: str) -> Records:
        self.calls.clear()
        return read_records(self.stores, dict.fromkeys(tenant_ids, TABLES), CANONICAL)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with mock_aws():
        yield World.make()


def test_requests_grow_with_full_batches_of_tables_only(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "KEYS_A_REQUEST", 8)
    ids = [f"tenant-{number}" for number in range(5)]
    for tenant_id in ids:
        for table in TABLES:
            world.complete(world.open(tenant_id, table))
            world.complete(world.open(tenant_id, table, "reconcile"))
            world.lead(tenant_id, table)
    records = world.read(*ids)
    # 20 tables: headers of runs, headers of sweeps, and heads, each eight at once.
    assert world.calls == {"Scan": 1, "BatchGetItem": 9}
    pairs = {(tenant_id, table) for tenant_id in ids for table in TABLES}
    assert records.runs.keys() == records.sweeps.keys() == records.heads.keys() == pairs
    for tenant_id, table in pairs:
        assert records.runs[tenant_id, table]["pk"] == f"{tenant_id}#{table}"
        assert records.runs[tenant_id, table]["mode"] == "incremental"
        assert records.sweeps[tenant_id, table]["mode"] == "reconcile"
        assert records.heads[tenant_id, table]["loaded_sequence"] == 3
        assert "attempted_at" in records.standings[tenant_id][table]


def test_of_one_tenant_nobody_elses_marks_are_read(world: World) -> None:
    world.open("acme")
    world.open("other")
    records = world.read("acme")
    assert set(records.standings) == {"acme"}
    assert world.calls["Scan"] == 0


@pytest.mark.parametrize("mode", ["incremental", "reconcile"])
def test_the_newest_run_is_the_one_opened_last(world: World, mode: Mode) -> None:
    def newest() -> Any:
        records = world.read("acme", "other")
        found = records.sweeps if mode == "reconcile" else records.runs
        return found[PAIR]["run_id"], found[PAIR]["status"]

    first = world.complete(world.open(mode=mode))
    assert newest() == (first.run_id, "COMPLETED")
    second = world.open(mode=mode, minute=1)
    assert newest() == (second.run_id, "OPEN")
    world.runs.fail(second, "permission", "403", NOW)
    assert newest() == (second.run_id, "FAILED")


def test_a_refused_run_is_the_newest_though_nothing_names_it(world: World) -> None:
    world.complete(world.open())
    refused = world.unopened("acme", TABLE, "incremental", NOW + timedelta(minutes=1))
    refused = refused.model_copy(update={"status": "FAILED", "reason": "no such table"})
    world.runs.refuse(refused)
    world.standings.note_attempt(refused)
    assert world.read("acme").runs[PAIR]["run_id"] == refused.run_id


@pytest.mark.parametrize("mode", ["incremental", "reconcile"])
def test_a_run_of_an_older_scheduler_is_looked_for(world: World, mode: Mode) -> None:
    """It named no run, or has left the name of one that a newer scheduler opened before it."""
    mark = "last_sweep" if mode == "reconcile" else "last_run"
    key = {"tenant_id": "acme", "table": TABLE}
    stale = world.complete(world.open(mode=mode))
    newest = world.complete(world.open(mode=mode, minute=1))
    for request in (
        {"UpdateExpression": f"REMOVE {mark}"},
        {
            "UpdateExpression": f"SET {mark} = :run",
            "ExpressionAttributeValues": {":run": stale.run_id},
        },
    ):
        world.stores.watermarks.update_item(Key=key, **request)
        records = world.read("acme")
        found = records.sweeps if mode == "reconcile" else records.runs
        assert found[PAIR]["run_id"] == newest.run_id


def test_a_table_that_was_never_swept_is_not_asked_for_sweeps(world: World) -> None:
    for table in TABLES:
        world.complete(world.open(table=table))
    assert world.read("acme").sweeps == {}
    # The tenant's marks; no table of its own.
    assert world.calls["Query"] == 1


def test_keys_that_were_not_answered_are_asked_again() -> None:
    class Busy:
        """Answers one key a request."""

        name = "table"

        @property
        def meta(self) -> Any:
            return type("Meta", (), {"client": self})

        def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's names
            first, *others = RequestItems["table"]["Keys"]
            rest = {"table": {"Keys": others, "ConsistentRead": True}} if others else {}
            return {"Responses": {"table": [first]}, "UnprocessedKeys": rest}

    keys = [{"pk": "a"}, {"pk": "b"}]
    assert list(items_at(Busy(), keys)) == keys


def test_the_names_of_all_keys_are_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(monkeypatch)
    with mock_aws():
        secrets, calls = boto3.client("secretsmanager"), Counter[str]()
        monkeypatch.setattr(tenants, "_NAMES_A_PAGE", 8)
        ids = [f"tenant-{number:02d}" for number in range(16)]
        for tenant_id in ids[1:]:
            secrets.create_secret(Name=secret_name("dev", tenant_id), SecretString="{}")
        secrets.create_secret(Name=secret_name("prod", ids[0]), SecretString="{}")
        secrets.delete_secret(SecretId=secret_name("dev", ids[1]))
        secrets.meta.events.register(
            "before-call.secrets-manager", lambda model, **_: calls.update([model.name])
        )
        book = TenantBook("dev", None, secrets, None, "lake")
        assert book.with_keys(ids) == set(ids[2:])
        # Whoever is not in the list is asked for: it may be new.
        assert calls == {"ListSecrets": 2, "DescribeSecret": 2}
