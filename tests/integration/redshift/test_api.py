"""The Data API as boto3 sees it, unmodified."""

import json
import threading
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from tests.integration.redshift.servers import RUN, Api
from tests.unit.local.redshift.fakes import ENDLESS, FakeAnnouncer, FakeObjects, copy

SIGNED = "AWS4-HMAC-SHA256 Credential=test/20260102/us-east-1/redshift-data/aws4_request"
UNKNOWN = "d9b6c0c9-0747-4bf4-b142-e8883122f766"


def _code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def test_a_statement_from_submission_to_result(api: Api) -> None:
    before = datetime.now(UTC) - timedelta(seconds=1)
    answer = api.client.execute_statement(Sql="SELECT 1 AS one", StatementName="n", **RUN)
    assert answer["Database"] == "dev"
    assert answer["WorkgroupName"] == "connectwise-local"
    assert answer["CreatedAt"] > before
    described = api.ended(answer["Id"])
    assert described["Status"] == "FINISHED"
    assert described["HasResultSet"] is True
    assert described["QueryString"] == "SELECT 1 AS one"
    assert described["ResultRows"] == 1
    assert described["Duration"] > 0
    result = api.client.get_statement_result(Id=answer["Id"])
    assert result["Records"] == [[{"longValue": 1}]]
    assert result["TotalNumRows"] == 1
    assert result["ColumnMetadata"][0]["name"] == "one"
    assert result["ColumnMetadata"][0]["typeName"] == "int4"


def test_waiting_answers_with_the_end(api: Api) -> None:
    answer = api.client.execute_statement(Sql="SELECT 1", WaitTimeSeconds=10, **RUN)
    assert answer["Status"] == "FINISHED"
    assert answer["HasResultSet"] is True


def test_a_failing_statement(api: Api) -> None:
    described = api.run("SELECT * FROM nowhere")
    assert described["Status"] == "FAILED"
    assert described["Error"] == 'ERROR: relation "nowhere" does not exist'
    assert described["HasResultSet"] is False
    with pytest.raises(ClientError) as refused:
        api.client.get_statement_result(Id=described["Id"])
    assert _code(refused) == "ResourceNotFoundException"
    assert "Query does not have result" in str(refused.value)


def test_each_part_of_a_batch_has_its_own_result(api: Api) -> None:
    described = api.batch("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (7)", "SELECT n FROM t")
    parts = described["SubStatements"]
    assert [part["Id"] for part in parts] == [f"{described['Id']}:{n}" for n in (1, 2, 3)]
    assert [part["HasResultSet"] for part in parts] == [False, False, True]
    assert [part["ResultRows"] for part in parts] == [-1, 1, 1]
    assert described["ExecutionMode"] == "TRANSACTION"
    assert api.result(parts[2]["Id"]) == [(7,)]
    assert api.client.describe_statement(Id=parts[1]["Id"])["QueryString"].startswith("INSERT")
    with pytest.raises(ClientError):
        api.client.get_statement_result(Id=described["Id"])


def test_a_batch_is_all_or_nothing(api: Api) -> None:
    described = api.batch(
        "CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)", "SELECT 1/0", "SELECT 2"
    )
    assert described["Status"] == "FAILED"
    assert described["Error"] == "Query #3 failed with ERROR: Divide by zero"
    parts = described["SubStatements"]
    assert [part["Status"] for part in parts] == ["FINISHED", "FINISHED", "FAILED", "ABORTED"]
    assert parts[2]["Error"] == "ERROR: Divide by zero"
    assert api.run("SELECT * FROM t")["Error"] == 'ERROR: relation "t" does not exist'


def test_a_batch_that_failed_has_no_results(api: Api) -> None:
    described = api.batch("SELECT 1", "SELECT 1 / 0")
    with pytest.raises(ClientError, match="Query does not have result"):
        api.client.get_statement_result(Id=f"{described['Id']}:1")


def test_auto_commit_keeps_what_succeeded(api: Api) -> None:
    described = api.batch(
        "CREATE TABLE t (n INT)",
        "SELECT 1/0",
        "INSERT INTO t VALUES (1)",
        "TRUNCATE t",
        "INSERT INTO t VALUES (2)",
        ExecutionMode="AUTO_COMMIT",
    )
    statuses = [part["Status"] for part in described["SubStatements"]]
    assert statuses == ["FINISHED", "FAILED", "FINISHED", "FINISHED", "FINISHED"]
    assert described["Status"] == "FAILED"
    assert api.rows("SELECT n FROM t") == [(2,)]


def test_truncate_in_a_batch_is_refused_and_undone(api: Api) -> None:
    api.batch("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)")
    described = api.batch("INSERT INTO t VALUES (2)", "TRUNCATE TABLE t")
    assert described["Error"].startswith("Query #2 failed with ERROR: TRUNCATE commits")
    assert api.rows("SELECT n FROM t") == [(1,)]


def test_parameters(api: Api) -> None:
    api.run("CREATE TABLE t (n INT, name VARCHAR(20))")
    value = 'it\'s :n \\ "x"'
    parameters = [{"name": "n", "value": "7"}, {"name": "name", "value": value}]
    described = api.run("INSERT INTO t VALUES (:n, :name)", Parameters=parameters)
    assert described["QueryParameters"] == parameters
    assert api.rows("SELECT * FROM t WHERE n = :n", Parameters=parameters[:1]) == [(7, value)]
    batch = api.batch("DELETE FROM t WHERE name = :name", "SELECT :n::int", Parameters=parameters)
    assert batch["SubStatements"][0]["ResultRows"] == 1
    assert api.result(batch["SubStatements"][1]["Id"]) == [(7,)]


@pytest.mark.parametrize(
    ("sql", "parameters", "words"),
    [
        ("SELECT :a", [{"name": "b", "value": "1"}], "Cannot find parameter: a"),
        ("SELECT 1", [{"name": "b", "value": "1"}], "unused parameters"),
    ],
)
def test_parameters_that_do_not_match(
    api: Api, sql: str, parameters: list[dict[str, str]], words: str
) -> None:
    with pytest.raises(ClientError, match=words) as refused:
        api.client.execute_statement(Sql=sql, Parameters=parameters, **RUN)
    assert _code(refused) == "ValidationException"


def test_a_client_token_runs_once(api: Api) -> None:
    api.run("CREATE TABLE t (n INT)")
    request = {"Sqls": ["INSERT INTO t VALUES (1)"], "ClientToken": "x" * 64, **RUN}
    first = api.client.batch_execute_statement(**request)
    again = api.client.batch_execute_statement(**request)
    assert again["Id"] == first["Id"]
    api.ended(first["Id"])
    assert api.client.batch_execute_statement(**request)["Id"] == first["Id"]
    assert api.rows("SELECT COUNT(*) FROM t") == [(1,)]
    with pytest.raises(ClientError, match="was used for another request"):
        api.client.batch_execute_statement(**request | {"Sqls": ["SELECT 2"]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"WorkgroupName": None}, "WorkgroupName is required"),
        ({"Database": None}, "Database is required"),
        ({"ClusterIdentifier": "cluster"}, "ClusterIdentifier is not supported"),
        ({"SecretArn": "arn:secret"}, "SecretArn is not supported"),
        ({"SessionKeepAliveSeconds": 86_401}, "less than or equal to 86400"),
        ({"SessionId": UNKNOWN}, "WorkgroupName cannot be given with SessionId"),
        ({"Sql": "  "}, "must not be empty"),
        ({"Sql": "SELECT '" + "x" * 102_400 + "'"}, "longer than 102400 bytes"),
        ({"Sql": "SELECT '" + "é" * 51_200 + "'"}, "longer than 102400 bytes"),
        ({"StatementName": "x" * 2_049}, "less than or equal to 2048"),
    ],
)
def test_requests_that_are_refused_at_once(api: Api, change: dict[str, Any], words: str) -> None:
    request = {"Sql": "SELECT 1", **RUN} | change
    given = {name: value for name, value in request.items() if value is not None}
    with pytest.raises(ClientError, match=words) as refused:
        api.client.execute_statement(**given)
    assert _code(refused) == "ValidationException"


def test_a_batch_takes_forty_statements(api: Api) -> None:
    assert api.batch(*["SELECT 1"] * 40)["Status"] == "FINISHED"
    with pytest.raises(ClientError, match="less than or equal to 40"):
        api.client.batch_execute_statement(Sqls=["SELECT 1"] * 41, **RUN)


@pytest.mark.parametrize("call", ["describe_statement", "get_statement_result", "cancel_statement"])
def test_an_unknown_statement(api: Api, call: str) -> None:
    with pytest.raises(ClientError, match="Query does not exist") as refused:
        getattr(api.client, call)(Id="d9b6c0c9-0747-4bf4-b142-e8883122f766")
    assert _code(refused) == "ResourceNotFoundException"
    resource = refused.value.response["ResourceId"]  # type: ignore[typeddict-item]  # by the model
    assert resource == "d9b6c0c9-0747-4bf4-b142-e8883122f766"


def test_results_come_in_pages(api: Api) -> None:
    described = api.run("SELECT n FROM (SELECT generate_series(1, 2500) AS n) AS s ORDER BY n")
    first = api.client.get_statement_result(Id=described["Id"])
    assert len(first["Records"]) == 1_000
    assert first["TotalNumRows"] == 2_500
    assert api.result(described["Id"]) == [(n,) for n in range(1, 2_501)]
    with pytest.raises(ClientError, match="Invalid NextToken"):
        api.client.get_statement_result(Id=described["Id"], NextToken="zzz")


def test_statements_are_listed_by_prefix_and_status(api: Api) -> None:
    api.run("SELECT 1", StatementName="v1|acme|tickets|a")
    api.run("SELECT 2", StatementName="v1|acme|contacts|b")
    api.run("SELECT 1/0", StatementName="v1|acme|tickets|c")
    api.batch("SELECT 3", StatementName="v1|beta|tickets|d")

    def names(**arguments: Any) -> list[str]:
        pages = api.client.get_paginator("list_statements").paginate(
            **arguments, PaginationConfig={"PageSize": 1}
        )
        return [entry["StatementName"] for page in pages for entry in page["Statements"]]

    assert names() == ["v1|beta|tickets|d", "v1|acme|contacts|b", "v1|acme|tickets|a"]
    assert names(StatementName="v1|acme|") == ["v1|acme|contacts|b", "v1|acme|tickets|a"]
    assert names(StatementName="v1|acme|tickets", Status="ALL") == [
        "v1|acme|tickets|c",
        "v1|acme|tickets|a",
    ]
    assert names(Status="FAILED") == ["v1|acme|tickets|c"]
    assert names(WorkgroupName="another") == []
    listed = api.client.list_statements(StatementName="v1|beta")["Statements"][0]
    assert listed["IsBatchStatement"] is True
    assert listed["QueryStrings"] == ["SELECT 3"]


def test_statements_run_one_by_one_in_the_order_they_came(api: Api) -> None:
    api.run("CREATE TABLE t (n INT)")
    ids = [
        api.client.execute_statement(
            Sql=f"INSERT INTO t SELECT COUNT(*) FROM t WHERE n < {n} + 1", **RUN
        )["Id"]
        for n in range(20)
    ]
    assert {api.ended(statement_id)["Status"] for statement_id in ids} == {"FINISHED"}
    assert api.rows("SELECT n FROM t ORDER BY n") == [(n,) for n in range(20)]


def test_cancelling_what_runs_and_what_waits(api: Api, announcer: FakeAnnouncer) -> None:
    running = api.client.batch_execute_statement(Sqls=[ENDLESS], WithEvent=True, **RUN)["Id"]
    waiting = api.client.execute_statement(Sql="SELECT 2", WithEvent=True, **RUN)["Id"]
    _await_status(api, running, "STARTED")
    assert api.client.describe_statement(Id=waiting)["Status"] == "SUBMITTED"
    assert api.client.cancel_statement(Id=waiting)["Status"] is True
    assert api.client.cancel_statement(Id=running)["Status"] is True
    assert api.ended(running)["Status"] == "ABORTED"
    assert api.ended(waiting)["Status"] == "ABORTED"
    assert api.rows("SELECT 3") == [(3,)]
    assert sorted(announcer.ended) == sorted([(waiting, "ABORTED"), (running, "ABORTED")])


def test_cancelling_rolls_back(api: Api) -> None:
    running = api.client.batch_execute_statement(Sqls=["CREATE TABLE t (n INT)", ENDLESS], **RUN)[
        "Id"
    ]
    _await_part(api, running, 1, "STARTED")
    api.client.cancel_statement(Id=running)
    assert api.ended(running)["Status"] == "ABORTED"
    assert api.run("SELECT * FROM t")["Error"] == 'ERROR: relation "t" does not exist'


def test_what_has_ended_cannot_be_cancelled(api: Api) -> None:
    done = api.run("SELECT 1")["Id"]
    with pytest.raises(ClientError, match="already in FINISHED state"):
        api.client.cancel_statement(Id=done)


def _await_status(api: Api, statement_id: str, status: str) -> None:
    deadline = time.monotonic() + 20
    while api.client.describe_statement(Id=statement_id)["Status"] != status:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _await_part(api: Api, statement_id: str, place: int, status: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        parts = api.client.describe_statement(Id=statement_id)["SubStatements"]
        if parts[place]["Status"] == status:
            return
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_one_event_for_each_statement_that_asked(api: Api, announcer: FakeAnnouncer) -> None:
    good = api.batch("SELECT 1", "SELECT 2", WithEvent=True)["Id"]
    bad = api.run("SELECT 1/0", WithEvent=True)["Id"]
    api.run("SELECT 3")
    api.run("SELECT 4")
    assert announcer.ended == [(good, "FINISHED"), (bad, "FAILED")]


def test_a_failing_copy_leaves_nothing(api: Api, objects: FakeObjects) -> None:
    url = objects.put_manifest("m.json", [])
    described = api.batch("CREATE TABLE t (n BIGINT)", copy("t", url))
    assert described["Status"] == "FAILED"
    assert described["Error"].startswith("Query #2 failed with ERROR: Problem reading manifest")
    assert api.run("SELECT * FROM t")["Status"] == "FAILED"


def test_many_callers_at_once(api: Api) -> None:
    api.run("CREATE TABLE t (n INT)")
    failures: list[str] = []

    def insert(n: int) -> None:
        described = api.run(f"INSERT INTO t VALUES ({n})")
        if described["Status"] != "FINISHED":
            failures.append(described["Error"])

    threads = [threading.Thread(target=insert, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert api.rows("SELECT COUNT(*), COUNT(DISTINCT n) FROM t") == [(12, 12)]


def _post(api: Api, target: str, body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
    request = urllib.request.Request(  # noqa: S310 - our own server
        api.client.meta.endpoint_url,
        body,
        {"X-Amz-Target": target, "Authorization": SIGNED},
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own server
            return answer.status, json.load(answer), dict(answer.headers)
    except HTTPError as error:
        with error:
            return error.code, json.load(error), dict(error.headers)


def test_the_protocol_without_boto3(api: Api) -> None:
    body = json.dumps({"Sql": "SELECT 1", **RUN}).encode()
    status, answer, headers = _post(api, "RedshiftData.ExecuteStatement", body)
    assert status == 200
    assert isinstance(answer["CreatedAt"], float)
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert "x-amzn-RequestId" in headers or "x-amzn-requestid" in headers


@pytest.mark.parametrize(
    ("target", "body", "code"),
    [
        ("RedshiftData.DescribeCluster", b"{}", "UnknownOperationException"),
        ("", b"{}", "UnknownOperationException"),
        ("RedshiftData.ExecuteStatement", b"{", "ValidationException"),
        ("RedshiftData.ExecuteStatement", b"{}", "ValidationException"),
    ],
)
def test_bad_calls(api: Api, target: str, body: bytes, code: str) -> None:
    status, answer, _ = _post(api, target, body)
    assert status == 400
    assert answer["__type"] == code
    assert answer["Message"]


def test_a_request_that_is_not_signed(api: Api) -> None:
    request = urllib.request.Request(api.client.meta.endpoint_url, b"{}")  # noqa: S310 - our own server
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(request)  # noqa: S310 - our own server
    with refused.value as error:
        assert json.load(error)["__type"] == "MissingAuthenticationTokenException"


def test_health(api: Api) -> None:
    url = f"{api.client.meta.endpoint_url}/_redshift/health"
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own server
        assert json.load(answer) == {
            "status": "ok",
            "warehouse": "in memory",
            "active_statements": 0,
        }
