"""Sessions of the Data API, results in CSV, and what a database holds, as boto3 sees them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cwp_local.redshift import sessions as kept_sessions
from cwp_local.redshift.server import Parts
from tests.integration.redshift.servers import RUN, Api, serving
from tests.unit.local.redshift.fakes import ENDLESS, FakeAnnouncer, FakeObjects

UNKNOWN = "d9b6c0c9-0747-4bf4-b142-e8883122f766"


class Clock:
    """The time, which tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Iterator[Api]:
    with serving(None, Parts(FakeObjects(), FakeAnnouncer(), clock)) as endpoint:
        yield Api(endpoint)


class InSession:
    """Statements of one session."""

    def __init__(self, api: Api, alive_s: int = 60) -> None:
        self.api = api
        answer = api.client.execute_statement(
            Sql="SELECT 1", SessionKeepAliveSeconds=alive_s, WaitTimeSeconds=20, **RUN
        )
        self.id: str = answer["SessionId"]

    def run(self, sql: str, **more: Any) -> dict[str, Any]:
        answer = self.api.client.execute_statement(Sql=sql, SessionId=self.id, **more)
        assert answer["SessionId"] == self.id
        return self.api.ended(answer["Id"])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        described = self.run(sql)
        assert described["Status"] == "FINISHED", described.get("Error")
        return self.api.result(described["Id"])

    def listed(self) -> dict[str, Any]:
        (entry,) = self.api.client.list_sessions(SessionId=self.id)["Sessions"]
        return dict(entry)


def test_temporary_tables_live_as_long_as_their_session(api: Api) -> None:
    session, other = InSession(api), InSession(api)
    session.run("CREATE TEMP TABLE t (n INT)")
    batch = api.client.batch_execute_statement(
        Sqls=["INSERT INTO t VALUES (1)", "INSERT INTO t VALUES (2)"], SessionId=session.id
    )
    described = api.ended(batch["Id"])
    assert (described["Status"], described["SessionId"]) == ("FINISHED", session.id)
    assert (described["Database"], described["WorkgroupName"]) == ("dev", "connectwise-local")
    assert session.rows("SELECT SUM(n) FROM t") == [(3,)]
    assert other.run("SELECT * FROM t")["Error"] == 'ERROR: relation "t" does not exist'
    assert "SessionId" not in api.run("SELECT 1")


def test_a_transaction_stays_open_in_its_session(api: Api) -> None:
    session = InSession(api)
    session.run("CREATE TABLE t (n INT)")
    session.run("BEGIN")
    session.run("INSERT INTO t VALUES (1)")
    assert session.rows("SELECT COUNT(*) FROM t") == [(1,)]
    assert api.rows("SELECT COUNT(*) FROM t") == [(0,)]
    assert "TRUNCATE commits" in session.run("TRUNCATE t")["Error"]
    aborted = session.run("SELECT 1")
    assert session.run("ROLLBACK")["Status"] == "FINISHED"
    assert aborted["Status"] == "FINISHED"
    session.run("BEGIN")
    session.run("INSERT INTO t VALUES (2)")
    assert session.run("SELECT 1 / (n - n) FROM t")["Status"] == "FAILED"
    assert "current transaction is aborted" in session.run("SELECT n FROM t")["Error"]
    session.run("END")
    session.run("START TRANSACTION")
    session.run("INSERT INTO t VALUES (3)")
    session.run("COMMIT")
    assert api.rows("SELECT n FROM t") == [(3,)]
    assert "BEGIN is not supported" in api.run("BEGIN")["Error"]


def test_two_transactions_at_once_conflict_as_snapshots_do(api: Api) -> None:
    session = InSession(api)
    session.run("CREATE TABLE t (n INT)")
    session.run("INSERT INTO t VALUES (1)")
    session.run("BEGIN")
    session.run("UPDATE t SET n = 2")
    assert "concurrent transaction" in api.run("UPDATE t SET n = 3")["Error"]
    session.run("COMMIT")
    assert api.rows("SELECT n FROM t") == [(2,)]


def test_a_session_takes_one_statement_at_a_time(api: Api) -> None:
    session = InSession(api)
    running = api.client.execute_statement(Sql=ENDLESS, SessionId=session.id)["Id"]
    listed = session.listed()
    assert (listed["Status"], listed["CurrentStatementId"]) == ("BUSY", running)
    with pytest.raises(ClientError, match=r"Session is not available\.") as refused:
        api.client.execute_statement(Sql="SELECT 1", SessionId=session.id)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    api.client.cancel_statement(Id=running)
    assert api.ended(running)["Status"] == "ABORTED"
    assert session.rows("SELECT 2") == [(2,)]


def test_a_session_ends_when_its_time_is_over(api: Api, clock: Clock) -> None:
    session = InSession(api, alive_s=60)
    clock.advance(seconds=59)
    session.run("CREATE TEMP TABLE t (n INT)")
    clock.advance(seconds=59)
    assert session.rows("SELECT COUNT(*) FROM t") == [(0,)]
    session.run("SELECT 1", SessionKeepAliveSeconds=600)
    clock.advance(seconds=599)
    assert session.listed()["Status"] == "AVAILABLE"
    clock.advance(seconds=2)
    with pytest.raises(ClientError, match=r"Session is not available\."):
        session.run("SELECT 1")
    assert session.listed()["Status"] == "CLOSED"
    clock.advance(hours=25)
    with pytest.raises(ClientError, match=f"Session with Id: {session.id} is invalid"):
        session.run("SELECT 1")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        session.listed()


def test_no_session_lives_for_more_than_a_day(api: Api, clock: Clock) -> None:
    session = InSession(api, alive_s=86_400)
    clock.advance(hours=23)
    session.run("SELECT 1")
    clock.advance(hours=2)
    with pytest.raises(ClientError, match=r"Session is not available\."):
        session.run("SELECT 1")


def test_sessions_are_listed_by_status_and_place(api: Api, clock: Clock) -> None:
    old = InSession(api, alive_s=0)
    clock.advance(seconds=1)
    new = InSession(api)

    def ids(**asked: Any) -> list[str]:
        pages = api.client.get_paginator("list_sessions").paginate(
            **asked, PaginationConfig={"PageSize": 1}
        )
        return [entry["SessionId"] for page in pages for entry in page["Sessions"]]

    assert ids() == [new.id]
    assert ids(Status="CLOSED") == [old.id]
    assert ids(WorkgroupName="another") == ids(Database="another") == []
    with pytest.raises(ClientError, match="Status cannot be given with SessionId"):
        api.client.list_sessions(SessionId=new.id, Status="BUSY")
    with pytest.raises(ClientError, match="RoleLevel false is not supported"):
        api.client.list_sessions(RoleLevel=False)


def test_too_many_sessions(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_sessions, "_MOST", 1)
    InSession(api)
    with pytest.raises(ClientError, match="ActiveSessionsExceededException"):
        InSession(api)


def test_a_token_opens_one_session(api: Api) -> None:
    asked = {"Sql": "SELECT 1", "SessionKeepAliveSeconds": 60, "ClientToken": "x", **RUN}
    first, again = (api.client.execute_statement(**asked) for _ in range(2))
    assert (again["Id"], again["SessionId"]) == (first["Id"], first["SessionId"])


def test_a_result_in_csv(api: Api) -> None:
    first = "SELECT 1 AS n, 'a,\"b\"' AS s, NULL AS nothing, TRUE AS yes"
    sql = f"{first} UNION ALL SELECT 2, '', 'x', FALSE ORDER BY 1"
    described = api.run(sql, ResultFormat="CSV")
    assert described["ResultFormat"] == "CSV"
    answer = api.client.get_statement_result_v2(Id=described["Id"])
    assert answer["Records"] == [
        {"CSVRecords": 'n,s,nothing,yes\r\n1,"a,""b""",,true\r\n2,,x,false\r\n'}
    ]
    assert (answer["ResultFormat"], answer["TotalNumRows"]) == ("CSV", 2)
    assert [column["name"] for column in answer["ColumnMetadata"]][:2] == ["n", "s"]
    with pytest.raises(ClientError, match="use GetStatementResultV2"):
        api.client.get_statement_result(Id=described["Id"])
    with pytest.raises(ClientError, match=r"kept as JSON; use GetStatementResult$"):
        api.client.get_statement_result_v2(Id=api.run("SELECT 1")["Id"])


def test_a_long_result_in_csv_comes_in_chunks_and_pages(api: Api) -> None:
    sql = "SELECT n, REPEAT('x', 50000) FROM (SELECT generate_series(1, 400) AS n) AS s ORDER BY n"
    described = api.run(sql, ResultFormat="CSV")
    pages = api.client.get_paginator("get_statement_result_v2").paginate(Id=described["Id"])
    found = [[record["CSVRecords"] for record in page["Records"]] for page in pages]
    assert [len(page) for page in found] == [15, 5]
    lines = "".join(chunk for page in found for chunk in page).split("\r\n")
    assert [line.partition(",")[0] for line in lines[1:-1]] == [str(n) for n in range(1, 401)]


def test_databases_schemas_tables_and_columns(api: Api) -> None:
    api.batch(
        'CREATE SCHEMA "acme-west"',
        "CREATE TABLE \"acme-west\".tickets (id INT NOT NULL, name VARCHAR(9) DEFAULT 'x')",
        'CREATE VIEW "acme-west".tickets_current AS SELECT id FROM "acme-west".tickets',
        "CREATE TABLE t (n DECIMAL(8,2))",
    )
    assert api.client.list_databases(**RUN)["Databases"] == ["dev"]
    assert api.client.list_schemas(**RUN)["Schemas"] == ["acme-west", "public"]
    assert api.client.list_schemas(SchemaPattern="acme%", **RUN)["Schemas"] == ["acme-west"]
    pages = api.client.get_paginator("list_tables").paginate(
        **RUN, PaginationConfig={"PageSize": 1}
    )
    assert [entry for page in pages for entry in page["Tables"]] == [
        {"schema": "acme-west", "name": "tickets", "type": "TABLE"},
        {"schema": "acme-west", "name": "tickets_current", "type": "VIEW"},
        {"schema": "public", "name": "t", "type": "TABLE"},
    ]
    found = api.client.list_tables(SchemaPattern="acme-west", TablePattern="ticket_", **RUN)
    assert [entry["name"] for entry in found["Tables"]] == ["tickets"]
    described = api.client.describe_table(Schema="acme-west", Table="tickets", **RUN)
    assert described["TableName"] == "tickets"
    columns = described["ColumnList"]
    assert [(c["name"], c["typeName"], c["length"], c["nullable"]) for c in columns] == [
        ("id", "int4", 0, 0),
        ("name", "varchar", 9, 1),
    ]
    assert "x" in columns[1]["columnDefault"]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        api.client.describe_table(Table="nope", **RUN)
    with pytest.raises(ClientError, match="ConnectedDatabase is not supported"):
        api.client.list_tables(ConnectedDatabase="other", **RUN)
    with pytest.raises(ClientError, match="WorkgroupName is required"):
        api.client.list_tables(Database="dev")
