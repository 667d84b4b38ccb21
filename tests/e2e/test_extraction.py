"""All tables that a tenant gets by default, in bad weather; and deletes, proven by sweeps."""

import io
import json
from typing import Any

import pyarrow.parquet as pq
import pytest

from cwp_local.sandbox.weather.model import Reset, StatusFault, TableRows
from cwp_shared.tables import default_tables
from tests.e2e.conftest import Cloud
from tests.e2e.expected import api_rows
from tests.e2e.test_unattended import wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

BUCKET = "connectwise-local-000000000000"
PARALLEL_REQUESTS = 4


def objects(cloud: Cloud, prefix: str) -> list[bytes]:
    s3 = cloud.aws("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
    keys = [found["Key"] for page in pages for found in page.get("Contents", ())]
    return [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]


def landed_ids(cloud: Cloud, tenant: str, table: str) -> set[int]:
    files = objects(cloud, f"{tenant}/raw/connectwise/{table}/")
    tables = [pq.read_table(io.BytesIO(body), columns=["id"]) for body in files]
    return {row_id for one in tables for row_id in one["id"].to_pylist()}


def test_every_default_table_arrives_in_bad_weather(cloud: Cloud) -> None:
    """A row that poisons its page costs itself, a table without rights costs itself, no more."""
    tenant = "e2e-wide"
    cloud.add_tenant(tenant, 60, 7, *default_tables())
    counts = cloud.sandbox.company(tenant).counts
    poisoned = sorted(ids_over_api(cloud, tenant, "/company/contacts"))[3]
    cloud.sandbox.set_weather(
        tenant,
        poisoned=TableRows(table="company_contacts", ids=(poisoned,)),
        forbidden="sales_orders",
        reset=Reset(times=3, table="company_companies"),
        status=StatusFault(code=429, retry_after=1, times=3, table="service_tickets"),
    )
    since = cloud.sandbox.log().last
    said = cloud.cwpipe("sync", tenant, expect=1)
    assert "sales_orders" in said
    summary = cloud.sandbox.log_summary(tenant, since)
    assert summary.most_at_once <= PARALLEL_REQUESTS
    assert (summary.statuses["429"], summary.statuses["reset"]) == (3, 3)
    lost = {"company_contacts": 1, "sales_orders": counts["sales_orders"]}
    for table in default_tables():
        landed = len(landed_ids(cloud, tenant, table))
        assert landed == counts[table] - lost.get(table, 0), table
    assert poisoned not in landed_ids(cloud, tenant, "company_contacts")
    quarantined = objects(cloud, f"{tenant}/quarantine/company_contacts/")
    assert any(str(poisoned) in body.decode() for body in quarantined)
    assert "security role" in cloud.cwpipe("status", tenant, "--json")
    cloud.sandbox.set_weather(tenant)


def ids_over_api(cloud: Cloud, tenant: str, path: str) -> set[int]:
    company = cloud.sandbox.company(tenant)
    access = cloud.sandbox.make_company(tenant, seed=company.seed, tickets=company.tickets)
    return {row["id"] for row in api_rows(access, path)}


def sweep(cloud: Cloud, tenant: str, table: str) -> None:
    """Have the ids swept, and wait until the sweep is done."""
    before = reconciled_at(cloud, tenant, table)
    entry = {
        "EventBusName": "connectwise-local",
        "Source": "connectwise.operator",
        "DetailType": "SyncRequested",
        "Detail": json.dumps({"tenant_id": tenant, "tables": [table], "mode": "reconcile"}),
    }
    cloud.aws("events").put_events(Entries=[entry])
    wait_for(lambda: reconciled_at(cloud, tenant, table) != before)


def reconciled_at(cloud: Cloud, tenant: str, table: str) -> Any:
    key = {"tenant_id": {"S": tenant}, "table": {"S": table}}
    found = cloud.aws("dynamodb").get_item(TableName="LastUpdated-local", Key=key)
    return found.get("Item", {}).get("reconciled_at")


def test_deleted_rows_are_closed_in_the_warehouse_after_two_sweeps(cloud: Cloud) -> None:
    tenant, table = "e2e-gone", "company_contacts"
    cloud.add_tenant(tenant, 60, 7, table)
    cloud.cwpipe("sync", tenant)
    played = cloud.sandbox.play(tenant, delete=2, seed=3, tables=[table])
    gone = set(played.tables[table].deleted)
    assert gone

    def deleted() -> set[int]:
        rows = cloud.query(
            f'select contact_id from "{tenant}".contacts where is_deleted and not is_current'
        )
        return {int(row["contact_id"]) for row in rows}

    sweep(cloud, tenant, table)
    assert deleted() == set()
    sweep(cloud, tenant, table)
    wait_for(lambda: deleted() == gone)
    current = cloud.query(f'select count(*) as n from "{tenant}".contacts where is_current')
    assert int(current[0]["n"]) == cloud.sandbox.company(tenant).counts[table]


def test_more_deletes_than_the_guard_allows_wait_for_an_operator(cloud: Cloud) -> None:
    tenant, table = "e2e-guard", "service_tickets"
    cloud.add_tenant(tenant, 60, 7, table)
    cloud.cwpipe("sync", tenant)
    current = f'select count(*) as n from "{tenant}".tickets where is_current'
    assert int(cloud.query(current)[0]["n"]) == 60
    cloud.sandbox.play(tenant, delete=40, seed=4, tables=[table])
    cloud.cwpipe("reconcile", tenant)
    assert "is held back" in cloud.cwpipe("release", tenant, table, "--yes", expect=1)
    said = cloud.cwpipe("reconcile", tenant, expect=1)
    assert f"cwpipe release {tenant} {table}" in said
    assert int(cloud.query(current)[0]["n"]) == 60
    told, _ = json.JSONDecoder().raw_decode(
        cloud.cwpipe("release", tenant, table, "--yes", "--json")
    )
    assert (told["status"], told["deleted"]) == ("released", 40)
    assert int(cloud.query(current)[0]["n"]) == 20
