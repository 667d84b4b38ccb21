"""No message names another tenant's data: whatever a contract reads is checked where it enters."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwp_shared import keys
from cwp_shared.errors import Terminal
from cwp_shared.events import EVENTS, Event, Message, PageJob
from cwp_shared.events.envelope import parse_envelope, parse_message
from cwp_shared.names import check_tenant_id
from cwp_shared.tenants import TenantConfig
from tests.hostile import HOSTILE_NAMES, HOSTILE_TENANTS, foreign_keys

SAMPLES = Path(__file__).parents[2] / "contract" / "samples"
CONTRACTS: dict[str, type[Message]] = {
    **{model.__name__: model for model in EVENTS},
    "PageJob": PageJob,
}


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.v1.json").read_text())
    return found


def refused(name: str, **changes: Any) -> str:
    """Why a sample with changes is refused, as decoded JSON and as text."""
    model, detail = CONTRACTS[name], sample(name) | changes
    with pytest.raises(Terminal) as caught:
        parse_message(detail, model)
    with pytest.raises(Terminal):
        parse_message(json.dumps(detail), model)
    return str(caught.value)


def named(model: type[Message], *fields: str) -> list[str]:
    return [field for field in fields if field in model.model_fields]


@pytest.mark.parametrize("name", CONTRACTS)
def test_no_contract_takes_what_is_no_tenant(name: str) -> None:
    for tenant in (*HOSTILE_TENANTS, None, 7, ["acme"], {"tenant_id": "acme"}):
        assert "tenant_id" in refused(name, tenant_id=tenant)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        (name, field)
        for name, model in CONTRACTS.items()
        for field in named(model, "table", "canonical_table", "run_id", "job_id", "rebuild_id")
    ],
)
def test_no_contract_takes_a_name_that_leads_elsewhere(name: str, field: str) -> None:
    for hostile in HOSTILE_NAMES:
        assert field in refused(name, **{field: hostile})


KEY_FIELDS = [
    (name, field)
    for name, model in CONTRACTS.items()
    for field in named(model, "landing_key", "raw_key", "raw_keys", "quarantine_key", "key")
]


def test_fields_with_keys_are_found() -> None:
    assert len(KEY_FIELDS) >= 6


@pytest.mark.parametrize(("name", "field"), KEY_FIELDS)
def test_no_message_names_a_key_of_another_tenant(name: str, field: str) -> None:
    detail = sample(name)
    several = isinstance(detail[field], list)
    good = detail[field][0] if several else detail[field]
    for key in foreign_keys(good, detail["tenant_id"]):
        why = refused(name, **{field: [good, key] if several else key})
        assert f"{field} is no key under the message's own tenant_id" in why
        assert len(why) < 200


@pytest.mark.parametrize(("name", "field"), KEY_FIELDS)
def test_a_message_that_changes_its_tenant_alone_is_refused(name: str, field: str) -> None:
    assert field in refused(name, tenant_id="rival")


def envelope(detail: str, **more: Any) -> str:
    """An envelope around a detail that is written out, as a forger would."""
    head = json.dumps({"detail-type": "PageFetched", "source": "x", **more})
    return f'{head[:-1]}, "detail": {detail}}}'


def test_of_a_name_said_twice_the_key_must_fit_the_one_that_counts() -> None:
    text = json.dumps(sample("PageFetched"))
    twice = [f'{{"tenant_id": "rival", {text[1:]}', f'{text[:-1]}, "tenant_id": "rival"}}']
    read = parse_envelope(envelope(twice[0]), EVENTS)
    assert (read.tenant_id, read) == ("acme", parse_message(sample("PageFetched"), type(read)))
    with pytest.raises(Terminal, match="landing_key is no key"):
        parse_envelope(envelope(twice[1]), EVENTS)


def test_what_stands_around_the_detail_names_no_tenant() -> None:
    text = json.dumps(sample("PageFetched"))
    read = parse_envelope(envelope(text, tenant_id="rival", resources=["rival"]), EVENTS)
    assert read.tenant_id == "acme"
    nested = json.dumps(sample("PageFetched") | {"detail": sample("PageFetched")})
    assert parse_envelope(envelope(nested), EVENTS).tenant_id == "acme"


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000,
        '{"detail-type": "PageFetched", "detail": ' + "9" * 5000 + "}",
        '{"detail-type": "PageFetched", "detail": [1, 2]}',
        '{"detail-type": ["PageFetched"], "detail": {}}',
        '{"detail-type": "PageFetched", "detail": "{}"}',
        '{"detail-type": "__class__", "detail": {}}',
        "\ud800",
    ],
)
def test_json_that_is_odd_is_refused_and_not_a_bug(body: str) -> None:
    with pytest.raises(Terminal):
        parse_envelope(body, EVENTS)


@pytest.mark.parametrize("field", ["window", "page"])
@pytest.mark.parametrize("value", [-1, 2**31, 10**400, 1e400, "../1", True, None])
def test_numbers_that_become_keys_and_columns_are_bounded(field: str, value: Any) -> None:
    for name in ("PageJob", "PageFetched"):
        if value is True:
            continue  # a bool is 1 in JSON's lax reading
        assert field in refused(name, **{field: value})


@given(st.text(max_size=80))
def test_a_tenant_id_is_one_path_segment_and_one_quoted_name(text: str) -> None:
    try:
        tenant = check_tenant_id(text)
    except ValueError:
        return
    assert tenant.isascii()
    assert not set(tenant) & set("/\\.\"'`;%#|\0 \n")
    assert keys.is_of_tenant(keys.landing(tenant, "t", "r", "j"), tenant)


@given(st.text(alphabet="ab/.\\%\0 -", max_size=14), st.sampled_from(["a", "ab", "b", "a-b"]))
def test_a_key_is_of_one_tenant_by_every_reading(key: str, tenant: str) -> None:
    if keys.is_of_tenant(key, tenant):
        segments = key.split("/")
        assert segments[0] == tenant
        assert not {"", ".", ".."} & set(segments)
        others = {"a", "ab", "b", "a-b"} - {tenant}
        assert not any(keys.is_of_tenant(key, other) for other in others)


ITEM = {"tenant_id": "acme", "service": "connectwise", "site": "x.example", "company": "ACME"}


@pytest.mark.parametrize("tenant", HOSTILE_TENANTS)
def test_no_item_of_tenantservices_makes_a_tenant_of_what_is_none(tenant: str) -> None:
    with pytest.raises(Terminal, match="tenant_id"):
        TenantConfig.from_item(ITEM | {"tenant_id": tenant})


@pytest.mark.parametrize("company", ["", "a/b", "../x", "a+b:c", "a b", "a\n", "a%2f", "\u0430"])
def test_no_company_id_leads_a_request_elsewhere(company: str) -> None:
    with pytest.raises(Terminal, match="company"):
        TenantConfig.from_item(ITEM | {"company": company})


def test_every_event_is_tried_here() -> None:
    assert all(issubclass(model, Event) for model in EVENTS)
    assert set(CONTRACTS) == {path.name.split(".")[0] for path in SAMPLES.glob("*.json")}
