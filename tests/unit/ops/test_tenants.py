import json

import pytest
from pydantic import SecretStr

from cwp_ops.errors import OperatorError
from cwp_ops.tenants import Sites, TenantBook, checked
from cwp_shared.tenants import ApiKeys, TenantConfig
from tests.hostile import HOSTILE_TENANTS
from tests.unit.ops.fakes import FakeS3, FakeSecrets, FakeTable

KEYS = ApiKeys(
    public_key=SecretStr("pub-1"), private_key=SecretStr("priv-1"), client_id=SecretStr("client-1")
)
SITE = "api-na.myconnectwise.net"


@pytest.fixture
def book() -> TenantBook:
    table = FakeTable(("tenant_id", "service"))
    return TenantBook("local", table, FakeSecrets(), FakeS3(), "bucket")


def test_keys_go_to_secrets_manager_and_nowhere_else(book: TenantBook) -> None:
    book.add(checked(Sites("local"), "acme", SITE, "ACME"), KEYS)
    secret = json.loads(book.secrets.values["connectwise/local/acme"])
    assert secret == {"public_key": "pub-1", "private_key": "priv-1", "client_id": "client-1"}
    elsewhere = repr(book.table.items) + repr(book.s3.objects)
    assert not any(key in elsewhere for key in secret.values())


def test_the_record_in_s3_says_what_the_table_says(book: TenantBook) -> None:
    book.add(checked(Sites("local"), "acme", SITE, "ACME", ["service_tickets"]), KEYS)
    (item,) = book.table.items.values()
    recorded = TenantConfig.model_validate_json(book.s3.objects["acme/tenant.json"])
    assert recorded == TenantConfig.from_item(item)


def test_adding_again_replaces(book: TenantBook) -> None:
    book.add(checked(Sites("local"), "acme", SITE, "ACME"), KEYS)
    book.add(checked(Sites("local"), "acme", SITE, "ACME2"), KEYS)
    assert book.get("acme").company == "ACME2"


def test_an_unknown_tenant_is_named_with_those_there_are(book: TenantBook) -> None:
    book.add(checked(Sites("local"), "acme", SITE, "ACME"), KEYS)
    with pytest.raises(OperatorError, match=r"no tenant 'amce'.*tenants: acme"):
        book.get("amce")


@pytest.mark.parametrize("name", HOSTILE_TENANTS)
def test_what_cannot_be_a_tenant_is_not_even_looked_for(book: TenantBook, name: str) -> None:
    # An item that somebody wrote past the tools is no way around it.
    book.table.put_item(Item={"tenant_id": name, "service": "connectwise", "company": "x"})
    with pytest.raises(OperatorError, match="tenant id"):
        book.get(name)
    with pytest.raises(OperatorError, match="tenant id"):
        checked(Sites("local"), name, SITE, "ACME")


def test_a_stage_may_allow_hosts_of_its_own() -> None:
    environ = {"CWP_ALLOWED_HOSTS": "psa.example.com, cw.example.com"}
    sites = Sites.of("dev", environ)
    assert checked(sites, "acme", "cw.example.com", "ACME").site == "cw.example.com"
    with pytest.raises(OperatorError, match="allow-list"):
        checked(Sites.of("dev", {}), "acme", "cw.example.com", "ACME")
    # Stage local is deployed without any (config/local.yml).
    with pytest.raises(OperatorError, match="allow-list"):
        checked(Sites.of("local", environ), "acme", "cw.example.com", "ACME")


def test_whether_keys_are_there(book: TenantBook) -> None:
    assert not book.has_keys("acme")
    book.keep_keys("acme", KEYS)
    assert book.has_keys("acme")


@pytest.mark.parametrize(
    ("tenant_id", "site", "company", "tables", "said"),
    [
        ("Acme Inc", SITE, "ACME", [], "'Acme Inc' is not a tenant id"),
        ("public", SITE, "ACME", [], "keeps for itself"),
        ("acme", "evil.example.com", "ACME", [], "not on the allow-list"),
        ("acme", f"https://user:pw@{SITE}", "ACME", [], "host name only"),
        ("acme", SITE, "AC ME", [], "company"),
        ("acme", SITE, "ACME", ["service_tikets"], "unknown table 'service_tikets'"),
    ],
)
def test_bad_settings_are_refused_before_keys_are_asked_for(
    tenant_id: str, site: str, company: str, tables: list[str], said: str
) -> None:
    with pytest.raises(OperatorError, match=said):
        checked(Sites("local"), tenant_id, site, company, tables)


def test_a_site_on_this_machine_is_for_stage_local_only() -> None:
    assert checked(Sites("local"), "acme", "http://127.0.0.1:4580", "ACME").site
    with pytest.raises(OperatorError, match="only stage local"):
        checked(Sites("dev"), "acme", "http://127.0.0.1:4580", "ACME")
