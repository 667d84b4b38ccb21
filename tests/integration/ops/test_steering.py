"""Runs, watermarks and removal against real tables, objects and secrets under moto."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from pydantic import SecretStr
from typer.testing import CliRunner

from cwp_ops import main
from cwp_ops.cloud_clients import Cloud
from cwp_ops.context import Operator
from cwp_ops.errors import OperatorError
from cwp_ops.runs import RunBook
from cwp_ops.stores import Stores
from cwp_ops.sweep_result import SweepResult
from cwp_ops.tenant_removal import Removal
from cwp_ops.tenants import Sites, TenantBook, checked
from cwp_ops.warehouse import Answer
from cwp_ops.watermarks import move_watermark
from cwp_scheduler.last_updated import StandingStore
from cwp_scheduler.receipts import Receipt
from cwp_scheduler.runs import Run, new_run
from cwp_scheduler.sync_runs import RunStore
from cwp_shared.errors import Terminal
from cwp_shared.tenants import ApiKeys, TenantConfig
from tests.aws_environment import isolate
from tests.integration.scheduler.world import NOW, TABLE, make_table

SITE = "api-na.myconnectwise.net"
SITES = Sites("local")
KEYS = ApiKeys(public_key=SecretStr("p"), private_key=SecretStr("q"), client_id=SecretStr("c"))


@dataclass
class FakeWarehouse:
    schemas: set[str] = field(default_factory=set)

    def query(self, sql: str, **parameters: str) -> Answer:
        if sql.startswith("DROP SCHEMA"):
            self.schemas.remove(sql.split('"')[1])
            return Answer((), [])
        # As to one who is not the loader: information_schema shows only what one has a right in.
        seen = self.schemas if "pg_namespace" in sql else set()
        return Answer(("count",), [(int(parameters["name"] in seen),)])


@dataclass
class World:
    """Two tenants whose ids begin alike, with runs that the scheduler's own code makes."""

    stores: Stores
    book: TenantBook
    runs: RunStore
    standings: StandingStore
    warehouse: Any = field(default_factory=lambda: FakeWarehouse({"acme", "acme-two"}))

    def open(self, tenant_id: str, mode: Any = "incremental") -> Run:
        tenant = checked(SITES, tenant_id, SITE, "ACME", (TABLE,)) if tenant_id else None
        assert tenant
        run = new_run(tenant, TABLE, mode, NOW - timedelta(hours=1), NOW, NOW)
        assert self.runs.open(run)
        receipt = Receipt(job_id="j", window=0, page=0, rows=7, last_id=7, is_last=False)
        self.runs.add_receipts(run, [receipt], NOW)
        return run

    def remove(self, tenant_id: str) -> None:
        self.removal(tenant_id).remove(lambda _: None)

    def removal(self, tenant_id: str) -> Removal:
        return Removal(self.book, self.stores, self.warehouse, tenant_id)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    isolate(monkeypatch)
    with mock_aws():
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket="lake")
        s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
        pairs = {n: make_table(n, "pk", "sk") for n in ("SyncRuns", "CanonicalState", "LoadState")}
        marks = make_table("LastUpdated", "tenant_id", "table")
        tenants = make_table("TenantServices", "tenant_id", "service")
        stores = Stores(
            tenants, marks, pairs["SyncRuns"], pairs["CanonicalState"], pairs["LoadState"]
        )
        book = TenantBook("local", tenants, boto3.client("secretsmanager"), s3, "lake")
        made = World(stores, book, RunStore(pairs["SyncRuns"], "LastUpdated"), StandingStore(marks))
        for name in ("acme", "acme-two"):
            book.add(checked(SITES, name, SITE, "ACME", (TABLE,)), KEYS)
            for table in (stores.histories, stores.loads):
                table.put_item(Item={"pk": f"{name}#tickets", "sk": "HEAD"})
        yield made


def test_runs_of_both_kinds_are_listed_with_what_is_durable_so_far(world: World) -> None:
    brings, sweeps = world.open("acme"), world.open("acme", "reconcile")
    book = RunBook(world.stores)
    found = book.newest("acme", [TABLE], 10)
    assert {run.run_id for run in found} == {brings.run_id, sweeps.run_id}
    assert {(run.status, run.pages, run.rows) for run in found} == {("open", 1, 7)}
    world.runs.fail(sweeps, "incomplete", "holes", NOW)
    assert [run.run_id for run in book.open("acme", [TABLE])] == [brings.run_id]
    named = book.named("acme", [TABLE], sweeps.run_id)
    assert (named.status, named.reason) == ("failed", "holes")
    with pytest.raises(OperatorError, match="has no run 'x'"):
        book.named("acme", [TABLE], "x")


def test_watermark_moves_only_if_nobody_else_moves_it(world: World) -> None:
    run = world.open("acme")
    with pytest.raises(OperatorError, match="is open, or has just moved"):
        move_watermark(world.stores.watermarks, "acme", TABLE, None, NOW)
    world.runs.fail(run, "cancelled", "no", NOW)
    move_watermark(world.stores.watermarks, "acme", TABLE, None, NOW)
    assert world.standings.of("acme").of(TABLE).watermark == NOW
    with pytest.raises(OperatorError, match="has just moved"):
        move_watermark(world.stores.watermarks, "acme", TABLE, None, NOW)
    before = world.stores.watermarks_of("acme")[TABLE]["watermark"]
    move_watermark(world.stores.watermarks, "acme", TABLE, before, NOW - timedelta(days=1))
    assert world.standings.of("acme").of(TABLE).watermark == NOW - timedelta(days=1)


def test_disabled_tenant_keeps_its_other_settings(world: World) -> None:
    world.book.enable(world.book.get("acme"), enabled=False)
    assert world.book.get("acme").enabled is False
    assert world.book.get("acme").selected_tables() == (TABLE,)


def holdings(world: World, tenant_id: str) -> list[str]:
    return world.removal(tenant_id).belongings().told()


def test_removing_a_tenant_leaves_nothing_of_it_and_all_of_the_others(world: World) -> None:
    for name in ("acme", "acme-two"):
        world.runs.fail(world.open(name), "cancelled", "no", NOW)
        world.open(name, "reconcile")
        world.book.s3.put_object(Bucket="lake", Key=f"{name}/raw/x", Body=b"1")
        world.book.s3.put_object(Bucket="lake", Key=f"{name}/raw/x", Body=b"2")
        world.book.s3.delete_object(Bucket="lake", Key=f"{name}/raw/x")
    others = holdings(world, "acme-two")
    assert others[0] == "4 object versions under acme-two/ in S3"
    world.remove("acme")
    assert holdings(world, "acme") == [
        "0 object versions under acme/ in S3",
        "its item of TenantServices",
    ]
    assert holdings(world, "acme-two") == others
    assert world.warehouse.schemas == {"acme-two"}
    with pytest.raises(OperatorError, match="no tenant 'acme'"):
        world.book.get("acme")
    # Interrupted and repeated, or done twice, it is the same.
    world.remove("acme")


def typed(world: World, monkeypatch: pytest.MonkeyPatch, line: str, answer: str) -> Any:
    """A command of a person who answers so; what is asked stands in its stderr."""
    monkeypatch.setattr(Operator, "book", world.book)
    monkeypatch.setattr(Operator, "stores", world.stores)
    monkeypatch.setattr(Cloud, "warehouse", world.warehouse)
    return CliRunner().invoke(main.app, line.split(), input=f"{answer}\n")


def test_removing_says_what_it_deletes_and_asks_for_the_name(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.book.enable(world.book.get("acme"), enabled=False)
    before = holdings(world, "acme")
    said = typed(world, monkeypatch, "tenants remove acme", "y")
    assert isinstance(said.exception, OperatorError)
    assert all(line in said.stderr for line in before)
    assert holdings(world, "acme") == before
    assert typed(world, monkeypatch, "tenants remove acme", "acme").exit_code == 0
    assert world.warehouse.schemas == {"acme-two"}


@pytest.mark.parametrize(
    ("days", "warning"), [(-1, "will be fetched again"), (1, "NOT be fetched")]
)
def test_a_watermark_is_moved_with_a_warning_and_a_yes(
    world: World, monkeypatch: pytest.MonkeyPatch, days: int, warning: str
) -> None:
    start = NOW - timedelta(days=300)
    to = start + timedelta(days=days)
    move_watermark(world.stores.watermarks, "acme", TABLE, None, start)
    command = f"watermark set acme {TABLE} {to.isoformat()}"
    said = typed(world, monkeypatch, command, "n")
    assert (said.exit_code, warning in said.stderr) == (1, True)
    assert world.standings.of("acme").of(TABLE).watermark == start
    assert typed(world, monkeypatch, command, "y").exit_code == 0
    assert world.standings.of("acme").of(TABLE).watermark == to


def test_deletes_that_are_held_stay_so_without_a_yes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    published: list[Any] = []
    held = SweepResult(deleted=900, known=1000, held="900 of 1000 ids are missing", raw_key=None)
    monkeypatch.setattr("cwp_ops.commands.reconcile.last_sweep", lambda *_: "run-1")
    monkeypatch.setattr("cwp_ops.commands.reconcile.sweep_result", lambda *_: held)
    monkeypatch.setattr("cwp_ops.commands.reconcile.released_result", lambda *_: None)
    monkeypatch.setattr(Cloud, "bucket", "lake")
    monkeypatch.setattr(Cloud, "bus", SimpleNamespace(publish=published.extend))
    said = typed(world, monkeypatch, f"release acme {TABLE}", "n")
    assert (said.exit_code, published) == (1, [])
    assert "900 of 1000 ids are missing" in said.stderr
    assert "Mark 900 records of acme as deleted?" in said.stderr


def test_a_view_of_all_tenants_is_not_put_among_the_tables_of_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = typed(world, monkeypatch, "warehouse union tickets --schema acme --create", "")
    assert isinstance(said.exception, OperatorError)
    assert "schema acme is a tenant's own" in str(said.exception)


def test_a_removed_tenant_can_be_added_again_at_once(world: World) -> None:
    world.remove("acme")
    world.book.add(checked(SITES, "acme", SITE, "ACME"), KEYS)
    assert world.book.keys_of("acme").client_id.get_secret_value() == "c"


def test_settings_change_and_all_else_stays(world: World) -> None:
    key = {"tenant_id": "acme", "service": "connectwise"}
    world.book.table.update_item(
        Key=key, UpdateExpression="SET note = :n", ExpressionAttributeValues={":n": "by hand"}
    )
    changed = world.book.change(
        world.book.get("acme"), {"load_minutes": 60, "load_now": ["tickets"]}
    )
    assert changed == world.book.get("acme")
    assert (changed.load_minutes, changed.load_now, changed.tables) == (60, ("tickets",), (TABLE,))
    assert world.book.table.get_item(Key=key)["Item"]["note"] == "by hand"
    kept = world.book.s3.get_object(Bucket="lake", Key="acme/tenant.json")["Body"].read()
    assert TenantConfig.model_validate_json(kept) == changed
    assert world.book.get("acme-two").load_minutes is None


def test_a_setting_that_is_taken_out_has_its_default_again(world: World) -> None:
    world.book.change(world.book.get("acme"), {"load_minutes": 60, "cadence_minutes": 30})
    changed = world.book.change(world.book.get("acme"), {"load_minutes": None})
    assert (changed.load_minutes, changed.cadence_minutes) == (None, 30)
    assert world.book.get("acme") == changed


@pytest.mark.parametrize(
    ("given", "kept"),
    [("service_tickets, time_entries", ("service_tickets", "time_entries")), ("", None)],
)
def test_tables_change_without_keys_and_all_else_stays(
    world: World, monkeypatch: pytest.MonkeyPatch, given: str, kept: tuple[str, ...] | None
) -> None:
    monkeypatch.setattr(Operator, "book", world.book)
    before = world.book.change(world.book.get("acme"), {"load_minutes": 60})
    said = CliRunner().invoke(main.app, ["tenants", "set", "acme", "--tables", given, "--json"])
    assert world.book.get("acme") == before.model_copy(update={"tables": kept})
    assert TenantConfig.model_validate_json(said.stdout) == world.book.get("acme")
    unknown = CliRunner().invoke(main.app, ["tenants", "set", "acme", "--tables", "../rival"])
    assert isinstance(unknown.exception, Terminal)


def test_a_setting_that_may_not_be_changes_nothing(world: World) -> None:
    before = world.book.get("acme")
    with pytest.raises(OperatorError, match=r"load_minutes.*1440"):
        world.book.change(before, {"load_minutes": 2000})
    assert world.book.get("acme") == before


def test_no_tenant_is_made_by_changing_one(world: World) -> None:
    gone = world.book.get("acme")
    world.book.table.delete_item(Key={"tenant_id": "acme", "service": "connectwise"})
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        world.book.change(gone, {"load_minutes": 60})
