"""The Python client against a real sandbox, and what its changes look like to an API client."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests

from cwp_local.sandbox.control import SandboxControl, SandboxError
from cwp_local.sandbox.models import CompanyAccess, NotJson, StatusFault, Weather
from cwp_local.sandbox.tables import TABLES, Table
from tests.integration.sandbox.conftest import session_for


def url(access: CompanyAccess, path: str) -> str:
    return f"{access.site}/v4_6_release/apis/3.0{path}"


def top_level() -> list[tuple[str, Table]]:
    return [(name, table) for name, table in TABLES.items() if table.parent is None]


def test_a_company_is_made_once(control: SandboxControl, access: CompanyAccess) -> None:
    assert control.make_company("Acme", seed=4, tickets=300) == access
    with pytest.raises(SandboxError, match="exists with seed 4, not 5") as error:
        control.make_company("Acme", seed=5, tickets=300)
    assert error.value.status == 409
    assert "Acme" in [company.company for company in control.companies()]
    assert access.private_key.get_secret_value() not in repr(access)


def test_bad_orders_are_told_before_they_are_sent(control: SandboxControl) -> None:
    with pytest.raises(SandboxError, match="company: "):
        control.make_company("a b", seed=1, tickets=1)
    with pytest.raises(SandboxError, match="unknown table 'x'"):
        control.play("Acme", update=1, tables=["x"])


def test_nobody_there() -> None:
    nobody = SandboxControl("http://127.0.0.1:9")
    assert not nobody.is_up()
    with pytest.raises(SandboxError, match="no sandbox at http://127"):
        nobody.wait_until_up(0.05)


def test_two_companies_do_not_mix(control: SandboxControl, session: requests.Session) -> None:
    other = control.make_company("Other", seed=8, tickets=10)
    answer = session.get(
        url(other, "/service/tickets/count"),
        headers={"clientId": other.client_id.get_secret_value()},
    )
    assert answer.status_code == 400  # our keys reach our company, whose clientId that is not
    assert session.get(url(other, "/service/tickets/count")).json() == {"count": 300}
    control.delete_company("Other")
    with pytest.raises(SandboxError) as error:
        control.company("Other")
    assert error.value.status == 404


def test_all_rows_come_through_by_keyset(session: requests.Session, access: CompanyAccess) -> None:
    for name, table in top_level():
        found, after = 0, 0
        while True:
            params = {"conditions": f"id > {after}", "orderBy": "id asc", "pageSize": "100"}
            rows = session.get(url(access, table.path), params=params).json()
            if not rows:
                break
            found, after = found + len(rows), rows[-1]["id"]
        assert found == access.counts[name]


def test_changes_show_in_the_next_window(control: SandboxControl) -> None:
    access = control.make_company("Changing", seed=4, tickets=100)
    session = session_for(access)
    started = datetime.now(UTC).replace(microsecond=0)
    changes = control.play("Changing", update=30, add=9, delete=6, seed=1)
    assert started <= changes.at <= datetime.now(UTC)
    for name, table in top_level():
        told = changes.tables[name]
        window = f"lastUpdated >= [{changes.at.isoformat().replace('+00:00', 'Z')}]"
        answer = session.get(
            url(access, table.path), params={"conditions": window, "pageSize": "1000"}
        )
        assert sorted(row["id"] for row in answer.json()) == sorted(told.updated + told.added)
        assert parsedate_to_datetime(answer.headers["Date"]) >= changes.at
        for row_id in told.deleted:
            assert session.get(url(access, f"{table.path}/{row_id}")).status_code == 404
        expected = access.counts[name] + len(told.added) - len(told.deleted)
        assert control.company("Changing").counts[name] == expected
    session.close()


def test_one_row(control: SandboxControl, session: requests.Session, access: CompanyAccess) -> None:
    row = session.get(url(access, "/company/contacts"), params={"pageSize": "1"}).json()[0]
    assert control.row("Acme", "company_contacts", row["id"]) == row
    later = control.patch_row("Acme", "company_contacts", row["id"], {"title": "Ünïcode ✓"})
    assert later["title"] == "Ünïcode ✓"
    assert session.get(url(access, f"/company/contacts/{row['id']}")).json() == later


def test_weather(control: SandboxControl, session: requests.Session, access: CompanyAccess) -> None:
    fault = StatusFault(table="time_entries", code=429, times=1, retry_after=2)
    control.set_weather("Acme", status=fault, not_json=[NotJson(table="service_tickets")])
    throttled = session.get(url(access, "/time/entries"))
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "2")
    page = session.get(url(access, "/service/tickets"))
    assert page.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        page.json()
    assert control.weather("Acme") == Weather()
    control.set_weather("Acme", status=fault)
    assert control.set_weather("Acme") == Weather()
    assert session.get(url(access, "/time/entries")).status_code == 200


def test_the_log(control: SandboxControl, session: requests.Session, access: CompanyAccess) -> None:
    since = control.log().last
    session.get(url(access, "/time/entries"), params={"conditions": "id > 5"})
    session.get(url(access, "/nonsense"))
    requests.get(f"{access.site}/login/companyinfo/Acme", timeout=5)
    ours = [entry for entry in control.log(since).entries if "_sandbox" not in entry.path]
    assert [(entry.company, entry.method, entry.status) for entry in ours] == [
        ("Acme", "GET", 200),
        ("Acme", "GET", 404),
        ("Acme", "GET", 200),
    ]
    assert ours[0].path == "/v4_6_release/apis/3.0/time/entries"
    assert ours[0].query == "conditions=id+%3E+5"
    assert datetime.now(UTC) - ours[0].time < timedelta(minutes=5)
    secret = access.private_key.get_secret_value()
    assert secret not in str(control.log().entries)
