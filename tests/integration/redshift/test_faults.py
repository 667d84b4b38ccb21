"""What goes wrong on command, as boto3 sees it."""

import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cwp_local.redshift.control import RedshiftControl, RedshiftControlError
from cwp_local.redshift.faults import CONFLICT, Fail, LoseEvent, Refuse, Wait
from tests.integration.redshift.servers import RUN, Api
from tests.unit.local.redshift.fakes import FakeAnnouncer


def control(api: Api) -> RedshiftControl:
    return RedshiftControl(api.client.meta.endpoint_url)


def test_a_batch_fails_at_its_end_and_leaves_nothing(api: Api) -> None:
    control(api).let(Fail(name="v1|acme|", text=CONFLICT))
    sqls = ("CREATE TABLE t (n INT)", "INSERT INTO t VALUES (1)")
    assert api.batch("SELECT 1", StatementName="v1|beta|t")["Status"] == "FINISHED"
    failed = api.batch(*sqls, StatementName="v1|acme|t")
    assert failed["Status"] == "FAILED"
    assert failed["Error"].startswith("Query #2 failed with ERROR: 1023\n  Detail: Serializable")
    assert [part["Status"] for part in failed["SubStatements"]] == ["FINISHED", "FAILED"]
    assert api.batch(*sqls, StatementName="v1|acme|t")["Status"] == "FINISHED"


def test_a_named_part_fails(api: Api) -> None:
    control(api).let(Fail(part=1))
    failed = api.batch("SELECT 1", "SELECT 2")
    assert [part["Status"] for part in failed["SubStatements"]] == ["FAILED", "ABORTED"]


def test_a_slow_statement_runs_at_last(api: Api) -> None:
    control(api).let(Wait(seconds=0.2))
    begun = time.monotonic()
    assert api.run("SELECT 1")["Status"] == "FINISHED"
    assert time.monotonic() - begun >= 0.2


def test_a_slow_statement_holds_up_none_behind_it_and_can_be_cancelled(api: Api) -> None:
    control(api).let(Wait(name="slow", seconds=60))
    slow = api.client.execute_statement(Sql="SELECT 1", StatementName="slow", **RUN)["Id"]
    assert api.rows("SELECT 2") == [(2,)]
    assert api.client.describe_statement(Id=slow)["Status"] == "SUBMITTED"
    api.client.cancel_statement(Id=slow)
    assert api.ended(slow)["Status"] == "ABORTED"


def test_events_are_lost_as_often_as_asked(api: Api, announcer: FakeAnnouncer) -> None:
    control(api).let(LoseEvent(times=2))
    ids = [api.run("SELECT 1", WithEvent=told)["Id"] for told in (True, False, True, True)]
    assert announcer.ended == [(ids[3], "FINISHED")]


def once(api: Api) -> Any:
    """A client that does not try again by itself."""
    return boto3.client(
        "redshift-data",
        endpoint_url=api.client.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.mark.parametrize(
    "error",
    ["ActiveStatementsExceededException", "ThrottlingException", "ExecuteStatementException"],
)
def test_a_request_is_refused_and_nothing_runs(api: Api, error: str) -> None:
    control(api).let(Refuse.model_validate({"error": error}))
    with pytest.raises(ClientError) as refused:
        once(api).execute_statement(Sql="CREATE TABLE t (n INT)", **RUN)
    assert refused.value.response["Error"]["Code"] == error
    assert api.run("CREATE TABLE t (n INT)")["Status"] == "FINISHED"


def test_what_is_left_can_be_read_and_cleared(api: Api) -> None:
    control(api).let(LoseEvent(times=3))
    api.run("SELECT 1", WithEvent=True)
    assert control(api).faults() == [LoseEvent(times=2)]
    control(api).clear()
    assert control(api).faults() == []


def test_what_is_no_fault_is_refused(api: Api) -> None:
    with pytest.raises(RedshiftControlError, match=r"not a fault.*times"):
        control(api).let(Fail.model_construct(times=0))


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(RedshiftControlError, match="does not answer"):
        RedshiftControl("http://127.0.0.1:9").faults()
