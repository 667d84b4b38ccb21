import pytest
from pydantic import ValidationError

from cwp_shared.catalogue import entity_paths
from cwp_shared.errors import Terminal
from cwp_shared.settings import Stage
from cwp_shared.tables import default_tables, source_table, source_tables
from cwp_shared.tenants import ApiKeys, SiteUrl, TenantConfig


@pytest.mark.parametrize(
    ("stage", "site", "url"),
    [
        ("prod", "api-na.myconnectwise.net", "https://api-na.myconnectwise.net"),
        (
            "prod",
            "https://api-staging.connectwisedev.com/",
            "https://api-staging.connectwisedev.com",
        ),
        ("prod", "psa.example.com", "https://psa.example.com"),
        ("prod", "API-NA.MyConnectWise.net:443", "https://api-na.myconnectwise.net:443"),
        ("prod", "cw.example.com:8443", "https://cw.example.com:8443"),
        ("prod", "https://xn--caf-dma.example", "https://xn--caf-dma.example"),
        ("local", "http://127.0.0.1:4580", "http://127.0.0.1:4580"),
    ],
)
def test_allowed_sites(stage: Stage, site: str, url: str) -> None:
    allowed = ("PSA.example.com", "cw.example.com:8443", "xn--caf-dma.example")
    assert SiteUrl(stage=stage, site=site, allowed_hosts=allowed).url == url


@pytest.mark.parametrize(
    ("stage", "site", "reason"),
    [
        ("prod", "http://api-na.myconnectwise.net", "must use https"),
        ("prod", "http://127.0.0.1:4580", "only stage local"),
        ("prod", "https://localhost", "only stage local"),
        ("local", "http://10.0.0.5", "must use https"),
        ("local", "169.254.169.254", "not on the allow-list"),
        ("prod", "myconnectwise.net.evil.example", "not on the allow-list"),
        ("prod", "evilmyconnectwise.net", "not on the allow-list"),
        ("prod", "api-na.myconnectwise.net@evil.example", "host name only"),
        ("prod", "https://api-na.myconnectwise.net/path", "host name only"),
        ("prod", "https://api-na.myconnectwise.net//evil.example", "host name only"),
        ("prod", "https://api-na.myconnectwise.net?x=1", "host name only"),
        ("prod", "https://api-na.myconnectwise.net#@evil.example", "host name only"),
        ("prod", "https://@api-na.myconnectwise.net", "host name only"),
        ("prod", "https://evil.example\\@api-na.myconnectwise.net", "host name only"),
        ("prod", "https://api-na.myconnectwise.net\\.evil.example", "host name only"),
        ("prod", "api-na.myconnectwise.net%2eevil.example", "host name only"),
        ("prod", "api-na.myconnect\nwise.net", "host name only"),
        ("prod", "api-na.myconnectwise.net\t.evil.example", "host name only"),
        ("prod", "api-na.myconnectwise\u3002net", "host name only"),
        ("prod", "api-n\u0430.myconnectwise.net", "host name only"),
        ("prod", "api-na.myconnectwise.net.", "host name only"),
        ("prod", "api-na.myconnectwise.net:8443", "not on the allow-list"),
        ("prod", "api-na.myconnectwise.net:99999", "ort out of range"),
        ("prod", "a.b.myconnectwise.net", "not on the allow-list"),
        ("prod", "xn--pi-na-nye.myconnectwise.net.xn--evil", "not on the allow-list"),
        ("prod", "ftp://api-na.myconnectwise.net", "must use https"),
        ("prod", "https://[::1]", "only stage local"),
        ("prod", "https://[::ffff:127.0.0.1]", r"not on the allow-list|only stage local|name only"),
        ("prod", "https://2130706433", "not on the allow-list"),
        ("local", "http://127.1:80", "must use https"),
        ("local", "http://127.0.0.1@evil.example", "host name only"),
    ],
)
def test_refused_sites(stage: Stage, site: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        SiteUrl(stage=stage, site=site)


def test_item_goes_there_and_back() -> None:
    tenant = TenantConfig(tenant_id="acme", site="api-eu.myconnectwise.net", company="Acme")
    assert TenantConfig.from_item(tenant.to_item()) == tenant


def test_bad_item_names_tenant_and_field() -> None:
    with pytest.raises(Terminal, match="item of 'acme' is not valid: site"):
        TenantConfig.from_item({"tenant_id": "acme", "company": "x"})


def test_keys_never_show() -> None:
    keys = ApiKeys.model_validate(
        {"public_key": "pub-1", "private_key": "priv-1", "client_id": "guid-1"}
    )
    assert "1" not in str(keys).replace("_", "")
    assert "priv-1" not in repr(keys)


def test_catalogue_of_tables_is_valid() -> None:
    tables = source_tables()
    assert {table.path for table in tables.values()} == set(entity_paths())
    assert source_table("company_contacts").sensitive_fields == ("portalPassword",)
    assert "service_tickets" in default_tables()
    assert "service_tickets_notes" not in default_tables()
