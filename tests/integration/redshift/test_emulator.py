"""Against the real emulator, IAM on: COPY reads its S3, its event reaches a queue, callers have
rights."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from cwp_local.redshift.__main__ import parts
from tests.integration.redshift.servers import RUN, Api, client, free_socket, serving
from tests.unit.local.redshift.fakes import BUCKET, copy, entry

PATTERN = {
    "source": ["aws.redshift-data"],
    "detail-type": ["Redshift Data Statement Status Change"],
    "detail": {"statementName": [{"prefix": "v1|"}], "state": ["FINISHED", "FAILED", "ABORTED"]},
}


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with free_socket() as listening:
        port = listening.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    folder = tmp_path_factory.mktemp("emulator")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
    }
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cwp_local.cloud.emulator"],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            _await(f"{endpoint}/_ministack/health", process, folder / "log")
            yield endpoint
        finally:
            process.terminate()
            process.wait(20)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(url, timeout=1).close()  # noqa: S310 - our own process
        except (URLError, OSError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())


@pytest.fixture
def api(emulator: str) -> Iterator[Api]:
    with serving(None, parts(emulator)) as endpoint:
        yield Api(endpoint)


@pytest.fixture
def queue(emulator: str) -> Iterator[str]:
    """A queue of a rule on the default bus; its URL."""
    sqs, events = client("sqs", emulator), client("events", emulator)
    url = str(sqs.create_queue(QueueName="loader-statements")["QueueUrl"])
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events.put_rule(Name="statements", EventPattern=json.dumps(PATTERN), State="ENABLED")
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule="statements", Targets=[target])
    yield url
    events.remove_targets(Rule="statements", Ids=["queue"])
    events.delete_rule(Name="statements")
    sqs.delete_queue(QueueUrl=url)


def _next_event(emulator: str, queue: str) -> Any:
    answer = client("sqs", emulator).receive_message(QueueUrl=queue, WaitTimeSeconds=10)
    assert answer.get("Messages"), "no event came"
    return json.loads(answer["Messages"][0]["Body"])


@pytest.fixture(scope="module")
def copy_role(emulator: str) -> None:
    """The role of fakes.ROLE, with the rights that shared/resources/warehouse.yml gives it."""
    client("s3", emulator).create_bucket(Bucket=BUCKET)
    trust = _policy("sts:AssumeRole", Principal={"AWS": "arn:aws:iam::000000000000:root"})
    iam = client("iam", emulator)
    iam.create_role(RoleName="copy", AssumeRolePolicyDocument=trust)
    rights = _policy("s3:GetObject", Resource=f"arn:aws:s3:::{BUCKET}/*/canonical/*")
    iam.put_role_policy(RoleName="copy", PolicyName="read", PolicyDocument=rights)


def _policy(action: str, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": action, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _put(emulator: str, folder: Path, prefix: str) -> str:
    """A file and its manifest under a prefix; the manifest's URL."""
    s3, path = client("s3", emulator), folder / "one.parquet"
    pq.write_table(pa.table({"id": [1, 2], "name": ["a", "b"]}), path)
    s3.upload_file(str(path), BUCKET, f"{prefix}/one.parquet")
    manifest = {"entries": [entry(f"{prefix}/one.parquet", path.stat().st_size)]}
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}/m.json", Body=json.dumps(manifest).encode())
    return f"s3://{BUCKET}/{prefix}/m.json"


TABLE = "CREATE TABLE t (id BIGINT, name VARCHAR(9))"


@pytest.mark.usefixtures("copy_role")
def test_copy_reads_what_its_role_may_read(api: Api, emulator: str, tmp_path: Path) -> None:
    described = api.batch(TABLE, copy("t", _put(emulator, tmp_path, "acme/canonical/t")))
    assert described["Status"] == "FINISHED", described.get("Error")
    assert api.rows("SELECT * FROM t ORDER BY id") == [(1, "a"), (2, "b")]


@pytest.mark.usefixtures("copy_role")
def test_copy_reads_nothing_else(api: Api, emulator: str, tmp_path: Path) -> None:
    described = api.batch(TABLE, copy("t", _put(emulator, tmp_path, "acme/raw/t")))
    assert "Status 403,Error AccessDenied" in described["Error"]
    nobody = copy("t", f"s3://{BUCKET}/m.json").replace("role/copy", "role/nobody")
    assert "is not authorized to assume IAM Role" in api.batch(TABLE, nobody)["Error"]


def test_the_completion_event_reaches_the_rules_queue(api: Api, emulator: str, queue: str) -> None:
    described = api.batch("SELECT 1", StatementName="v1|acme|tickets|l1", WithEvent=True)
    event = _next_event(emulator, queue)
    assert event["source"] == "aws.redshift-data"
    assert event["detail-type"] == "Redshift Data Statement Status Change"
    assert event["account"] == "000000000000"
    expires = int(described["UpdatedAt"].timestamp()) + 24 * 3600
    assert event["detail"] == {
        "principal": "arn:aws:iam::000000000000:root",
        "statementName": "v1|acme|tickets|l1",
        "statementId": described["Id"],
        "redshiftQueryId": -1,
        "state": "FINISHED",
        "rows": -1,
        "expireAt": expires,
    }


def test_a_failure_is_told_too_and_other_names_do_not_match(
    api: Api, emulator: str, queue: str
) -> None:
    api.run("SELECT 1", StatementName="other", WithEvent=True)
    api.run("SELECT 1", StatementName="v1|silent")
    failed = api.run("SELECT 1/0", StatementName="v1|x", WithEvent=True)
    event = _next_event(emulator, queue)
    assert event["detail"]["statementId"] == failed["Id"]
    assert event["detail"]["state"] == "FAILED"


WORKGROUP = "arn:aws:redshift-serverless:us-east-1:000000000000:workgroup/connectwise-local"
#: As services/loader/resources/iam.yml gives them.
LOADER: list[dict[str, Any]] = [
    {
        "Effect": "Allow",
        "Action": ["redshift-data:BatchExecuteStatement", "redshift-serverless:GetCredentials"],
        "Resource": WORKGROUP,
    },
    {
        "Effect": "Allow",
        "Action": ["redshift-data:DescribeStatement", "redshift-data:GetStatementResult"],
        "Resource": "*",
        "Condition": {
            "StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}
        },
    },
]
ALL = [{"Effect": "Allow", "Action": ["redshift-data:*", "redshift-serverless:*"], "Resource": "*"}]


def _as_role(emulator: str, api: Api, name: str, statements: list[dict[str, Any]]) -> Api:
    """The API as a session of a role with these rights calls it."""
    iam, trust = client("iam", emulator), _policy("sts:AssumeRole", Principal={"AWS": "*"})
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=document)
    keys = client("sts", emulator).assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    caller = Api(api.client.meta.endpoint_url)
    caller.client = boto3.client(
        "redshift-data",
        endpoint_url=api.client.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    return caller


def _refused(call: Callable[..., Any], **asked: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**asked)
    error = refused.value.response["Error"]
    return str(error["Code"]), str(error["Message"])


def test_a_role_may_what_its_policy_says(api: Api, emulator: str) -> None:
    loader = _as_role(emulator, api, "loader", LOADER)
    described = loader.batch("SELECT 1 AS n")
    assert described["Status"] == "FINISHED"
    assert loader.result(f"{described['Id']}:1") == [(1,)]
    code, message = _refused(loader.client.execute_statement, Sql="SELECT 1", **RUN)
    assert code == "AccessDeniedException"
    assert "assumed-role/loader/me is not authorized to perform: redshift-data:Execute" in message
    elsewhere = {"WorkgroupName": "another", "Database": "dev"}
    code, message = _refused(loader.client.batch_execute_statement, Sqls=["SELECT 1"], **elsewhere)
    assert (code, "workgroup/another" in message) == ("AccessDeniedException", True)
    assert _refused(loader.client.list_tables, **RUN)[0] == "AccessDeniedException"


def test_a_statement_is_its_roles_own(api: Api, emulator: str) -> None:
    owner = _as_role(emulator, api, "owner", ALL)
    other = _as_role(emulator, api, "other", ALL)
    narrow = _as_role(emulator, api, "narrow", LOADER)
    statement_id = owner.batch("SELECT 1", SessionKeepAliveSeconds=60)["Id"]
    session_id = owner.client.describe_statement(Id=statement_id)["SessionId"]
    # The condition of the policy says no, and without one the API knows of no such statement.
    assert _refused(narrow.client.describe_statement, Id=statement_id)[0] == "AccessDeniedException"
    for call in (other.client.describe_statement, other.client.cancel_statement):
        assert _refused(call, Id=statement_id)[0] == "ResourceNotFoundException"
    assert other.client.list_statements()["Statements"] == []
    assert [one["Id"] for one in owner.client.list_statements()["Statements"]] == [statement_id]
    assert other.client.list_sessions()["Sessions"] == []
    code, _ = _refused(other.client.execute_statement, Sql="SELECT 1", SessionId=session_id)
    assert code == "ValidationException"


def test_nobody_else_may_anything(api: Api, emulator: str) -> None:
    nothing = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
    stranger = _as_role(emulator, api, "stranger", nothing)
    assert _refused(stranger.client.list_statements)[0] == "AccessDeniedException"
    unknown = boto3.client(
        "redshift-data",
        endpoint_url=api.client.meta.endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="AKIAUNKNOWN",
        aws_secret_access_key="x",
    )
    assert _refused(unknown.list_statements)[0] == "UnrecognizedClientException"


def test_a_user_without_the_right_to_log_in(api: Api, emulator: str) -> None:
    calls = [{"Effect": "Allow", "Action": "redshift-data:*", "Resource": "*"}]
    caller = _as_role(emulator, api, "no-login", calls)
    code, message = _refused(caller.client.execute_statement, Sql="SELECT 1", **RUN)
    assert code == "AccessDeniedException"
    assert "redshift-serverless:GetCredentials" in message
