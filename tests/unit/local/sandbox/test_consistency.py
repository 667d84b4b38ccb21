"""Checklist of connectwise-api.md 10: references exist, before and after any writing."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cwp_local.sandbox.consistency import fate, links_of, links_to, repeated
from cwp_local.sandbox.edits import Edit, StillNeededError
from cwp_local.sandbox.pointing import TICKET_TABLES, targets_of
from cwp_local.sandbox.tables import (
    ACTIVITIES,
    AGREEMENTS,
    BOARDS,
    COMPANIES,
    MEMBERS,
    NOTES,
    PRIORITIES,
    PROJECT_TICKETS,
    SCHEDULE_ENTRIES,
    SITES,
    TABLES,
    TICKETS,
    TIME_ENTRIES,
    Table,
)
from tests.unit.local.sandbox.bodies import NoRowError, collection, required_body, some_row
from tests.unit.local.sandbox.clients import Client, content
from tests.unit.local.sandbox.references import dangling, everything

NOT_MEMBERS = [table for table in TABLES.values() if "DELETE" in table.methods]


def test_made_rows_point_to_rows_that_are_there(still: Client) -> None:
    rows = everything(still)
    assert all(rows.values())
    assert dangling(rows) == []


def test_made_rows_repeat_what_the_rows_say_they_point_to(still: Client) -> None:
    rows = everything(still)
    differing = {
        (table.id, link.field)
        for table in TABLES.values()
        for link in links_of(table)
        if link.kind and link.indexed
        for row in rows[table].values()
        for pointed in link.ids(row)
        for target in link.targets
        if pointed in rows[target]
        for name, said in repeated(link, target, rows[target][pointed]).items()
        if row.get(name) != said
    }
    assert differing == set()


def test_ids_of_tickets_of_both_kinds_differ(still: Client) -> None:
    rows = everything(still)
    assert not rows[TICKETS].keys() & rows[PROJECT_TICKETS].keys()


def test_every_reference_of_the_catalogue_to_a_served_table_is_a_link() -> None:
    for table in TABLES.values():
        linked = {link.field for link in links_of(table)}
        for name, type_text in table.entity.types.items():
            if targets_of(type_text.rpartition("->")[2]):
                assert name in linked, (table.id, name)


def test_links_that_deletes_follow_are_found_by_an_index() -> None:
    assert not [
        (link.holder.id, link.path)
        for table in TABLES.values()
        if not table.setup
        for link in links_to(table)
        if not link.indexed
    ]


class Clerk:
    """Writes by whatever numbers it is given; counts what was taken."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.taken = 0

    def act(self, kind: str, table: Table, number: int) -> None:
        path = collection(self.client, table)
        ids = self.client.ids(path)
        row_id = ids[number % len(ids)] if ids else number + 1
        if kind == "POST":
            self._send("POST", path, required_body(self.client, table, f"New {number}"))
        elif kind == "DELETE":
            self._send("DELETE", f"{path}/{row_id}")
        elif kind == "PUT":
            body = required_body(self.client, table, f"Other {number}")
            self._send("PUT", f"{path}/{row_id}", body)
        else:
            self._send("PATCH", f"{path}/{row_id}", [self._pointer(table, number)])

    def _pointer(self, table: Table, number: int) -> dict[str, Any]:
        link = links_of(table)[number % len(links_of(table))]
        target = link.targets[number % len(link.targets)]
        pointed = some_row(self.client, target)["id"] + number % 3
        if link.kind is None:
            return {"op": "replace", "path": link.path, "value": pointed}
        value = [{"id": pointed}] if link.inner else {"id": pointed}
        return {"op": "replace", "path": link.field, "value": value}

    def _send(self, method: str, path: str, body: Any = None) -> None:
        answer = self.client.send(method, path, body=body)
        assert answer.status in {200, 201, 204, 400, 404}, (method, path, answer.body)
        self.taken += answer.status < 300


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["POST", "PATCH", "PUT", "DELETE"]),
            st.sampled_from([table for table in NOT_MEMBERS if links_of(table)]),
            st.integers(0, 500),
        ),
        min_size=30,
        max_size=60,
    )
)
def test_any_writing_leaves_no_pointer_to_nothing(
    client: Client, actions: list[tuple[str, Table, int]]
) -> None:
    """Whatever is sent, and whether it is taken or refused, nothing dangles and nothing breaks."""
    clerk = Clerk(client)
    for kind, table, number in actions:
        # A small company may have lost the last row that an action needs.
        with suppress(NoRowError):
            clerk.act(kind, table, number)
    assert dangling(everything(client)) == []


def test_every_row_can_go_or_is_needed(client: Client) -> None:
    """One row of each table, parents first: refused with a reason, or gone with all pointers."""
    refused = set()
    with client.company.store.writing() as writing:
        edit = Edit(writing, client.clock(), "tester")
        for table in NOT_MEMBERS:
            try:
                edit.delete(table, some_row(client, table)["id"])
            except StillNeededError:
                refused.add(table)
    assert {COMPANIES, BOARDS, PRIORITIES} <= refused
    assert dangling(everything(client)) == []


@pytest.mark.parametrize("table", TICKET_TABLES, ids=lambda table: table.id)
def test_a_ticket_takes_its_time_and_appointments_along(client: Client, table: Table) -> None:
    rows = everything(client)
    links = [link for link in links_to(table) if fate(link, table) == "delete"]
    pointed = {
        row_id: [
            (link.holder, holder_id)
            for link in links
            for holder_id, row in rows[link.holder].items()
            if row_id in link.ids(row)
        ]
        for row_id in rows[table]
    }
    busiest = max(pointed, key=lambda row_id: len(pointed[row_id]))
    assert client.send("DELETE", f"{table.path}/{busiest}").status == 204
    later = everything(client)
    assert pointed[busiest]
    assert not [place for place in pointed[busiest] if place[1] in later[place[0]]]
    assert dangling(later) == []


def test_an_activity_of_a_ticket_s_id_is_another_row(client: Client) -> None:
    """`objectId` means an activity or a ticket, by the type beside it."""
    rows = everything(client)
    entry = next(row for row in rows[SCHEDULE_ENTRIES].values() if row["type"]["identifier"] == "S")
    with client.company.store.writing() as writing:
        edit = Edit(writing, client.clock(), "tester")
        activity = {**some_row(client, ACTIVITIES), "id": entry["objectId"]}
        writing.insert(ACTIVITIES, activity)
        edit.delete(ACTIVITIES, entry["objectId"])
    assert client.get(f"/schedule/entries/{entry['id']}").status == 200


def test_names_follow_along_every_index(client: Client) -> None:
    site = some_row(client, SITES)
    path = f"/company/companies/{site['company']['id']}/sites/{site['id']}"
    operation = {"op": "replace", "path": "name", "value": "New house"}
    assert client.send("PATCH", path, body=[operation]).status == 200
    rows = everything(client)
    for link in links_to(SITES):
        for row in rows[link.holder].values():
            if site["id"] in link.ids(row):
                assert row[link.field]["name"] == "New house"


def test_a_deleted_agreement_is_forgotten(client: Client) -> None:
    ticket = client.rows("/service/tickets", conditions="agreement/id != null", pageSize=1)[0]
    agreement = ticket["agreement"]["id"]
    assert client.send("DELETE", f"/finance/agreements/{agreement}").status == 204
    later = content(client.get(f"/service/tickets/{ticket['id']}"))
    assert not {"agreement", "agreementType"} & later.keys()
    assert client.get(f"/finance/agreements/{agreement}/additions").status == 404
    assert dangling(everything(client)) == []


def test_a_member_stays(client: Client) -> None:
    path = f"/system/members/{some_row(client, MEMBERS)['id']}"
    assert client.send("DELETE", path).status == 405


def test_notes_and_entries_count_as_their_ticket_s() -> None:
    links = {
        (link.holder, link.path): fate(link, TICKETS) for link in links_to(TICKETS) if link.indexed
    }
    assert links[NOTES, "ticketId"] == links[TIME_ENTRIES, "ticket/id"] == "delete"
    assert {fate(link, AGREEMENTS) for link in links_to(AGREEMENTS)} == {"delete", "clear"}
