import pytest

from cwp_local.sandbox.edits import Edit, StillNeededError
from cwp_local.sandbox.models import ChangesPlayed
from cwp_local.sandbox.tables import COMPANIES, CONTACTS, TICKETS, TIME_ENTRIES, Table
from tests.unit.local.sandbox.clients import NOW, Client, content

STAMP = "2026-11-23T08:30:15Z"


def changed(client: Client, table: Table, row_id: int, **fields: object) -> ChangesPlayed:
    with client.company.store.writing() as writing:
        edit = Edit(writing, client.clock(), "tester")
        row = writing.get(table, row_id)
        assert row is not None
        edit.update(table, row | fields)
    return edit.played()


def deleted(client: Client, table: Table, row_id: int) -> ChangesPlayed:
    with client.company.store.writing() as writing:
        edit = Edit(writing, client.clock(), "tester")
        edit.delete(table, row_id)
    return edit.played()


def test_a_change_is_stamped(client: Client) -> None:
    row_id = client.ids("/company/contacts")[3]
    played = changed(client, CONTACTS, row_id, title="Boss")
    assert played.tables["company_contacts"].updated == (row_id,)
    assert played.at == NOW.replace(microsecond=0)
    info = content(client.get(f"/company/contacts/{row_id}"))["_info"]
    assert (info["lastUpdated"], info["updatedBy"]) == (STAMP, "tester")


def test_no_change_leaves_no_trace(client: Client) -> None:
    before = client.rows("/company/contacts", pageSize=1)[0]
    played = changed(client, CONTACTS, before["id"], title=before["title"])
    assert played.tables["company_contacts"].updated == ()
    assert content(client.get(f"/company/contacts/{before['id']}")) == before


def test_last_updated_never_goes_back(client: Client) -> None:
    row_id = client.ids("/company/contacts")[0]
    stamps = []
    for number, step in enumerate([0, 0.4, 0.4, 5, -3600]):
        client.clock.forward(seconds=step)
        changed(client, CONTACTS, row_id, title=f"Title {number}")
        stamps.append(content(client.get(f"/company/contacts/{row_id}"))["_info"]["lastUpdated"])
    assert stamps == [STAMP, STAMP, "2026-11-23T08:30:16Z", *["2026-11-23T08:30:21Z"] * 2]


def test_a_new_name_reaches_every_row_that_repeats_it(client: Client) -> None:
    company_id = client.rows("/service/tickets", pageSize=1)[0]["company"]["id"]
    played = changed(client, COMPANIES, company_id, name="Renamed Inc")
    for path, table in (("/service/tickets", TICKETS), ("/time/entries", TIME_ENTRIES),
                        ("/company/contacts", CONTACTS)):  # fmt: skip
        ours = client.rows(path, conditions=f"company/id = {company_id}", pageSize=1000)
        assert {row["company"]["name"] for row in ours} == {"Renamed Inc"}
        assert {row["_info"]["lastUpdated"] for row in ours} == {STAMP}
        assert played.tables[table.id].updated == tuple(row["id"] for row in ours)
        others = client.count(path, conditions="company/name = 'Renamed Inc'")
        assert others == len(ours)


def test_a_deleted_contact_is_missed_nowhere(client: Client) -> None:
    needed = {row["contact"]["id"] for row in client.rows("/finance/agreements", pageSize=1000)}
    needed |= {row["contact"]["id"] for row in client.rows("/sales/opportunities", pageSize=1000)}
    tickets = client.rows("/service/tickets", conditions="contact/id != null", pageSize=1000)
    ticket = next(row for row in tickets if row["contact"]["id"] not in needed)
    contact_id = ticket["contact"]["id"]
    played = deleted(client, CONTACTS, contact_id)
    later = content(client.get(f"/service/tickets/{ticket['id']}"))
    assert not [name for name in later if name.startswith("contact")]
    assert ticket["id"] in played.tables["service_tickets"].updated
    assert client.count("/service/tickets", conditions=f"contact/id = {contact_id}") == 0
    assert client.count("/company/companies", conditions=f"defaultContact/id = {contact_id}") == 0


def test_a_deleted_entry_is_missed_in_its_tickets_hours(client: Client) -> None:
    entry = client.rows("/time/entries", pageSize=1)[0]
    before = content(client.get(f"/service/tickets/{entry['ticket']['id']}"))
    deleted(client, TIME_ENTRIES, entry["id"])
    after = content(client.get(f"/service/tickets/{entry['ticket']['id']}"))
    assert after["actualHours"] == before["actualHours"] - entry["actualHours"]


def test_a_deleted_parent_leaves_no_pointer(client: Client) -> None:
    child = client.rows("/service/tickets", conditions="parentTicketId != null", pageSize=1)[0]
    deleted(client, TICKETS, child["parentTicketId"])
    assert "parentTicketId" not in content(client.get(f"/service/tickets/{child['id']}"))


def test_a_deleted_only_child_is_no_longer_announced(client: Client) -> None:
    child = client.rows("/service/tickets", conditions="parentTicketId != null", pageSize=1)[0]
    parent_id = child["parentTicketId"]
    siblings = client.ids("/service/tickets", conditions=f"parentTicketId = {parent_id}")
    for row_id in siblings:
        deleted(client, TICKETS, row_id)
    assert content(client.get(f"/service/tickets/{parent_id}"))["hasChildTicket"] is False


def test_an_edit_that_fails_changes_nothing(client: Client) -> None:
    company_id = client.rows("/service/tickets", pageSize=1)[0]["company"]["id"]
    contact_id = client.ids("/company/contacts")[0]
    with pytest.raises(StillNeededError, match="cannot be deleted"):
        delete_both(client, contact_id, company_id)
    assert contact_id in client.ids("/company/contacts")


def delete_both(client: Client, contact_id: int, company_id: int) -> None:
    with client.company.store.writing() as writing:
        edit = Edit(writing, client.clock(), "tester")
        edit.delete(CONTACTS, contact_id)
        edit.delete(COMPANIES, company_id)
