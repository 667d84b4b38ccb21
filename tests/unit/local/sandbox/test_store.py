import sqlite3
import threading
from contextlib import closing

import pytest

from cwp_local.sandbox.companies import BadFileError, Companies
from cwp_local.sandbox.search import Search
from cwp_local.sandbox.tables import TABLES, TICKETS
from tests.unit.local.sandbox.clients import Client


def plan(client: Client, sql: str) -> str:
    with client.company.store._reading() as session:
        plan = session.connection.execute(f"EXPLAIN QUERY PLAN {sql}")
        return " ".join(row[3] for row in plan)


@pytest.mark.parametrize(
    "where",
    [
        "id > 20010 AND id <= 20100",
        "id > 20010 AND last_updated >= '2026-01-01' AND last_updated <= '2026-02-01'",
        "last_updated >= '2026-01-01T00:00:00Z'",
        "link_company_id = 250",
        "1",
    ],
)
def test_the_pipelines_questions_touch_no_body(still: Client, where: str) -> None:
    sql = f"SELECT id FROM service_tickets WHERE {where} ORDER BY id LIMIT 1000"
    assert "USING COVERING INDEX" in plan(still, sql)


def test_finding_what_hangs_on_a_row_is_indexed(still: Client) -> None:
    for table in TABLES.values():
        for path in table.indexed:
            name = f"link_{path.replace('/', '_')}"
            sql = f"SELECT id FROM {table.id} WHERE {name} = 5 ORDER BY id"
            assert f"({name}=?)" in plan(still, sql)


def test_readers_do_not_wait_for_a_writer(client: Client) -> None:
    store = client.company.store
    with store.writing() as writing:
        row_id = client.ids("/service/tickets")[0]
        writing.delete(TICKETS, row_id)
        assert store.body(TICKETS, row_id) is not None
    assert store.body(TICKETS, row_id) is None


def test_writers_take_turns(client: Client) -> None:
    store, row_ids = client.company.store, client.ids("/service/tickets")[:40]

    def lengthen(row_id: int) -> None:
        with store.writing() as writing:
            note = writing.note("written") or 0
            writing.delete(TICKETS, row_id)
            writing.set_note("written", note + 1)

    threads = [threading.Thread(target=lengthen, args=(row_id,)) for row_id in row_ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.note("written") == 40
    assert store.count(TICKETS, Search()) == 200


def test_a_file_that_is_gone_does_not_come_back_empty(client: Client) -> None:
    path = client.company.store.path
    client.companies.delete("Acme")
    with pytest.raises(Exception, match="unable to open"):
        client.company.store.count(TICKETS, Search())
    assert not path.exists()


def test_a_file_of_another_version_is_refused(client: Client) -> None:
    path = client.company.store.path
    client.companies.close()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 5")
    with pytest.raises(BadFileError, match=r"another version of the sandbox.*delete it to go on"):
        Companies(path.parent, client.clock)
