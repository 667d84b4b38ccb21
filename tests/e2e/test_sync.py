"""Full and incremental sync through the deployed services, against the sandbox's own rows."""

import base64
import json
import re
import time
from collections.abc import Collection, Iterator
from typing import Any

import pytest

from cwp_local.sandbox.control import SandboxControl
from cwp_local.sandbox.models import CompanyAccess, TableChanges
from cwp_shared.tables import source_tables
from tests.e2e.conftest import Cloud
from tests.e2e.expected import expected_row, is_password, loaded_row, mappings, source_rows
from tests.e2e.haystack import haystack, listen

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

TENANTS = {"e2e-north": (300, 11), "e2e_south": (60, 17)}
MAPPINGS = mappings()
#: One tenant has many rows of a few tables, the other few rows of every table, but some of each.
TABLES = {
    "e2e-north": ("tickets", "time_entries", "companies", "contacts"),
    "e2e_south": tuple(MAPPINGS),
}
#: What changes in them without a change of their parent comes with the next full run.
LATE = {
    table
    for table, mapping in MAPPINGS.items()
    if (parent := source_tables()[mapping["source"]].parent) and parent.which == "changed"
}


def add_tenants(cloud: Cloud, names: Collection[str] = TENANTS) -> None:
    for name in names:
        tickets, seed = TENANTS[name]
        cloud.add_tenant(name, tickets, seed, *(MAPPINGS[t]["source"] for t in TABLES[name]))


@pytest.fixture(scope="module")
def synced(cloud: Cloud) -> Cloud:
    """Two tenants, fully synced."""
    listen(cloud)
    add_tenants(cloud)
    cloud.cwpipe("sync", *TENANTS)
    return cloud


def access(sandbox: SandboxControl, tenant: str) -> CompanyAccess:
    tickets, seed = TENANTS[tenant]
    return sandbox.make_company(tenant, seed=seed, tickets=tickets)


def differences(cloud: Cloud, tenant: str, table: str) -> Iterator[str]:
    """Every current value in the warehouse that is not what the API says."""
    mapping = MAPPINGS[table]
    key = mapping["key"][0]
    current = {
        str(row[key]): loaded_row(mapping, row)
        for row in cloud.query(f'select * from "{tenant}"."{table}" where is_current')
    }
    source = {}
    table_source = source_tables()[mapping["source"]]
    for row in source_rows(access(cloud.sandbox, tenant), table_source):
        expected = expected_row(mapping, row)
        source[str(expected[key])] = expected
    yield from (
        f"{table} {record} is only on one side" for record in current.keys() ^ source.keys()
    )
    for record in current.keys() & source.keys():
        for name, wanted in source[record].items():
            found = current[record][name]
            if found != wanted:
                yield f"{table} {record}.{name}: API {wanted!r}, warehouse {found!r}"


def assert_same(
    cloud: Cloud, apart_from: Collection[str] = LATE, tenants: Collection[str] = TENANTS
) -> None:
    found = [
        difference
        for tenant in tenants
        for table in TABLES[tenant]
        if table not in apart_from
        for difference in differences(cloud, tenant, table)
    ]
    assert found[:10] == [], f"{len(found)} differences"


def everything(cloud: Cloud, tenant: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables of a tenant but for system columns, to compare two moments."""
    parts = [
        f"select '{table}' as name, sk, effective_from, effective_to, is_current, is_deleted, "
        f'attr_hash from "{tenant}"."{table}"'
        for table in TABLES[tenant]
    ]
    found: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES[tenant]}
    for row in cloud.query(f"{' union all '.join(parts)} order by name, sk"):
        found[row["name"]].append(row)
    return found


def queues(cloud: Cloud) -> dict[str, int]:
    """Messages of every queue of the pipeline, waiting or in work."""
    sqs = cloud.aws("sqs")
    names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    depths = {}
    for url in sqs.list_queues(QueueNamePrefix="connectwise-")["QueueUrls"]:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))["Attributes"]
        depths[url.rsplit("/", 1)[1]] = sum(int(found[name]) for name in names)
    return depths


def wait_until_empty(cloud: Cloud, seconds: int = 60) -> None:
    end = time.monotonic() + seconds
    while busy := {name: depth for name, depth in queues(cloud).items() if depth}:
        assert time.monotonic() < end, f"not empty: {busy}"
        time.sleep(1)


def test_full_sync_brings_every_value_of_every_row(synced: Cloud) -> None:
    assert_same(synced, apart_from=())


def test_watermarks_stand_and_queues_are_empty(synced: Cloud) -> None:
    items = synced.aws("dynamodb").scan(TableName="LastUpdated-local")["Items"]
    marked = {(i["tenant_id"]["S"], i["table"]["S"]) for i in items if "watermark" in i}
    wanted = {(tenant, MAPPINGS[table]["source"]) for tenant in TENANTS for table in TABLES[tenant]}
    assert marked >= wanted
    wait_until_empty(synced)


def test_incremental_sync_opens_and_closes_exactly_what_changed(synced: Cloud) -> None:
    before = {
        tenant: {
            table: {row["sk"] for row in rows} for table, rows in everything(synced, tenant).items()
        }
        for tenant in TENANTS
    }
    played = {t: synced.sandbox.play(t, update=40, add=12, seed=1) for t in TENANTS}
    synced.cwpipe("sync", *TENANTS)
    assert_same(synced)
    for tenant, changes in played.items():
        for table in set(TABLES[tenant]) - LATE:
            changed = changes.tables.get(MAPPINGS[table]["source"], TableChanges())
            assert_versions(synced, tenant, table, before[tenant][table], changed)
    wait_until_empty(synced)


def assert_versions(
    cloud: Cloud, tenant: str, table: str, before: set[str], changed: TableChanges
) -> None:
    """Each changed row has a new version, joined to the one before; no other row has."""
    key = MAPPINGS[table]["key"][0]
    rows = cloud.query(
        f"select {key} as id, sk, effective_from, effective_to, is_current "
        f'from "{tenant}"."{table}" order by {key}, effective_from'
    )
    opened = [row for row in rows if row["sk"] not in before]
    assert {int(row["id"]) for row in opened} == {*changed.updated, *changed.added}, table
    for record in changed.updated:
        *_, old, new = (row for row in rows if int(row["id"]) == record)
        assert (old["effective_to"], old["is_current"]) == (new["effective_from"], False)
        assert (new["effective_to"], new["is_current"]) == (None, True)


@pytest.mark.parametrize("tenant", TENANTS)
def test_replayed_messages_and_files_change_nothing(synced: Cloud, tenant: str) -> None:
    before = everything(synced, tenant)
    s3, sqs, events = (synced.aws(name) for name in ("s3", "sqs", "events"))
    bucket = "connectwise-local-000000000000"
    queue = sqs.get_queue_url(QueueName="connectwise-transformer-files-local")["QueueUrl"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"{tenant}/raw/")["Contents"]
    for found in reversed(listed):
        envelope = {
            "source": "aws.s3",
            "detail-type": "Object Created",
            "detail": {"bucket": {"name": bucket}, "object": {"key": found["Key"], "size": 1}},
        }
        sqs.send_message(QueueUrl=queue, MessageBody=json.dumps(envelope))
    for table in TABLES[tenant]:
        detail = {"version": 1, "tenant_id": tenant, "canonical_table": table, "after_sequence": 0}
        events.put_events(
            Entries=[
                {
                    "EventBusName": "connectwise-local",
                    "Source": "connectwise.operator",
                    "DetailType": "CommitsRequested",
                    "Detail": json.dumps(detail),
                }
            ]
        )
    time.sleep(2)
    wait_until_empty(synced)
    assert everything(synced, tenant) == before


#: What the sandbox makes up for secrets, and for nothing else.
MADE_UP = re.compile("made-up-[0-9a-f]{10}")


def api_secrets(account: CompanyAccess) -> set[str]:
    """A tenant's keys, and what requests carry of them."""
    public, private = (key.get_secret_value() for key in (account.public_key, account.private_key))
    login = base64.b64encode(f"{account.company}+{public}:{private}".encode()).decode()
    return {public, private, account.client_id.get_secret_value(), login}


def row_secrets(account: CompanyAccess) -> set[str]:
    """Secrets in a tenant's records, as its API gives them."""
    found = set()
    for table in ("company_contacts", "system_members", "company_companies",
                  "company_configurations"):  # fmt: skip
        source = source_tables()[table]
        for row in source_rows(account, source):
            found |= {str(row.get(name)) for name in source.sensitive_fields}
            items = [*row.get("customFields", ()), *row.get("questions", ())]
            found |= {str(v) for item in items for k, v in item.items() if is_password(item, k)}
    return {value for value in found if MADE_UP.fullmatch(value)}


def test_no_secret_is_in_anything_that_was_said_or_stored(synced: Cloud) -> None:
    accounts = [access(synced.sandbox, tenant) for tenant in TENANTS]
    keys = set().union(*map(api_secrets, accounts))
    secrets = set().union(*map(row_secrets, accounts))
    assert (len(keys), min(map(len, keys)) >= 8, len(secrets) > 50) == (
        4 * len(TENANTS),
        True,
        True,
    )
    for place, texts in haystack(synced, "e2e_south").items():
        if place != "dead letters":
            assert any("e2e_south" in text for text in texts), f"{place}: nothing was searched"
        for text in texts:
            leaked = {key for key in keys if key in text} | secrets & set(MADE_UP.findall(text))
            assert not leaked, f"{place}: {len(leaked)} secrets in {text[:200]}"
