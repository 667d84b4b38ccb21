import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwp_shared import keys
from cwp_shared.names import check_tenant_id, table_id


@pytest.mark.parametrize(
    "bad", ["", "Acme", "-a", "_a", "a/b", "a.b", "a b", "../a", "a" * 64, "é", "a\n"]
)
def test_tenant_id_that_cannot_be_a_prefix_is_refused_with_the_rule(bad: str) -> None:
    with pytest.raises(ValueError, match="not a tenant id"):
        check_tenant_id(bad)


@pytest.mark.parametrize("reserved", ["public", "pg_catalog", "information_schema"])
def test_tenant_may_not_be_the_warehouse_s_own_schema(reserved: str) -> None:
    with pytest.raises(ValueError, match="keeps for itself"):
        check_tenant_id(reserved)


@pytest.mark.parametrize(
    ("path", "table"),
    [
        ("/service/tickets", "service_tickets"),
        ("/time/workTypes", "time_work_types"),
        ("/finance/agreements/{id}/additions", "finance_agreements_additions"),
    ],
)
def test_table_id(path: str, table: str) -> None:
    assert table_id(path) == table


@given(
    st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True).filter(
        lambda tenant: not tenant.startswith("pg_")
    ),
    st.from_regex(r"[a-z][a-z0-9_]{0,62}", fullmatch=True),
)
def test_raw_key_is_read_as_it_was_built(tenant: str, table: str) -> None:
    stamp = "20260301T120000000000Z"
    parsed = keys.parse_raw(keys.raw(tenant, table, stamp))
    assert (parsed.tenant_id, parsed.table, parsed.timestamp) == (tenant, table, stamp)


@pytest.mark.parametrize(
    "key",
    [
        "acme/canonical/tickets/20260301T120000000000Z.parquet",
        "acme/raw/other/service_tickets/20260301T120000000000Z.parquet",
        "../raw/connectwise/service_tickets/20260301T120000000000Z.parquet",
        "acme/raw/connectwise/service_tickets/../x.parquet",
        "acme/raw/connectwise/service_tickets/20260301T120000000000Z.parquet.tmp",
    ],
)
def test_other_keys_name_no_raw_file(key: str) -> None:
    with pytest.raises(ValueError, match="not a"):
        keys.parse_raw(key)
