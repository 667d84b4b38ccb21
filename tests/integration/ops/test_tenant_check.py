"""The onboarding self-test against a served sandbox, in the weather it is there to see."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from cwp_local.sandbox.models import CompanyAccess
from cwp_ops.errors import OperatorError
from cwp_ops.tenant_check import TableFinding, findings, reach
from cwp_shared.connectwise.api import API_VERSION, ConnectWise
from cwp_shared.connectwise.transport import Transport, new_session
from cwp_shared.tables import source_tables
from cwp_shared.tenants import ApiKeys, TenantConfig
from tests.integration.sandbox.processes import Running, running


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("sandbox")) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def access(server: Running) -> CompanyAccess:
    return server.control.make_company("Acme", seed=4, tickets=200)


@pytest.fixture(autouse=True)
def _fair_weather(server: Running, access: CompanyAccess) -> None:
    server.control.set_weather(access.company)


@pytest.fixture
def api() -> Iterator[ConnectWise]:
    with new_session() as session:
        yield ConnectWise(Transport(session), API_VERSION)


def tenant(access: CompanyAccess, company: str | None = None) -> TenantConfig:
    return TenantConfig(tenant_id="acme", site=access.site, company=company or access.company)


def keys(access: CompanyAccess, **changes: SecretStr) -> ApiKeys:
    right = {name: getattr(access, name) for name in ApiKeys.model_fields}
    return ApiKeys(**(right | changes))


def check(api: ConnectWise, access: CompanyAccess, *tables: str) -> dict[str, TableFinding]:
    there = reach(api, access.site, tenant(access), keys(access))
    return {found.table: found for found in findings(api, there, tables)}


def test_in_fair_weather_every_table_can_be_read_and_filtered(
    api: ConnectWise, access: CompanyAccess, server: Running
) -> None:
    tables = source_tables()
    found = check(api, access, *tables)
    assert [name for name in found if found[name].trouble or found[name].needs_full] == []
    assert found["service_tickets"].rows == server.control.company("Acme").counts["service_tickets"]
    assert {n for n, one in found.items() if one.filter == "not used"} == {
        name for name, table in tables.items() if not table.incremental
    }


def test_wrong_keys_and_unknown_companies_are_told_apart(
    api: ConnectWise, access: CompanyAccess
) -> None:
    wrong = keys(access, private_key=SecretStr("wrong"))
    with pytest.raises(OperatorError, match="check site, company and API keys"):
        reach(api, access.site, tenant(access), wrong)
    with pytest.raises(OperatorError, match="company 'Nobody' is not known"):
        reach(api, access.site, tenant(access, "Nobody"), keys(access))


def test_a_table_that_may_not_be_read_is_named_and_the_others_go_on(
    api: ConnectWise, access: CompanyAccess, server: Running
) -> None:
    server.control.set_weather("Acme", forbidden="finance_invoices")
    found = check(api, access, "finance_invoices", "service_tickets")
    assert "security role" in (found["finance_invoices"].trouble or "")
    assert found["service_tickets"].trouble is None


def test_a_clock_that_is_wrong_is_seen(
    api: ConnectWise, access: CompanyAccess, server: Running
) -> None:
    server.control.set_weather("Acme", skew_seconds=-3600)
    there = reach(api, access.site, tenant(access), keys(access))
    assert there.clock_offset is not None
    assert abs(there.clock_offset + timedelta(hours=1)) < timedelta(minutes=1)


@pytest.mark.parametrize("hours", [-5, 10])
def test_a_filter_that_takes_times_for_others_is_seen(
    api: ConnectWise, access: CompanyAccess, server: Running, hours: int
) -> None:
    """With such a filter runs would find nothing new, and /count would agree."""
    server.control.set_weather("Acme", filter_shift_hours=hours)
    found = check(api, access, "service_tickets")["service_tickets"]
    assert (found.filter, found.needs_full) == ("shifted", True)
