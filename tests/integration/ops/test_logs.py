"""`cwpipe logs` from the command line against moto's CloudWatch Logs."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from cwp_ops import main
from cwp_shared.clock import utc_now
from tests.aws_environment import isolate

GROUP = "/aws/lambda/connectwise-fetcher-dev-fetch"


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    isolate(monkeypatch)
    with mock_aws():
        yield boto3.client("logs")


def said(logs: Any, message: str) -> None:
    """Let the function say a line now."""
    logs.create_log_group(logGroupName=GROUP)
    logs.create_log_stream(logGroupName=GROUP, logStreamName="one")
    line = {"timestamp": int(utc_now().timestamp() * 1000), "message": message}
    logs.put_log_events(logGroupName=GROUP, logStreamName="one", logEvents=[line])


def cwpipe(*arguments: str) -> Any:
    answer = CliRunner().invoke(main.app, ["--stage", "dev", "logs", "fetcher-fetch", *arguments])
    assert answer.exit_code == 0, f"{answer.output}\n{answer.exception}"
    return answer


def test_what_a_function_said_is_shown(logs: Any) -> None:
    said(logs, '{"level": "ERROR", "message": "no answer", "tenant_id": "acme"}')
    assert "ERROR no answer tenant_id=acme" in cwpipe("--errors").stdout
    (line,) = json.loads(cwpipe("--json").stdout)
    assert (line["level"], line["about"]) == ("ERROR", {"tenant_id": "acme"})


@pytest.mark.usefixtures("logs")
def test_of_a_function_that_never_ran_there_is_nothing_yet() -> None:
    answer = cwpipe()
    assert answer.stdout == ""
    assert f"nothing yet: there is no {GROUP}" in answer.stderr
    assert "cwpipe sync TENANT" in answer.stderr
    assert json.loads(cwpipe("--json").stdout) == []


def test_a_function_that_said_other_things_is_told_from_one_that_never_ran(logs: Any) -> None:
    said(logs, "START RequestId: 1")
    assert cwpipe("--errors").stderr.strip() == f"nothing of that in {GROUP}"
