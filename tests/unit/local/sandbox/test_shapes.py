"""How rows are shown, switch by switch."""

from typing import Any

import pytest

from cwp_local.sandbox import shapes
from cwp_local.sandbox.models import Weather
from cwp_local.sandbox.shapes import Shape
from cwp_local.sandbox.tables import TICKETS
from tests.unit.local.sandbox.clients import Client, content

TICKET = "/service/tickets"


def shaped(client: Client, **switches: Any) -> None:
    client.company.forecast.set(Weather.model_validate(switches))


def first(client: Client, **params: Any) -> dict[str, Any]:
    return client.rows(TICKET, pageSize=1, orderBy="id", **params)[0]


def test_fair_weather_costs_nothing(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Shape.of(Weather()) is None
    assert Shape.of(Weather(skew_seconds=5)) is None
    # Bodies go out as they are stored: nothing may be decoded on the way.
    monkeypatch.delattr(shapes, "msgspec")
    assert client.get(TICKET).status == 200


def test_explicit_nulls(client: Client) -> None:
    stored = first(client)
    shaped(client, explicit_nulls=True)
    shown = first(client)
    assert set(shown) == set(TICKETS.entity.types) | {"_info"}
    absent = set(shown) - set(stored)
    assert absent
    assert {shown[name] for name in absent} == {None}
    assert {name: shown[name] for name in stored} == stored
    assert content(client.get(f"{TICKET}/{stored['id']}")) == shown
    assert client.count(TICKET) == 240


def test_fields_cut_what_a_shape_adds(client: Client) -> None:
    absent = set(TICKETS.entity.types) - set(first(client))
    name = min(absent - {"_info"})
    shaped(client, explicit_nulls=True)
    assert first(client, fields=f"id,{name},company/name").keys() == {"id", name, "company"}
    assert client.rows(TICKET, fields="id", pageSize=2)[0].keys() == {"id"}


def test_newer_custom_fields(client: Client) -> None:
    stored = first(client)["customFields"]
    shaped(client, custom_fields="new")
    shown = first(client)["customFields"]
    for place, (old, new) in enumerate(zip(stored, shown, strict=True), start=1):
        assert new.keys() == {*old, "value", "rowNum", "userDefinedFieldRecId", "podId"}
        assert new["rowNum"] == place
        assert new["value"] == old.get("value")


def test_rows_without_info_in_lists_only(client: Client) -> None:
    shaped(client, without_info="service_tickets")
    row = first(client)
    assert "_info" not in row
    assert "_info" in content(client.get(f"{TICKET}/{row['id']}"))
    assert "_info" in client.rows("/time/entries", pageSize=1)[0]


@pytest.mark.parametrize(
    ("retyped", "field", "shown"),
    [
        ("string", "id", str),
        ("number", "summary", float),
        ("number", "closedFlag", float),
        ("list", "company", list),
        ("object", "summary", dict),
        ("string", "company", str),
    ],
)
def test_retyped_fields(client: Client, retyped: str, field: str, shown: type) -> None:
    shaped(client, drift={"table": "service_tickets", "field": field, "retyped": retyped})
    assert type(first(client)[field]) is shown


def test_a_retyped_field_that_a_row_lacks_stays_away(client: Client) -> None:
    absent = min(set(TICKETS.entity.types) - set(first(client)) - {"_info"})
    shaped(client, drift={"table": "service_tickets", "field": absent, "retyped": "list"})
    assert absent not in first(client)


def test_an_extra_field_in_whatever_shows_a_row(client: Client) -> None:
    extra = {"table": "service_tickets", "field": "brandNewField", "value": [1, None]}
    shaped(client, drift=[extra, {**extra, "field": "empty", "value": None}])
    row = first(client)
    assert (row["brandNewField"], row["empty"]) == ([1, None], None)
    patch = [{"op": "replace", "path": "summary", "value": "Changed"}]
    answer = client.send("PATCH", f"{TICKET}/{row['id']}", body=patch)
    assert content(answer)["brandNewField"] == [1, None]
    stored = client.company.store.body(TICKETS, row["id"])
    assert stored is not None
    assert b"brandNewField" not in stored


@pytest.mark.parametrize(
    ("accept", "seen"),
    [
        ("application/vnd.connectwise.com+json; version=2025.1", False),
        ("application/vnd.connectwise.com+json; version=2025.16", True),
        ("application/vnd.connectwise.com+json; version=2026.2", True),
        ("application/json", True),
    ],
)
def test_a_pinned_version_does_not_see_later_drift(
    client: Client, accept: str, *, seen: bool
) -> None:
    drift = {"table": "service_tickets", "field": "id", "retyped": "string", "since": "2025.16"}
    shaped(client, drift=drift)
    answer = client.send("GET", TICKET, {"pageSize": 1}, headers={"accept": accept})
    assert isinstance(content(answer)[0]["id"], str) == seen
