"""The adapter against botocore's own model of the Data API: requests and answers are checked."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from cwp_loader.data_api import Busy, DataApi, Outcome, Refused

ID = "d9b6c0c9-0747-4bf4-b142-e8883122f766"


@pytest.fixture
def stub() -> Iterator[Stubber]:
    client = boto3.client(
        "redshift-data",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def api(stub: Stubber) -> DataApi:
    return DataApi(stub.client, "warehouse", "dev")


@pytest.mark.parametrize(("transaction", "mode"), [(True, "TRANSACTION"), (False, "AUTO_COMMIT")])
def test_a_batch_is_submitted_with_an_event_at_its_end(
    stub: Stubber, api: DataApi, transaction: bool, mode: str
) -> None:
    stub.add_response(
        "batch_execute_statement",
        {"Id": ID},
        {
            "WorkgroupName": "warehouse",
            "Database": "dev",
            "Sqls": ["SELECT 1"],
            "StatementName": "name",
            "ClientToken": "token",
            "WithEvent": True,
            "ExecutionMode": mode,
        },
    )
    assert api.submit("name", ["SELECT 1"], "token", transaction=transaction) == ID


def test_one_failure_among_statements_that_stand_alone_is_a_failure(
    stub: Stubber, api: DataApi
) -> None:
    parts = [
        {"Id": f"{ID}:1", "Status": "FINISHED"},
        {"Id": f"{ID}:2", "Status": "FAILED", "Error": "ERROR: cannot alter"},
        {"Id": f"{ID}:3", "Status": "FINISHED"},
    ]
    answer = {"Id": ID, "Status": "FINISHED", "SubStatements": parts}
    stub.add_response("describe_statement", answer, {"Id": ID})
    outcome = api.describe(ID)
    assert outcome
    assert (outcome.status, outcome.error, outcome.failed_at) == (
        "failed",
        "ERROR: cannot alter",
        1,
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("ActiveStatementsExceededException", Busy),
        ("ThrottlingException", Busy),
        ("ValidationException", Refused),
        ("AccessDeniedException", Refused),
        ("InternalServerException", ClientError),
    ],
)
def test_refusals_are_told_from_what_may_have_been_taken(
    stub: Stubber, api: DataApi, code: str, kind: type[Exception]
) -> None:
    stub.add_client_error("batch_execute_statement", code, "because")
    with pytest.raises(kind, match="because"):
        api.submit("name", ["SELECT 1"], "token")


def describe(stub: Stubber, **answer: Any) -> None:
    stub.add_response("describe_statement", {"Id": ID, **answer}, {"Id": ID})


@pytest.mark.parametrize("status", ["SUBMITTED", "PICKED", "STARTED"])
def test_a_running_batch(stub: Stubber, api: DataApi, status: str) -> None:
    describe(stub, Status=status)
    outcome = api.describe(ID)
    assert outcome
    assert outcome.status == "running"


def test_a_finished_batch_names_its_parts(stub: Stubber, api: DataApi) -> None:
    parts = [{"Id": f"{ID}:{n}", "Status": "FINISHED"} for n in (1, 2)]
    describe(stub, Status="FINISHED", SubStatements=parts)
    outcome = api.describe(ID)
    assert outcome
    assert (outcome.status, outcome.parts) == ("finished", (f"{ID}:1", f"{ID}:2"))


def test_a_failed_batch_tells_where_and_why(stub: Stubber, api: DataApi) -> None:
    statuses = ["FINISHED", "FAILED", "ABORTED"]
    parts = [{"Id": f"{ID}:{n}", "Status": status} for n, status in enumerate(statuses, 1)]
    describe(stub, Status="FAILED", Error="ERROR: division by zero", SubStatements=parts)
    assert api.describe(ID) == Outcome(
        "failed", "ERROR: division by zero", 1, tuple(f"{ID}:{n}" for n in (1, 2, 3))
    )


def test_an_aborted_batch_failed_too(stub: Stubber, api: DataApi) -> None:
    describe(stub, Status="ABORTED")
    assert api.describe(ID) == Outcome("failed", "statement aborted")


def test_an_unknown_statement_is_none(stub: Stubber, api: DataApi) -> None:
    stub.add_client_error("describe_statement", "ResourceNotFoundException")
    assert api.describe(ID) is None


@pytest.mark.parametrize(
    ("code", "kind"), [("ThrottlingException", Busy), ("AccessDeniedException", Refused)]
)
def test_a_question_that_is_not_answered(
    stub: Stubber, api: DataApi, code: str, kind: type[Exception]
) -> None:
    stub.add_client_error("describe_statement", code)
    with pytest.raises(kind, match=code):
        api.describe(ID)


class Unreachable:
    """A client without a network."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def batch_execute_statement(self, **_: Any) -> None:
        raise self.error

    def describe_statement(self, **_: Any) -> None:
        raise self.error


def test_what_was_never_sent_runs_nothing() -> None:
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:4590")
    with pytest.raises(Busy, match="cannot be reached"):
        DataApi(Unreachable(error), "warehouse", "dev").submit("name", ["SELECT 1"], "token")


def test_what_was_sent_and_not_answered_may_run() -> None:
    error = ReadTimeoutError(endpoint_url="http://127.0.0.1:4590")
    api = DataApi(Unreachable(error), "warehouse", "dev")
    with pytest.raises(ReadTimeoutError):
        api.submit("name", ["SELECT 1"], "token")
    with pytest.raises(Busy, match="does not answer"):
        api.describe(ID)


def test_rows_of_all_pages(stub: Stubber, api: DataApi) -> None:
    part = f"{ID}:2"
    first = {
        "Records": [[{"stringValue": "a"}, {"longValue": 0}, {"isNull": True}]],
        "NextToken": "more",
    }
    second = {"Records": [[{"stringValue": ""}, {"longValue": 2}, {"booleanValue": False}]]}
    stub.add_response("get_statement_result", first, {"Id": part})
    stub.add_response("get_statement_result", second, {"Id": part, "NextToken": ANY})
    assert api.rows(part) == [("a", 0, None), ("", 2, False)]


def test_rows_that_are_gone_are_none(stub: Stubber, api: DataApi) -> None:
    stub.add_client_error("get_statement_result", "ResourceNotFoundException")
    assert api.rows(f"{ID}:2") is None
