"""The batch a loader sends: everything in one transaction, and all or nothing."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from tests.integration.redshift.servers import Api
from tests.unit.local.redshift.fakes import FakeObjects, copy

TABLE = '"acme-west"."tickets"'
LEDGER = '"acme-west"."load_ledger"'

PREPARE = [
    'CREATE SCHEMA IF NOT EXISTS "acme-west"',
    f"""CREATE TABLE IF NOT EXISTS {TABLE} (
        "sk" VARCHAR(32) NOT NULL ENCODE ZSTD, "effective_from" TIMESTAMP ENCODE AZ64,
        "effective_to" TIMESTAMP, "is_current" BOOLEAN, "sequence" BIGINT,
        "summary" VARCHAR(100), "hours" DECIMAL(10,2), "custom" SUPER,
        PRIMARY KEY ("sk"))
        DISTSTYLE KEY DISTKEY ("sk") COMPOUND SORTKEY ("effective_from")""",
    f"""CREATE TABLE IF NOT EXISTS {LEDGER} (
        "load_id" VARCHAR(64) NOT NULL, "rows" BIGINT, "loaded_at" TIMESTAMP)""",
]
COLUMNS = '"sk", "effective_from", "effective_to", "is_current", "sequence", "summary", "hours"'
STAGED = f'"op", {COLUMNS}, "custom"'

FILE = pa.schema(
    [
        ("op", pa.string()),
        ("sk", pa.string()),
        ("effective_from", pa.timestamp("us")),
        ("effective_to", pa.timestamp("us")),
        ("is_current", pa.bool_()),
        ("sequence", pa.int64()),
        ("summary", pa.string()),
        ("hours", pa.decimal128(10, 2)),
        ("custom", pa.string()),
    ]
)
DAY = datetime(2026, 1, 1)  # noqa: DTZ001 - timestamps in files have no zone


def _row(op: str, sk: str, sequence: int, **more: Any) -> dict[str, Any]:
    row = {
        "op": op, "sk": sk, "effective_from": DAY, "is_current": op == "open",
        "sequence": sequence, "summary": f"Printer {sk}", "hours": Decimal("1.50"),
        "custom": '{"a": [1, {"b": "é"}]}',
    }  # fmt: skip
    return row | more


def _load(load_id: str, url: str, rows: int) -> list[str]:
    guard = f"""SELECT 1/(CASE WHEN EXISTS(
        SELECT 1 FROM {LEDGER} WHERE "load_id" = '{load_id}') THEN 0 ELSE 1 END)"""
    like = f'CREATE TEMP TABLE "base" (LIKE {TABLE} INCLUDING DEFAULTS)'
    staging = """CREATE TEMP TABLE "stg" ("op" VARCHAR(6), "sk" VARCHAR(32),
        "effective_from" TIMESTAMP, "effective_to" TIMESTAMP, "is_current" BOOLEAN,
        "sequence" BIGINT, "summary" VARCHAR(100), "hours" DECIMAL(10,2),
        "custom" VARCHAR(65535))"""
    count = f'SELECT 1 / CASE WHEN COUNT(*) = {rows} THEN 1 ELSE 0 END AS "row_count" FROM "stg"'
    delete = f"""DELETE FROM {TABLE} USING "stg" AS "s"
        WHERE "tickets"."sk" = "s"."sk" AND "s"."op" = 'open'"""
    insert = f"""INSERT INTO {TABLE} ({COLUMNS}, "custom")
        SELECT {COLUMNS}, JSON_PARSE("custom") FROM (
            SELECT *, ROW_NUMBER() OVER (PARTITION BY "sk" ORDER BY "sequence" DESC) AS "nth"
            FROM "stg" WHERE "op" = 'open') AS "s" WHERE "nth" = 1"""
    update = f"""UPDATE {TABLE} SET "effective_to" = "s"."effective_to", "is_current" = FALSE
        FROM "stg" AS "s" WHERE "tickets"."sk" = "s"."sk" AND "s"."op" = 'close'"""
    ledger = f"""INSERT INTO {LEDGER} SELECT '{load_id}', COUNT(*), GETDATE() FROM "stg" """
    staged = copy(f'"stg" ({STAGED})', url)
    return [guard, like, staging, staged, count, delete, insert, update, ledger]


@pytest.fixture
def url(objects: FakeObjects) -> str:
    later = datetime(2026, 2, 1)  # noqa: DTZ001 - as above
    rows = [
        _row("open", "a", 1),
        _row("open", "a", 2, summary="Printer on fire"),
        _row("open", "b", 1, summary="x" * 100, custom=None),
        _row("close", "b", 3, effective_to=later, summary=None, hours=None, custom=None),
    ]
    table = pa.Table.from_pylist(rows, FILE)
    entries = [
        objects.put_parquet("acme-west/canonical/tickets/1.parquet", table.slice(0, 3)),
        objects.put_parquet("acme-west/canonical/tickets/2.parquet", table.slice(3)),
    ]
    return objects.put_manifest("acme-west/canonical/tickets/manifests/l1.json", entries)


def test_a_typical_load_runs_end_to_end_in_one_batch(api: Api, url: str) -> None:
    described = api.batch(*PREPARE, *_load("l1", url, 4), StatementName="v1|acme-west|tickets|l1")
    assert described["Status"] == "FINISHED", described.get("Error")
    assert [part["ResultRows"] for part in described["SubStatements"]] == [
        *(-1, -1, -1), *(1, -1, -1), *(4, 1), *(0, 2, 1, 1),
    ]  # fmt: skip
    assert api.rows(f'SELECT * FROM {TABLE} ORDER BY "sk"') == [
        (
            *("a", "2026-01-01 00:00:00", None, True, 2, "Printer on fire", "1.50"),
            '{"a": [1, {"b": "é"}]}',
        ),
        ("b", "2026-01-01 00:00:00", "2026-02-01 00:00:00", False, 1, "x" * 100, "1.50", None),
    ]
    assert api.rows(f'SELECT "load_id", "rows" FROM {LEDGER}') == [("l1", 4)]


def test_the_same_load_again_fails_in_its_guard_and_changes_nothing(api: Api, url: str) -> None:
    api.batch(*PREPARE, *_load("l1", url, 4))
    again = api.batch(*_load("l1", url, 4))
    assert again["Status"] == "FAILED"
    assert again["Error"] == "Query #1 failed with ERROR: Divide by zero"
    statuses = [part["Status"] for part in again["SubStatements"]]
    assert statuses == ["FAILED", *["ABORTED"] * 8]
    assert again["SubStatements"][0]["Error"] == "ERROR: Divide by zero"
    assert api.rows(f"SELECT COUNT(*) FROM {LEDGER}") == [(1,)]


def test_a_wrong_row_count_rolls_everything_back(api: Api, url: str) -> None:
    failed = api.batch(*PREPARE, *_load("l1", url, 5))
    assert failed["Status"] == "FAILED"
    assert failed["Error"] == "Query #8 failed with ERROR: Divide by zero"
    missing = api.run(f"SELECT * FROM {TABLE}")
    assert missing["Error"] == 'ERROR: relation "acme-west.tickets" does not exist'


def test_temporary_tables_are_gone_with_their_request(api: Api, url: str) -> None:
    assert api.batch(*PREPARE, *_load("l1", url, 4))["Status"] == "FINISHED"
    assert api.run('SELECT * FROM "stg"')["Error"] == 'ERROR: relation "stg" does not exist'
